"""A first start that is interrupted at any moment leaves nothing that the next one stumbles over."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from server.access.key_ring import generate_key
from tests.product.process import RUN, Product, wait_until

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
USERS = 6  # of the demo
TRIES = 20
SEED = 12
PYTHON_SECONDS = 0.3  # until Python itself has started


def test_a_database_that_is_half_made_is_not_taken_for_one(product: Product) -> None:
    process = product.launch()
    wait_until(lambda: any(product.data_dir.glob("*/PG_VERSION")))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert_starts_as_new(product, shown_before=0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_while_the_database_starts_leaves_none_behind(product: Product, number: signal.Signals) -> None:
    process = product.launch()
    wait_until(lambda: (product.data_dir / "postgres" / "postmaster.pid").exists())
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert (product.log.read_text(), processes(product.data_dir)) == ("", [])


def test_a_migration_that_is_killed_is_applied_and_recorded_or_neither(
    product: Product, make_database: Callable[[str], str]
) -> None:
    url = make_database("killed")
    assert product.run("migrate", DATABASE_URL=url).returncode == 0
    assert product.run("migrate", "--back-to", "12", DATABASE_URL=url).returncode == 0
    with psycopg.connect(url) as locker, psycopg.connect(url, autocommit=True) as watcher:
        locker.execute("LOCK _yoyo_migration IN EXCLUSIVE MODE")
        environ = {**product.environ, "DATABASE_URL": url}
        with subprocess.Popen([*product.command, "migrate"], env=environ, stdout=subprocess.DEVNULL) as migrate:
            wait_until(lambda: waiting(watcher))
            migrate.kill()
        locker.rollback()
    again = product.run("migrate", DATABASE_URL=url)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("applied 0013_create-incidents\n")


def waiting(watcher: psycopg.Connection[tuple[object, ...]]) -> bool:
    query = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return watcher.execute(query).fetchone() is not None


def test_ctrl_c_ends_commands_without_a_traceback(product: Product, make_database: Callable[[str], str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        arguments = ("check", f"127.0.0.1:{silent.getsockname()[1]}")
        with begun(product, *arguments, PROBE_ALLOW="127.0.0.0/8") as check, silent.accept()[0]:
            assert ended_by_ctrl_c(check) == (128 + signal.SIGINT, "")
    url = make_database("interrupted")
    with psycopg.connect(url) as locker, psycopg.connect(url, autocommit=True) as watcher:
        locker.execute("SELECT pg_advisory_xact_lock(hashtext('smtp-monitors migrations'))")
        with begun(product, "migrate", DATABASE_URL=url) as migrate:
            wait_until(lambda: waiting(watcher))  # otherwise a busy machine lets it come to its end first
            assert ended_by_ctrl_c(migrate) == (128 + signal.SIGINT, "")


@pytest.mark.parametrize("start", ["runpy.run_path('run.py', run_name='__main__')", "runpy.run_module('server')"])
def test_ctrl_c_while_the_first_module_is_loaded_prints_no_traceback(start: str) -> None:
    early = f"""
import runpy, sys
class Interrupted:
    def find_spec(name, path, target=None):
        if name == "signal":
            raise KeyboardInterrupt
sys.modules.pop("signal", None)
sys.meta_path.insert(0, Interrupted)
{start}
"""
    ended = subprocess.run([sys.executable, "-c", early], cwd=RUN.parent, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGINT, "")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check 127.0.0.1:1", "migrate", "agent", "user list"])
def test_ctrl_c_at_random_moments_prints_no_traceback(
    product: Product, make_database: Callable[[str], str], command: str
) -> None:
    chance = random.Random(SEED)
    url = make_database(f"random_{command.split()[0]}")
    secrets = {"SECRETS_KEY": generate_key()}
    for _ in range(TRIES):
        with begun(product, *command.split(), DATABASE_URL=url, **secrets) as process:
            time.sleep(chance.uniform(PYTHON_SECONDS, 1.5))  # the moment is what is tested
            _, told = ended_by_ctrl_c(process)
            assert "Traceback" not in told, told


def begun(product: Product, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*product.command, *arguments],
        env={**product.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def ended_by_ctrl_c(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The status, and what was written to stderr. A terminal signals all processes of the group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=30)
    return process.returncode, told


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_random_interruptions_ruin_nothing(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    began = time.monotonic()
    assert_starts_as_new(Product(tmp_path / "data"), shown_before=0)
    seconds = time.monotonic() - began
    for number in range(1, TRIES + 1):
        product = Product(tmp_path / str(number) / "data")
        product.data_dir.parent.mkdir()
        moment, sent = chance.uniform(PYTHON_SECONDS, seconds), chance.choice(SIGNALS)
        whole_group = chance.random() < 0.5
        shown = interrupt(product, moment, sent, whole_group=whole_group)
        told = f"{sent.name} to {'all' if whole_group else 'one'} after {moment:.2f} of {seconds:.2f} s"
        assert shown in (0, USERS), told
        try:
            assert_starts_as_new(product, shown_before=shown)
        except AssertionError as error:
            raise AssertionError(told) from error


def interrupt(product: Product, seconds: float, number: signal.Signals, *, whole_group: bool) -> int:
    """Start and interrupt; how many passwords were shown. One that is asked to end leaves no process or traceback."""
    process = product.launch()
    time.sleep(seconds)  # the moment is what is tested
    (os.killpg if whole_group else os.kill)(process.pid, number)
    process.wait(30)
    wait_until(lambda: not product.ready())  # workers whose master was killed end by themselves
    if number != signal.SIGKILL:
        assert "Traceback" not in product.log.read_text()
        assert processes(product.data_dir) == []
    return product.printed.read_text().count("has the password")


def assert_starts_as_new(product: Product, *, shown_before: int) -> None:
    """It serves, its users' passwords are shown once, a second start is as good, and nothing is left at the end."""
    printed = product.start()
    try:
        shown = [line.split() for line in printed.splitlines() if "has the password" in line]
        # those that were shown before count, unless the interruption came between showing and committing
        assert len(shown) == USERS or (shown_before, len(shown)) == (USERS, 0)
        for line in shown[:1]:
            body = {"email": line[2], "password": line[-1]}
            assert product.ask("POST", "/api/sessions", body=body)[0] == 201
    finally:
        assert product.stop() == 0
    assert processes(product.data_dir) == []
    assert not product.database_runs
    assert {path.name for path in product.data_dir.iterdir()} == {"jwt_secret", "lock", "postgres", "secrets_key"}


def processes(data_dir: Path) -> list[str]:
    """Those of the database in that directory."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(data_dir) in word for word in process.info["cmdline"] or ()):
            found.append(" ".join(process.info["cmdline"]))
    return found
