"""Settings: a wrong one is named, and --help tells all of them."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from server.access.key_ring import generate_key
from tests.product.process import Product

NOTHING = "not set"
SENDER = {"ALERT_SENDER": "alerts@example.com"}


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "x"}, "PORT"),
        ({"WORKERS": "many"}, "WORKERS"),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        ({"SESSION_HOURS": "-1"}, "SESSION_HOURS"),
        ({"SESSION_IDLE_MINUTES": "-1"}, "SESSION_IDLE_MINUTES"),
        ({"GROUP_COMMIT_ROWS": "0"}, "GROUP_COMMIT_ROWS"),
        ({"JWT_SECRET": "short"}, "JWT_SECRET"),
        ({"JWT_SECRET": "j" * 32 + ",short"}, "JWT_SECRET"),
        ({"JWT_SECRET": ","}, "JWT_SECRET"),
        ({"JWT_SECRET_FILE": "/nonexistent"}, "JWT_SECRET_FILE"),
        ({"PORT": "80", "PORT_FILE": "/nonexistent"}, "PORT_FILE"),
        ({"SECRETS_KEY": "x"}, "SECRETS_KEY"),
        ({"PORT": "9" * 5000}, "PORT"),
        ({"PROBE_ALLOW": "localhost"}, "PROBE_ALLOW"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://u@h:abc/db"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://[::1/db"}, "DATABASE_URL"),
        ({"JWT_SECRET": ""}, "JWT_SECRET"),
        ({"RATE_LIMIT": "600"}, "RATE_LIMIT"),
        ({"RATE_LIMIT": "0/60"}, "RATE_LIMIT"),
        ({"RATE_LIMIT": "600/60s"}, "RATE_LIMIT"),
        ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS"),
        ({"CORS_ORIGINS": "https://a.example/, https://b.example"}, "CORS_ORIGINS"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "TRUSTED_PROXIES"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is empty"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x?connect_timeout=9"}, "connect_timeout"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x?channel_binding=require"}, "channel_binding"),
        ({"AGENT": "de_nbg"}, "AGENT"),
        ({"AGENT_PORT": "x"}, "AGENT_PORT"),
        ({"RETENTION_DAYS": "0"}, "RETENTION_DAYS"),
        ({"ALERT_SENDER": "alerts@example.com"}, "ALERT_SENDER is set, but SMTP_RELAY_URL is not"),
        ({"SMTP_RELAY_URL": "smtp://127.0.0.1"}, "SMTP_RELAY_URL is set, but ALERT_SENDER is not"),
        ({**SENDER, "SMTP_RELAY_URL": "smtp://h:0"}, "SMTP_RELAY_URL is no URL: port 0"),
        ({**SENDER, "SMTP_RELAY_URL": "smtp://[::1"}, "SMTP_RELAY_URL is no URL: "),
        ({**SENDER, "SMTP_RELAY_URL": "smtp://a relay"}, "SMTP_RELAY_URL must have neither spaces"),
        ({"SMS_GATEWAY_TOKEN": "secret"}, "SMS_GATEWAY_TOKEN is set, but SMS_GATEWAY_URL is not"),
        ({"SMS_GATEWAY_URL": "https://sms.example"}, "SMS_GATEWAY_URL is set, but SMS_GATEWAY_TOKEN is not"),
        ({"SMS_GATEWAY_URL": "https://", "SMS_GATEWAY_TOKEN": "secret"}, "SMS_GATEWAY_URL must be https://"),
        ({"SMS_GATEWAY_URL": "https://[x", "SMS_GATEWAY_TOKEN": "secret"}, "SMS_GATEWAY_URL is no URL: "),
        ({"SMS_GATEWAY_URL": "https://h:99999", "SMS_GATEWAY_TOKEN": "secret"}, "SMS_GATEWAY_URL is no URL: "),
        ({"SMS_GATEWAY_URL": "https://h", "SMS_GATEWAY_TOKEN": "ü"}, "SMS_GATEWAY_TOKEN"),
        ({"CORS_ORIGINS": "https://a.example:99999"}, "CORS_ORIGINS"),
        ({"SECRETS_KEY": NOTHING, "SECRETS_KEY_FILE": "/dev/null"}, "SECRETS_KEY_FILE names a file that is empty"),
        ({"AGENT": "yes"}, "AGENT must be on, off or the code of a location"),
        ({"HOST": "256.1.1.1"}, "HOST 256.1.1.1, PORT "),
        ({"DATABASE_URL": "postgresql://u@h:0/x"}, "DATABASE_URL has a port"),
        ({"DATABASE_URL": "postgresql:///x?host=a,b&port=1,2,3"}, "DATABASE_URL has 3 ports for 2 hosts"),
        ({"DATABASE_URL": "postgresql://u@h/x?sslmode=maybe"}, "DATABASE_URL has sslmode=maybe; it must be one of"),
        ({"DATABASE_URL": "postgresql://u@h/x?sslrootcert=/no"}, "DATABASE_URL has sslrootcert=/no, which is no file"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(product: Product, variables: dict[str, str], named: str) -> None:
    # the settings are judged before anything is connected to
    defaults = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
        "JWT_SECRET": "j" * 32,
        "SECRETS_KEY": generate_key(),
    }
    given = {name: value for name, value in {**defaults, **variables}.items() if value is not NOTHING}
    failed = product.run("serve", **given)
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1), failed.stderr
    assert named in failed.stderr


@pytest.mark.parametrize("agent", ["OFF", "On", "de-nbg"])
def test_what_agent_may_be(product: Product, agent: str) -> None:
    own = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    failed = product.run("serve", AGENT=agent, **own)
    assert "the database cannot be reached" in failed.stderr


def test_the_agent_of_a_server_stands_somewhere(product: Product, make_database: Callable[[str], str]) -> None:
    own = {"DATABASE_URL": make_database("nowhere"), "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    assert product.run("migrate", **own).returncode == 0
    failed = product.run("serve", AGENT="nowhere", **own)
    words = "AGENT names no location: there is no nowhere; add it with: run.py location add nowhere"
    assert (failed.returncode, failed.stderr) == (1, f"run.py: {words}\n")


@pytest.mark.parametrize(
    "wrong", [{"PORT": "0"}, {"HOST": "256.1.1.1"}, {"AGENT": "yes"}, {"SECRETS_KEY": "x"}, {"AGENT_PORT": "x"}]
)
def test_nothing_is_made_before_all_settings_are_judged(product: Product, wrong: dict[str, str]) -> None:
    failed = product.run("serve", **wrong)
    assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (1, "", 1)
    assert next(iter(wrong)) in failed.stderr
    assert not product.data_dir.exists()


def test_an_agent_judges_its_settings_before_it_looks_for_a_database(product: Product) -> None:
    failed = product.run("agent", CHECK_CONCURRENCY="0")
    assert failed.stderr == "run.py: CHECK_CONCURRENCY must be an integer from 1 to 10000, not '0'\n"


def test_a_wrong_setting_says_nothing_of_the_server_that_is_checked(product: Product) -> None:
    failed = product.run("check", "127.0.0.1:1", DATABASE_URL="mysql://x")
    assert (failed.returncode, failed.stdout) == (3, "")
    assert failed.stderr == "run.py: DATABASE_URL must begin with postgresql://\n"


def test_an_error_names_what_failed(product: Product, tmp_path: Path) -> None:
    own = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "SECRETS_KEY": generate_key()}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        agent = product.run("agent", AGENT_PORT=str(port), **own)
    assert agent.returncode == 1
    assert agent.stderr.startswith(f"run.py: HOST 127.0.0.1, AGENT_PORT {port}: Address already in use")
    (tmp_path / "file").touch()
    serve = product.run("serve", DATA_DIR=str(tmp_path / "file" / "data"))
    assert (serve.returncode, serve.stderr) == (
        1,
        f"run.py: DATA_DIR {tmp_path}/file/data cannot be made: Not a directory\n",
    )
    listed = product.run("user", "list", **own)
    assert (listed.returncode, "the database cannot be reached: " in listed.stderr) == (1, True)


def test_help_tells_every_command_and_setting(product: Product) -> None:
    text = product.run("--help").stdout
    commands = ("serve", "agent", "check", "migrate", "token", "organization", "user", "customer", "webhook")
    settings = ("DATABASE_URL", "RATE_LIMIT", "PROBE_ALLOW", "CHECK_CONCURRENCY", "SMTP_RELAY_URL", "X_FILE")
    for word in (*commands, *settings, "demo-smtp"):
        assert word in text
