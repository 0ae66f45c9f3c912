"""The embedded PostgreSQL while somebody serves: started again when it is killed, and gone when the server is."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from server.cli import cluster, embedded
from server.cli.environment import ConfigError
from tests.conftest import MONITOR
from tests.product.process import Product, kill, wait_until

PATH = f"/api/smtp-monitors/{MONITOR}"


def shared_memory(product: Product) -> int:
    """The id of the segment that the lock file names."""
    lines = (product.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    return int(lines[6].split()[1])


def segments() -> set[int]:
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {int(line.split()[1]) for line in lines}


def assert_nothing_is_left(product: Product, *ids: int) -> None:
    assert not product.database_runs
    assert not segments() & set(ids)
    for process in psutil.process_iter(["cmdline"]):
        assert str(product.data_dir) not in " ".join(process.info["cmdline"] or ())


def test_a_killed_postmaster_is_started_again(product: Product) -> None:
    token = product.start().partition("TOKEN=")[2].partition("\n")[0]
    first = shared_memory(product)
    product.database.kill()
    wait_until(lambda: "is back" in product.log.read_text())
    wait_until(lambda: product.ask("PATCH", PATH, token, {"port": 26})[0] == 200)
    second = shared_memory(product)
    assert product.stop(signal.SIGTERM) == 0
    assert_nothing_is_left(product, first, second)


def test_a_database_that_is_killed_while_it_is_prepared_is_started_again(product: Product) -> None:
    product.launch()
    wait_until(lambda: migrates(product))
    kill(product.database.pid)
    wait_until(product.ready)
    assert product.stop(signal.SIGTERM) == 0
    assert_nothing_is_left(product)


def migrates(product: Product) -> bool:
    """Whether a first migration is applied."""
    with contextlib.suppress(psycopg.Error):
        url = cluster.Cluster(product.data_dir / "postgres", alone=False).url
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute("SELECT FROM _yoyo_migration").fetchone() is not None
    return False


@pytest.mark.parametrize("family", [False, True], ids=["postmaster", "all of it"])
def test_a_server_that_ends_after_its_database_was_killed_leaves_none(product: Product, family: bool) -> None:
    product.start()
    used = shared_memory(product)
    killed = [product.database, *(product.database.children() if family else [])]
    assert product.process is not None
    for process in killed:
        process.kill()
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(30) == 0
    assert_nothing_is_left(product, used)


def test_a_database_that_cannot_start_again_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "KEEP_SECONDS", 1.0)
    with embedded.cluster(tmp_path, exclusive=True) as running:
        conf = tmp_path / "postgres" / "postgresql.conf"
        conf.write_text(conf.read_text() + "nonsense = 1\n")
        psutil.Process(int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0])).kill()
        with pytest.raises(ConfigError, match="does not start again"):
            keep(running)
        conf.write_text(conf.read_text().replace("nonsense = 1\n", ""))
        running.start()
        with psycopg.connect(running.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def keep(running: cluster.Cluster) -> None:
    while True:
        running.keep()
        time.sleep(0.02)


def test_an_agent_that_started_the_database_keeps_it_and_stops_it(product: Product) -> None:
    product.start()
    assert product.stop() == 0
    with (
        product.log.open("w") as log,
        subprocess.Popen([*product.command, "agent"], env=product.environ, stderr=log) as agent,
    ):
        wait_until(lambda: "agent works at" in product.log.read_text())
        product.database.kill()
        wait_until(lambda: "is back" in product.log.read_text())
        agent.terminate()
        assert agent.wait(30) == 0
    assert_nothing_is_left(product)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_to_all_processes_ends_all_and_starts_no_agent_again(product: Product, number: signal.Signals) -> None:
    product.start(AGENT="on")
    wait_until(lambda: "agent works at" in product.log.read_text())
    assert product.process is not None
    family = psutil.Process(product.process.pid).children(recursive=True)
    os.killpg(product.process.pid, number)
    assert product.process.wait(30) == 0
    assert not [process for process in family if process.is_running()]
    log = product.log.read_text()
    assert log.count("agent works at") == 1
    assert "Traceback" not in log
    assert "WARNING" not in log


@pytest.mark.slow
def test_a_server_whose_database_cannot_start_again_ends_and_says_so(product: Product) -> None:
    product.start()
    conf = product.data_dir / "postgres" / "postgresql.conf"
    conf.write_text(conf.read_text() + "nonsense = 1\n")
    product.database.kill()
    assert product.process is not None
    assert product.process.wait(cluster.KEEP_SECONDS + 30) == 1
    assert "does not start again: configuration file" in product.log.read_text()
