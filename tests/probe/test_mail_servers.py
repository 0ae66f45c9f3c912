"""Tests of real servers are skipped where one cannot be used, with the reason, and fail where all are expected."""

import sys
from collections.abc import Iterator

import pytest

from tests.missing import EXPECTED
from tests.probe.mail_servers import Place, Servers, Setup, UnusableServerError

LISTEN = """
import socket
server = socket.create_server(("127.0.0.1", {port}))
while True:
    client, _ = server.accept()
    {then}
    client.close()
"""


def program(*command: str) -> list[list[str]]:
    return [[*command]]


def listening(place: Place, then: str) -> list[list[str]]:
    return program(sys.executable, "-c", LISTEN.format(port=place.port, then=then))


def absent(_: Place) -> list[list[str]]:
    raise UnusableServerError("it is not installed")


KINDS = {
    "absent": absent,
    "unconfigured": lambda _: program("sh", "-c", "echo no main.cf; exit 1"),
    "nobody's": lambda _: program("/nonexistent"),
    "mute": lambda place: listening(place, "pass"),
    "refusing": lambda place: listening(place, "client.sendall(b'554 no\\r\\n')"),
    "good": lambda place: listening(place, "client.sendall(b'220 mail\\r\\n')"),
}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers(KINDS) as servers:
        yield servers


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("absent", "absent cannot be used here: it is not installed"),
        ("unconfigured", "unconfigured cannot be used here: it does not start: no main.cf"),
        ("nobody's", "No such file or directory"),
        ("mute", "mute cannot be used here: its greeting is ''"),
        ("refusing", "its greeting is '554 no"),
    ],
)
def test_a_server_that_cannot_be_used_skips_its_tests_and_fails_them_where_it_is_expected(
    servers: Servers, kind: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(EXPECTED, raising=False)
    with pytest.raises(pytest.skip.Exception, match=reason):
        servers.require(kind)
    monkeypatch.setenv(EXPECTED, "1")
    with pytest.raises(pytest.fail.Exception, match=reason):
        servers.require(kind)


def test_a_good_server_is_used_and_started_once(servers: Servers) -> None:
    servers.require("good")
    assert servers.port("good", Setup()) == servers.port("good", Setup())
