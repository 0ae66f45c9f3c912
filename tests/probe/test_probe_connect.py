"""From a name to a connection."""

import asyncio
import socket
from typing import cast

import pytest

from server.checks.networks import Networks
from server.checks.outcome import Outcome
from server.checks.probe import probe
from server.checks.resolver import open_resolver
from server.checks.target import Target
from tests.probe import scripted_smtp
from tests.probe.probing import LOOPBACK, SUCCESS, failure
from tests.probe.scripted_smtp import Step

SCRIPT: list[Step] = [b"220 mail\r\n", "EHLO", b"250 mail\r\n", "QUIT", b"221 bye\r\n"]


async def examine(addresses: list[str], port: int, *, seconds: float = 10, allowed: Networks = LOOPBACK) -> Outcome:
    async def resolve(_: str) -> list[str]:
        return addresses

    return await probe(Target("mail.example.com", port, seconds), resolve=resolve, allowed=allowed)


async def test_another_address_is_tried_where_one_refuses() -> None:
    async with scripted_smtp.serve(SCRIPT) as server:
        outcome = await examine(["127.0.0.2", "::1", "127.0.0.1"], server.port)
    SUCCESS.matches(outcome)
    assert outcome.address == "127.0.0.1"


async def test_another_address_is_tried_beside_one_that_is_silent() -> None:
    listening = await asyncio.start_server(scripted_smtp.Server(SCRIPT).play, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    full = socket.socket()
    with full:
        full.bind(("127.0.0.3", port))
        full.listen(0)
        filler = [socket.socket() for _ in range(4)]  # nobody accepts, so that the next connection waits
        for waiting in filler:
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.3", port))
        outcome = await examine(["127.0.0.3", "127.0.0.1"], port)
        alone = await examine(["127.0.0.3"], port, seconds=0.3)
        listening.close()
        for waiting in filler:
            waiting.close()
    SUCCESS.matches(outcome)
    assert outcome.address == "127.0.0.1"
    failure("connect", "timeout").matches(alone)


async def test_an_address_that_is_not_allowed_is_passed_by() -> None:
    async with scripted_smtp.serve(SCRIPT) as server:
        outcome = await examine(["127.0.0.1", "10.0.0.1"], server.port, allowed=Networks())
        assert server.lines == []
    failure("connect", "target_not_allowed").matches(outcome)
    assert outcome.address is None


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["::1", "127.0.0.1"]])
async def test_a_closed_port_refuses(addresses: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        outcome = await examine(addresses, closed.getsockname()[1])
    failure("connect", "connect_refused").matches(outcome)


async def test_an_address_without_a_route_is_unreachable() -> None:
    outcome = await examine(["255.255.255.255"], 25, allowed=Networks.parse("255.255.255.255"))
    failure("connect", "connect_unreachable").matches(outcome)


async def test_an_ipv6_literal_is_connected_to() -> None:
    server = scripted_smtp.Server(SCRIPT)
    listening = await asyncio.start_server(server.play, "::1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with open_resolver() as resolve:
        outcome = await probe(Target("::1", port, 10), resolve=resolve, allowed=LOOPBACK)
    listening.close()
    SUCCESS.matches(outcome)
    assert (outcome.address, server.lines[0]) == ("::1", "EHLO [IPv6:::1]")


async def test_the_hosts_file_counts() -> None:
    async with open_resolver() as resolve:
        assert "127.0.0.1" in await resolve("localhost")


@pytest.mark.parametrize("hostname", ["..", "a" * 64 + ".example", "-" * 254])
async def test_what_is_no_name_has_no_address(hostname: str) -> None:
    async with open_resolver() as resolve:
        outcome = await probe(Target(hostname, 25, 10), resolve=resolve, allowed=LOOPBACK)
    failure("dns", "dns_not_found").matches(outcome)


class Nameserver(asyncio.DatagramProtocol):
    """Answers A with 127.0.0.1 and AAAA with ::1, as far as the first label says so."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        label = data[13 : 13 + data[12]].decode()
        code = {"absent": 3, "broken": 2}.get(label, 0)
        addresses = {1: b"\x7f\0\0\1", 28: bytes(15) + b"\1"}
        offered = {"both": (1, 28), "four": (1,), "six": (28,)}.get(label, ())
        question = data[12 : data.index(b"\0", 12) + 5]
        kind = question[-3]
        answer = b""
        if kind in offered:
            answer = b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 9, 0, len(addresses[kind])]) + addresses[kind]
        header = data[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, int(bool(answer)), 0, 0, 0, 0])
        self._transport.sendto(header + question + answer, address)


class Liar(Nameserver):
    """Answers what the first label says: no DNS, an alias of itself, an address of no length, many addresses."""

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        label = data[13 : 13 + data[12]].decode()
        question = data[12 : data.index(b"\0", 12) + 5]
        kind = question[-3]
        record = {
            "alias": b"\xc0\x0c\0\5\0\1\0\0\0\x09\0\2\xc0\x0c",
            "short": bytes([0xC0, 0x0C, 0, kind, 0, 1, 0, 0, 0, 9, 0, 0]),
            "many": b"\xc0\x0c\0\1\0\1\0\0\0\x09\0\4\x7f\0\0\1" if kind == 1 else b"",
        }.get(label, b"")
        count = (70 if label == "many" else 1) if record else 0
        answer = b"\x81\x80\0\1" + count.to_bytes(2, "big") + bytes(4) + question + record * count
        self._transport.sendto(data[:2] + (b"\xff" * 40 if label == "garbage" else answer), address)


@pytest.mark.parametrize("label", ["garbage", "alias", "short", "many"])
async def test_a_name_server_that_lies_is_an_outcome(label: str) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Liar, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    async with open_resolver([f"127.0.0.1:{port}"]) as resolve, scripted_smtp.serve(SCRIPT) as server:
        target = Target(f"{label}.example.com", server.port, 1)
        outcome = await probe(target, resolve=resolve, allowed=LOOPBACK)
    transport.close()
    expected = ("ok",) if label == "many" else ("timeout", "dns_failed", "dns_not_found")
    assert outcome.code in expected, outcome


@pytest.mark.parametrize(
    ("hostname", "found"),
    [
        ("both.example.com", {"127.0.0.1", "::1"}),
        ("four.example.com", {"127.0.0.1"}),
        ("six.example.com", {"::1"}),
        ("none.example.com", "dns_not_found"),
        ("absent.example.com", "dns_not_found"),
        ("broken.example.com", "dns_failed"),
    ],
)
async def test_a_name_has_the_addresses_of_both_families(hostname: str, found: set[str] | str) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Nameserver, ("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    async with open_resolver([f"127.0.0.1:{port}"]) as resolve:
        if isinstance(found, str):
            outcome = await probe(Target(hostname, 25, 20), resolve=resolve, allowed=LOOPBACK)
            failure("dns", found).matches(outcome)
        else:
            assert set(await resolve(hostname)) == found
    transport.close()
