"""The product as it is started: processes, signals, and what they leave behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.error import HTTPError, URLError

import psutil
import pytest

from server.secrets import generate_key

RUN = Path(__file__).parent.parent / "run.py"
START_SECONDS = 30


class Product:
    """``run.py`` with a data directory and port of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = {**inherited, "DATA_DIR": str(data_dir), "PORT": str(self.port)}
        self.process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        command = [sys.executable, str(RUN), *arguments]
        environ = {**self.environ, **variables}
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    def start(self, **variables: str) -> str:
        """Serve until stopped; gives what was printed before the first answer."""
        self.log = self.data_dir.parent / "log"
        printed = self.data_dir.parent / "printed"
        with self.log.open("w") as log, printed.open("w") as output:
            command = [sys.executable, str(RUN), "serve", "--workers", "2"]
            self.process = subprocess.Popen(
                command, env={**self.environ, **variables}, stdout=output, stderr=log, text=True
            )
        wait_until(lambda: self.process is None or self.process.poll() is not None or self.ready())
        assert self.process.poll() is None, self.log.read_text()
        return printed.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def ready(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except (URLError, ConnectionError):
            return False

    def ask(self, method: str, path: str, token: str = "", body: object = None) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def workers(self) -> list[psutil.Process]:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]

    @property
    def database_runs(self) -> bool:
        return (self.data_dir / "postgres" / "postmaster.pid").exists()


def wait_until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path / "data")
    yield product
    if product.process is not None and product.process.poll() is None:
        product.stop()


MONITOR = "/api/smtp-monitors/33333333-3333-4333-8333-333333333333"


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
    assert product.ask("PATCH", MONITOR, token, {"name": "Kept"})[0] == 200
    assert oct((product.data_dir / "jwt_secret").stat().st_mode & 0o777) == "0o600"
    assert oct((product.data_dir / "secrets_key").stat().st_mode & 0o777) == "0o600"

    refused = product.run("serve")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "DATA_DIR" in refused.stderr
    beside = product.run("token", "user@example.com")
    assert product.ask("GET", "/api/session", beside.stdout.strip())[0] == 200

    assert product.stop(signal.SIGTERM) == 0
    assert not product.database_runs
    lines = [json.loads(line) for line in product.log.read_text().splitlines()]
    [patched] = [line for line in lines if line.get("method") == "PATCH" and line["durationMs"] and line["userId"]][1:]
    assert {"requestId", "route", "status"} <= patched.keys()
    assert token not in product.log.read_text()

    assert "has the password" not in product.start()
    assert json.loads(product.ask("GET", MONITOR, token)[1])["name"] == "Kept"
    assert product.stop(signal.SIGINT) == 0
    assert not product.database_runs


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
    product.process.kill()
    product.process.wait()
    for worker in first:
        psutil.wait_procs([worker], timeout=10)
    assert product.database_runs
    wait_until(lambda: not product.ready())
    product.start()
    assert product.ask("GET", "/api/session", token)[0] == 200
    assert product.stop() == 0
    assert not product.database_runs


def test_a_database_of_ones_own_is_set_up_by_commands(product: Product, make_database: Callable[[str], str]) -> None:
    url = make_database("own")
    secrets = {"JWT_SECRET": "j" * 32, "SECRETS_KEY": product.run("secrets", "generate").stdout.strip()}
    own: Mapping[str, str] = {"DATABASE_URL": url, **secrets}
    behind = product.run("serve", **own)
    assert (behind.returncode, "run.py migrate" in behind.stderr) == (1, True)
    assert product.run("migrate", **own).returncode == 0
    added = product.run("user", "add", "me@example.com", "--organization", "Mine", "--customer", "First", **own)
    assert "password: " in added.stdout, added.stderr
    again = product.run("user", "add", "me@example.com", "--organization", "Mine", **own)
    assert (again.returncode, again.stderr) == (1, "run.py: email: already_taken\n")
    token = product.run("token", "me@example.com", **own).stdout
    assert token.count("\n") == 1
    product.start(**own)
    body = {"customerId": 1, "name": "x", "hostname": "a.example", "smtpConfig": {"auth": {"user": "u", "pass": "p"}}}
    assert product.ask("POST", "/api/smtp-monitors", token.strip(), body)[0] == 201
    assert product.run("secrets", "rotate", **own).stdout == "0 credentials now under the first key\n"
    metrics = product.ask("GET", "/metrics")[1]
    assert 'http_requests_total{method="POST",route="/api/smtp-monitors",status="201"} 1.0' in metrics
    assert product.stop() == 0


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "x"}, "PORT"),
        ({"WORKERS": "many"}, "WORKERS"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"SESSION_HOURS": "-1"}, "SESSION_HOURS"),
        ({"GROUP_COMMIT_ROWS": "0"}, "GROUP_COMMIT_ROWS"),
        ({"JWT_SECRET": "short"}, "JWT_SECRET"),
        ({"JWT_SECRET_FILE": "/nonexistent"}, "JWT_SECRET_FILE"),
        ({"PORT": "80", "PORT_FILE": "/nonexistent"}, "PORT_FILE"),
        ({"SECRETS_KEY": "x"}, "SECRETS_KEY"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"JWT_SECRET": ""}, "JWT_SECRET"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(product: Product, variables: dict[str, str], named: str) -> None:
    # the settings are judged before anything is connected to
    defaults = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
        "JWT_SECRET": "j" * 32,
        "SECRETS_KEY": generate_key(),
    }
    failed = product.run("serve", **{**defaults, **variables})
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
    assert named in failed.stderr


def test_a_database_that_is_not_there_is_told_in_one_line(product: Product) -> None:
    failed = product.run("migrate", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert (failed.returncode, "cannot be reached" in failed.stderr, "Traceback" in failed.stderr) == (1, True, False)


def test_help_tells_every_command_and_setting(product: Product) -> None:
    text = product.run("--help").stdout
    for word in ("serve", "migrate", "token", "user", "secrets", "DATABASE_URL", "GROUP_COMMIT_ROWS", "X_FILE"):
        assert word in text
