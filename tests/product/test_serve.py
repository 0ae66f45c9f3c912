"""Serving: what is printed and kept, and what signals and killed processes leave behind."""

import json
import signal
import subprocess
import threading
from collections.abc import Callable

import psutil
import psycopg
import pytest

from server.access.key_ring import generate_key
from tests.conftest import MONITOR
from tests.ports import free_port
from tests.product.process import Product, wait_until

PATH = f"/api/smtp-monitors/{MONITOR}"


def test_a_stranger_pastes_the_printed_curl_and_a_second_start_keeps_everything(product: Product) -> None:
    printed = product.start()
    assert printed.count("has the password") == 6
    curl = printed.partition("TOKEN=")[2].replace('"$TOKEN"', "$TOKEN")
    token, _, command = curl.partition("\n")
    answer = subprocess.run(
        ["sh", "-c", command.replace("curl ", "curl -s ", 1)],
        env={**product.environ, "TOKEN": token},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout)["status"] == "disabled"
    assert product.ask("PATCH", PATH, token, {"name": "Kept"})[0] == 200
    assert oct((product.data_dir / "jwt_secret").stat().st_mode & 0o777) == "0o600"
    assert oct((product.data_dir / "secrets_key").stat().st_mode & 0o777) == "0o600"

    refused = product.run("serve", PORT=str(free_port()))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "DATA_DIR" in refused.stderr
    elsewhere = product.run("serve", DATA_DIR=str(product.data_dir.parent / "other"))
    assert (elsewhere.returncode, elsewhere.stderr.count("\n")) == (1, 1)
    assert f"PORT {product.port}" in elsewhere.stderr
    beside = product.run("token", "user@example.com")
    assert product.ask("GET", "/api/session", beside.stdout.strip())[0] == 200

    assert product.stop(signal.SIGTERM) == 0
    assert not product.database_runs
    lines = [json.loads(line) for line in product.log.read_text().splitlines()]
    [patched] = [line for line in lines if line.get("method") == "PATCH" and line["durationMs"] and line["userId"]][1:]
    assert {"requestId", "route", "status"} <= patched.keys()
    assert token not in product.log.read_text()

    assert "has the password" not in product.start()
    assert json.loads(product.ask("GET", PATH, token)[1])["name"] == "Kept"
    assert product.stop(signal.SIGINT) == 0
    assert not product.database_runs


@pytest.mark.slow
def test_killed_processes_are_survived(product: Product) -> None:
    token = product.start().partition("TOKEN=")[2].partition("\n")[0]
    wait_until(lambda: len(product.workers()) == 2)
    first = product.workers()
    first[0].kill()
    wait_until(lambda: len({worker.pid for worker in product.workers()} - {first[0].pid}) == 2)
    first[1].terminate()
    wait_until(lambda: not {worker.pid for worker in first} & {worker.pid for worker in product.workers()})
    wait_until(product.ready)
    assert product.database_runs, "a worker that ends leaves the database alone"

    assert product.process is not None
    orphans = product.workers()
    product.process.kill()
    product.process.wait()
    _, alive = psutil.wait_procs(orphans, timeout=30)
    assert not alive
    assert product.database_runs
    assert not product.ready()
    product.start()
    assert product.ask("GET", "/api/session", token)[0] == 200
    assert product.stop() == 0
    assert not product.database_runs


def test_a_request_under_way_is_finished_before_the_end(product: Product, make_database: Callable[[str], str]) -> None:
    url = make_database("graceful")
    own = {"DATABASE_URL": url, "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    assert product.run("migrate", **own).returncode == 0
    product.run("user", "add", "me@example.com", "--organization", "Mine", "--customer", "First", **own)
    token = product.run("token", "me@example.com", **own).stdout.strip()
    product.start(**own)
    body = {"customerId": 1, "name": "x", "hostname": "a.example"}
    path = f"/api/smtp-monitors/{json.loads(product.ask('POST', '/api/smtp-monitors', token, body)[1])['publicId']}"
    answers: list[int] = []
    request = threading.Thread(target=lambda: answers.append(product.ask("PATCH", path, token, {"port": 25})[0]))
    with psycopg.connect(url) as locker, psycopg.connect(url, autocommit=True) as watcher:
        locker.execute("SELECT FROM smtp_monitors FOR UPDATE")
        request.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        wait_until(lambda: watcher.execute(waiting).fetchone() != (0,))
        assert product.process is not None
        product.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not product.ready())
        locker.rollback()
        request.join()
        assert answers == [200]
        assert watcher.execute("SELECT port FROM smtp_monitors").fetchone() == (25,)
    assert product.process.wait(30) == 0
