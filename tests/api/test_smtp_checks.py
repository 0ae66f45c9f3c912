"""Probing a config without saving it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.checks.outcome import Certificate, Code, Outcome, Phase, TlsFacts
from server.resources.smtp_checks import represent
from server.serving.app import create_app
from server.serving.config import Config
from tests.conftest import AiohttpClient, Api
from tests.probe import scripted_smtp
from tests.probe.probing import LOOPBACK
from tests.probe.scripted_smtp import Session, Step
from tests.probe.test_probe_auth import challenge, offer
from tests.probe.test_probe_lies import receive_nonce

PATH = "/api/smtp-monitors/test"
SCRIPT: list[Step] = [b"220 mail\r\n", "EHLO", b"250-mail\r\n250 AUTH PLAIN\r\n"]
END: list[Step] = ["QUIT", b"221 bye\r\n"]


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, probe_allow=LOOPBACK)


async def test_a_config_is_probed_and_not_saved(api: Api) -> None:
    async with scripted_smtp.serve([*SCRIPT, *END]) as server:
        body = {"hostname": "127.0.0.1", "port": server.port, "timeoutSeconds": 10}
        response = await api.call("POST", PATH, json=body)
    shown = await response.json()
    assert response.status == 200
    assert shown.pop("checkedAt")
    assert shown.pop("timings")["total"] > 0
    assert shown == {
        "verdict": "success",
        "phase": "quit",
        "code": "ok",
        "message": "Der Server antwortet",
        "replyCode": None,
        "replyText": None,
        "hostname": "127.0.0.1",
        "address": "127.0.0.1",
        "port": server.port,
        "tls": None,
        "capabilities": ["AUTH PLAIN"],
        "warnings": [],
    }
    assert await api.db.fetchval("SELECT count(*) FROM smtp_monitors") == 3


async def test_a_password_is_used_and_not_shown(api: Api) -> None:
    async with scripted_smtp.serve([*SCRIPT, "AUTH PLAIN AHUAczNjcmV0", b"535 not s3cret\r\n", "QUIT"]) as server:
        config = {"ignoreTls": True, "auth": {"user": "u", "pass": "s3cret"}}
        body = {"hostname": "localhost", "port": server.port, "timeoutSeconds": 10, "config": config}
        response = await api.call("POST", PATH, json=body, headers={"Accept-Language": "en"})
    shown = await response.json()
    assert (shown["code"], shown["replyCode"], shown["replyText"]) == ("auth_rejected", 535, "not ***")
    assert shown["message"] == "User or password was rejected"
    assert response.headers["Content-Language"] == "en"
    assert server.surprises == []


async def test_a_hostile_server_is_a_result(api: Api) -> None:
    async def count_to_two(session: Session) -> None:
        await challenge(session, f"r={await receive_nonce(session)}x,s=c2FsdA==,i=²")

    async with scripted_smtp.serve([*offer("SCRAM-SHA-256"), count_to_two]) as server:
        config = {"ignoreTls": True, "auth": {"user": "u", "pass": "p"}}
        response = await api.call("POST", PATH, json={"hostname": "127.0.0.1", "port": server.port, "config": config})
    shown = await response.json()
    assert (response.status, shown["phase"], shown["code"]) == (200, "auth", "protocol_error")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["hostname"]),
        ({"hostname": "x y"}, ["hostname"]),
        ({"hostname": "a.example", "port": 0, "smtpConfig": {"warnMs": "x"}}, ["port", "smtpConfig.warnMs"]),
        ({"hostname": "a.example", "hostnam": "b"}, ["hostnam"]),
    ],
)
async def test_a_wrong_field_is_named(api: Api, body: dict[str, object], fields: list[str]) -> None:
    response = await api.call("POST", PATH, json=body)
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == fields


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("user", 200),
        ("restricted", 200),
        ("globaladmin", 200),
        ("readonly", 403),
        ("restricted-readonly", 403),
        ("supporter", 403),
        (None, 401),
    ],
)
async def test_those_who_may_trigger_checks_may_probe(api: Api, who: str | None, status: int) -> None:
    response = await api.call("POST", PATH, who, json={"hostname": "192.0.2.1", "name": "x", "customerId": 10})
    assert response.status == status
    if status == 200:
        assert (await response.json())["code"] == "target_not_allowed"


@pytest.fixture
async def strict(api: Api, config: Config, aiohttp_client: AiohttpClient) -> Api:
    strict = replace(config, probe_allow=replace(LOOPBACK, listed=()))
    return Api(await aiohttp_client(create_app(strict)), api.db, strict)


@pytest.mark.parametrize("hostname", ["127.0.0.1", "::1", "localhost", "169.254.169.254", "::ffff:127.0.0.1"])
async def test_this_machine_is_not_probed_unless_allowed(strict: Api, hostname: str) -> None:
    async with scripted_smtp.serve([*SCRIPT, *END]) as server:
        response = await strict.call("POST", PATH, json={"hostname": hostname, "port": server.port})
    shown = await response.json()
    assert (shown["verdict"], shown["phase"], shown["code"]) == ("failure", "connect", "target_not_allowed")
    assert server.lines == []
    assert shown["message"].endswith("PROBE_ALLOW nennt, was außer dem Internet erlaubt ist")
    assert shown["address"] is None


def test_a_certificate_of_any_year_is_shown() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    certificate = Certificate("CN=a", "CN=b", (), "1", "ab", first, last, 999_999)
    tls = TlsFacts("TLSv1.3", "AES", verified=False, certificate=certificate)
    outcome = Outcome(Phase.QUIT, Code.OK, "a.example", 25, first, {}, 1.0, tls=tls)

    shown = represent(outcome, "en")["tls"]

    assert isinstance(shown, dict)
    assert shown["certificate"]["notBefore"] == "0001-01-01T00:00:00.000Z"
    assert shown["certificate"]["notAfter"] == "9999-12-31T23:59:59.000Z"
