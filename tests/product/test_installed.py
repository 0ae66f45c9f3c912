"""The wheel in an environment of its own: the command, its migrations, and the agent that serve starts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.access.key_ring import generate_key
from server.cli import version
from tests.product.process import RUN, Product, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel, as ``pip install .`` makes it."""
    environment = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", str(RUN.parent)]
    subprocess.run(pip, check=True, env={name: os.environ[name] for name in os.environ if name != "PYTHONPATH"})
    return environment


@pytest.fixture(params=[["smtp-monitors"], ["python", "-m", "server"]], ids=" ".join)
def command(request: pytest.FixtureRequest, installed: Path) -> list[str]:
    program, *arguments = request.param
    return [str(installed / "bin" / program), *arguments]


def test_the_command_works_from_any_folder(
    command: list[str], tmp_path: Path, make_database: Callable[[str], str]
) -> None:
    product = Product(tmp_path / "data", command, folder=tmp_path)
    assert product.run("--version").stdout == f"{version.version()}\n"
    own = {"DATABASE_URL": make_database(Path(command[0]).name), "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    typed = " ".join([Path(command[0]).name, *command[1:]])
    unprepared = product.run("serve", **own).stderr
    assert unprepared == f"{typed}: the database has no schema yet; run: {typed} migrate\n"
    assert product.run("migrate", **own).stdout.startswith("applied 0001_create-organizations\n")
    assert product.run("migrate", **own).stdout == "the schema is up to date\n"


def test_serve_starts_its_agent(command: list[str], tmp_path: Path) -> None:
    product = Product(tmp_path / "data", command, folder=tmp_path)
    try:
        product.start(AGENT="on")
        wait_until(lambda: 'smtp_checks_due{location="de-nbg"}' in product.ask("GET", "/metrics")[1])
    finally:
        assert product.stop() == 0


def test_what_is_missing_is_told_in_one_line(
    installed: Path, tmp_path: Path, make_database: Callable[[str], str]
) -> None:
    product = Product(tmp_path / "data", [str(installed / "bin" / "smtp-monitors")], folder=tmp_path)
    demo = product.run("demo-smtp")
    assert (demo.returncode, demo.stderr.count("\n")) == (1, 1)
    assert f"{installed}/bin/python" in demo.stderr
    assert demo.stderr.endswith("-m pip install aiosmtpd\n")
    [migrations] = installed.glob("lib/*/site-packages/server/migrations")
    kept = shutil.move(migrations, tmp_path / "kept")
    try:
        migrate = product.run("migrate", DATABASE_URL=make_database("incomplete"))
        assert (migrate.returncode, migrate.stdout, migrate.stderr.count("\n")) == (1, "", 1)
        assert "no migrations" in migrate.stderr
    finally:
        shutil.move(kept, migrations)
