"""What others wrote reaches a terminal as text: neither escapes nor controls of the writing direction act on it."""

import base64
import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest

from server.cli.database import print_table
from server.cli.logs import JsonFormatter, TextFormatter
from tests.probe.scripted_smtp import Step
from tests.probe.test_check_command import check
from tests.product.process import Product

HOSTILE = "\x1b[31m\x9b2J\u202etxt.exe\u2066\u200f\u061c\x7f\r\n\u2028forged"
KEY = base64.b64encode(bytes(32)).decode()
ACTING = [char for char in HOSTILE if not char.isprintable()]


@pytest.fixture
def record() -> logging.LogRecord:
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        return logging.LogRecord("a", logging.ERROR, "a.py", 1, "said %s", (HOSTILE,), sys.exc_info())


def lines(printed: str) -> Iterator[str]:
    assert not set(ACTING) & set(printed) - {"\n"}
    yield from printed.split("\n")


def test_a_line_of_the_log_is_one_line(record: logging.LogRecord) -> None:
    first, second, *_, last = lines(TextFormatter().format(record))
    assert first.endswith(r"ERROR said \u001b[31m\u009b2J\u202etxt.exe\u2066\u200f\u061c\u007f\u000d\u000a\u2028forged")
    assert second == "Traceback (most recent call last):"
    assert last == r"\u2028forged"


def test_a_line_for_machines_says_the_same_and_acts_on_no_terminal(record: logging.LogRecord) -> None:
    [line] = lines(JsonFormatter().format(record))
    assert json.loads(line)["message"] == f"said {HOSTILE}"
    assert json.loads(line)["exception"].endswith(f"ValueError: {HOSTILE}")


def test_a_cell_of_a_table_is_text() -> None:
    with redirect_stdout(io.StringIO()) as printed:
        print_table(("name",), (HOSTILE,))
    assert len(list(lines(printed.getvalue()))) == 3


def test_a_name_that_a_command_does_not_find_is_text(product: Product, migrated: str) -> None:
    for command in (("organization", "limits"), ("user", "password"), ("token",)):
        failed = product.run(*command, HOSTILE, DATABASE_URL=migrated, SECRETS_KEY=KEY, JWT_SECRET=KEY)
        assert (failed.returncode, "txt.exe" in failed.stderr) == (1, True)
        assert list(lines(failed.stderr))


def test_a_webhooks_url_is_one(product: Product, migrated: str) -> None:
    for url in (f"https://{HOSTILE}", "https://", "https://:25/x", "http://a b", "http://ü", "http://[::1", "ftp://a"):
        refused = product.run("webhook", "1", url, DATABASE_URL=migrated, SECRETS_KEY=KEY)
        assert (refused.returncode, "url" in refused.stderr.lower()) == (1, True), refused.stderr


@pytest.mark.parametrize("options", [(), ("--json",)])
async def test_a_reply_of_a_server_is_text(product: Product, options: tuple[str, ...]) -> None:
    rejected = HOSTILE.replace("\r\n", "\r").encode()
    script: list[Step] = [b"220 mail\r\n", "EHLO", b"500 no\r\n", "HELO", b"500 " + rejected + b"\r\n", "QUIT"]
    status, printed, _ = await check(product, script, *options)
    assert status == 2
    assert "txt.exe" in printed
    assert list(lines(printed))
