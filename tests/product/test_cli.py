"""The commands: setting up a database, its users and customers, its schema."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from server.access.key_ring import generate_key
from server.cli import migration_files, migrations
from server.cli.environment import ConfigError
from server.cli.version import VERSION
from tests.product.process import RUN, Product


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
    several = f"{url.replace('?host=', '?host=/nonexistent,').replace('&port=', '&port=1,')}"
    assert product.run("migrate", **{**own, "DATABASE_URL": several}).stdout == "the schema is up to date\n"
    own = {**own, "DATABASE_URL": several}
    token = product.run("token", "me@example.com", **own).stdout
    assert token.count("\n") == 1
    product.start(**own)
    body = {"customerId": 1, "name": "x", "hostname": "a.example", "smtpConfig": {"auth": {"user": "u", "pass": "p"}}}
    assert product.ask("POST", "/api/smtp-monitors", token.strip(), body)[0] == 201
    assert product.run("secrets", "rotate", **own).stdout == "0 credentials now under the first key\n"
    metrics = product.ask("GET", "/metrics")[1]
    assert f',version="{VERSION}"}} 1.0' in metrics, "the build, once for both workers"
    assert 'smtp_monitors{status="active"} 1.0' in metrics
    assert "database_up 1.0" in metrics
    assert "cell_up{" not in metrics, "there is but one"
    assert 'http_requests_total{method="POST",route="/api/smtp-monitors",status="201"} 1.0' in metrics
    assert product.stop() == 0


def test_an_operator_changes_the_limits_of_an_organization(
    product: Product, make_database: Callable[[str], str]
) -> None:
    own: Mapping[str, str] = {"DATABASE_URL": make_database("limits")}
    assert product.run("migrate", **own).returncode == 0
    assert product.run("user", "add", "me@example.com", "--organization", "Mine", **own).returncode == 0
    changed = product.run("organization", "limits", "Mine", "--max-users", "1", "--max-tokens", "20", **own)
    assert ["MAX", "USERS", "1", "1"] in [line.split() for line in changed.stdout.splitlines()], changed.stderr
    refused = product.run("user", "add", "more@example.com", "--organization", "Mine", **own)
    assert (refused.returncode, refused.stderr) == (1, "run.py: limit_reached: maxUsers = 1\n")
    wrong = product.run("organization", "limits", "Mine", "--max-users", "-1", **own)
    assert (wrong.returncode, wrong.stderr) == (1, "run.py: maxUsers: out_of_range\n")
    unknown = product.run("organization", "limits", "Yours", **own)
    assert (unknown.returncode, unknown.stderr) == (1, "run.py: no organization has the name Yours\n")


def test_a_database_that_is_not_there_is_told_in_one_line(product: Product) -> None:
    url = "postgresql://nobody@127.0.0.1:1,127.0.0.1:2/x"
    secrets = {"JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    for command in ("migrate", "serve"):
        failed = product.run(command, DATABASE_URL=url, **secrets)
        assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
        assert "cannot be reached" in failed.stderr


def test_a_location_is_in_a_country(product: Product, make_database: Callable[[str], str]) -> None:
    own: Mapping[str, str] = {"DATABASE_URL": make_database("locations")}
    product.run("migrate", **own)
    for country in ("XX", "D", "ß"):
        refused = product.run("location", "add", "x", "--name", "X", "--country", country, **own)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.endswith(f"argument --country: {country!r}: invalid_country_code\n")
    assert product.run("location", "add", "x", "--name", "X", "--country", "de", **own).returncode == 0
    again = product.run("location", "add", "x", "--name", "X", "--country", "DE", **own)
    assert (again.returncode, again.stderr) == (1, "run.py: code: already_taken\n")


def test_commands_beside_serve_make_no_database(product: Product) -> None:
    for command in (
        "agent",
        "customer list",
        "location add x --name X --country DE",
        "migrate",
        "secrets rotate",
        "token a@example.com",
        "user list",
        "webhook 1",
    ):
        refused = product.run(*command.split())
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1), refused.stderr
        assert refused.stderr.endswith("; run.py serve makes one, or set DATABASE_URL\n")
    assert not product.data_dir.exists()


def test_migrations_that_are_not_there_are_no_schema_up_to_date(
    make_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_database("nomigrations")
    monkeypatch.setattr(migration_files, "FOLDER", tmp_path / "none")
    for ask in (lambda: migrations.migrate(url), migration_files.known):
        with pytest.raises(ConfigError, match=f"no migrations in {tmp_path}/none;"):
            ask()


def test_a_schema_goes_back_to_the_version_before(product: Product, make_database: Callable[[str], str]) -> None:
    own = {"DATABASE_URL": make_database("back"), "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    applied = product.run("migrate", **own).stdout.splitlines()[:-1]
    [*_, last, newest] = [line.removeprefix("applied ") for line in applied]
    number = int(last.partition("_")[0])
    undone = product.run("migrate", "--back-to", str(number), **own)
    assert undone.stdout == f"undone {newest}\nthe schema is that of migration {number}\n"
    behind = product.run("serve", **own).stderr
    assert behind == f"run.py: the schema is behind by {newest}; run: run.py migrate\n"
    assert product.run("migrate", **own).stdout == f"applied {newest}\nthe schema is up to date\n"


def test_the_version_is_told_with_the_commit(product: Product) -> None:
    describe = ["git", "-C", str(RUN.parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    commit = subprocess.run(describe, capture_output=True, text=True, check=False).stdout.strip()
    told = product.run("--version")
    assert (told.returncode, told.stdout) == (0, f"smtp-monitors {VERSION} ({commit})\n".replace(" ()", ""))


def test_the_module_is_the_same_command(tmp_path: Path) -> None:
    module = Product(tmp_path / "data", (sys.executable, "-m", "server"), RUN.parent)
    assert module.run("--version").stdout == Product(tmp_path).run("--version").stdout
    own = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "JWT_SECRET": "j" * 32, "SECRETS_KEY": "x"}
    assert module.run("serve", **own).stderr.endswith("; make one with: python -m server secrets generate\n")


OPERATED = {f"created {resource}" for resource in ("organization", "customer", "user", "token", "location")}


@pytest.mark.slow
def test_an_operator_manages_users_and_customers(
    product: Product, make_database: Callable[[str], str], tmp_path: Path
) -> None:
    secrets = {"JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    own = {"DATABASE_URL": make_database("operator"), **secrets}

    def run(*arguments: str, fails: str = "") -> list[str]:
        done = product.run(*arguments, **own)
        assert (done.returncode, done.stderr) == ((1, f"run.py: {fails}\n") if fails else (0, ""))
        return done.stdout.splitlines()

    assert [line.partition("_")[0] for line in run("migrate")][:2] == ["applied 0001", "applied 0002"]
    run("user", "add", "boss@example.com", "--organization", "Mine")
    run("user", "add", "hand@example.com", "--organization", "Mine", "--role", "user")
    run("user", "add", "other@example.com", "--organization", "Theirs")
    added = run("customer", "add", "First", "--organization", "Mine")
    assert added[0].startswith("customer 1 (")
    assert run("customer", "list")[1].split()[-1] == "First"
    assert len(run("customer", "list", "--organization", "Theirs")) == 1
    run("customer", "add", "First", "--organization", "None", fails="no organization has the name None")

    run("user", "add", "hand@example.com", "--organization", "Theirs", "--role", "user")
    several = "several organizations have a user with the address hand@example.com; add --organization"
    for command in (("token",), ("user", "password"), ("user", "deactivate")):
        run(*command, "hand@example.com", fails=several)
    run("user", "deactivate", "hand@example.com", "--organization", "2")
    assert len(run("token", "hand@example.com")) == 1, "of those that are active there is one"
    run("user", "password", "hand@example.com", "--organization", "None", fails="no organization has the name None")

    named = run("token", "hand@example.com", "--name", "robot", "--days", "9")
    assert len(named) == len(run("token", "hand@example.com", "--name", "robot")) == 1
    run("token", "hand@example.com", "--days", "9", fails="--days is for API tokens: give it a --name")
    product.start(**own)
    assert product.ask("GET", "/api/session", named[0])[0] == 200

    password = tmp_path / "password"
    password.write_text("a long enough password\n")
    mine = ("hand@example.com", "--organization", "Mine")
    run("user", "password", *mine, "--password-file", str(password))
    assert product.ask("GET", "/api/session", named[0])[0] == 401
    body = {"email": "hand@example.com", "password": "a long enough password"}
    assert product.ask("POST", "/api/sessions", "", body)[0] == 201
    password.write_text("short")
    refused = "--password-file must hold 12 to 1024 characters"
    run("user", "password", *mine, "--password-file", str(password), fails=refused)

    run("user", "deactivate", *mine)
    assert product.ask("POST", "/api/sessions", "", body)[0] == 401
    last = "boss@example.com is the last active administrator of its organization"
    run("user", "deactivate", "boss@example.com", fails=last)
    run("user", "deactivate", "nobody@example.com", fails="no user has the address nobody@example.com")
    listed = [line.split() for line in run("user", "list", "--organization", "Mine")]
    assert [(line[1], line[-1]) for line in listed[1:]] == [("boss@example.com", "True"), ("hand@example.com", "False")]
    assert len(run("user", "list")) == 5
    run("location", "add", "de-nbg", "--name", "Nürnberg", "--country", "DE")
    run("organization", "limits", "Mine", "--max-users", "50")
    run("organization", "limits", "Mine")
    boss = run("user", "add", "root@example.com", "--organization", "Mine", "--global-role", "admin")
    body = {"email": "root@example.com", "password": boss[-1].removeprefix("password: ")}
    root = json.loads(product.ask("POST", "/api/sessions", "", body)[1])["token"]
    events = json.loads(product.ask("GET", "/api/audit?perPage=200", root)[1])["items"]
    done = {f"{event['action']} {event['resource']}" for event in events if event["address"] == "command line"}
    assert done == {*OPERATED, "updated user", "updated organization", "logged_in session"}
    assert all(event["actor"]["userId"] is None for event in events if event["address"] == "command line")
    assert product.run("user", "add").returncode == 2
    assert product.stop() == 0
