"""Settings: a wrong one is named, and --help tells all of them."""

import pytest

from server.access.key_ring import generate_key
from tests.product.process import Product


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


def test_help_tells_every_command_and_setting(product: Product) -> None:
    text = product.run("--help").stdout
    commands = ("serve", "agent", "check", "migrate", "token", "organization", "user", "customer", "webhook")
    settings = ("DATABASE_URL", "RATE_LIMIT", "PROBE_ALLOW", "CHECK_CONCURRENCY", "SMTP_RELAY_URL", "X_FILE")
    for word in (*commands, *settings, "demo-smtp"):
        assert word in text
