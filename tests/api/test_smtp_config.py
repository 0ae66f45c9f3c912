"""The keys of smtpConfig: what is accepted, what is refused by name, what the probe makes of it."""

import pytest

from server.checks.target import Target, TlsOptions, from_config
from server.fields.smtp_config import parse
from server.fields.values import Invalid
from tests.conftest import Api

COMPLETE = {
    "secure": True,
    "requireTls": True,
    "auth": {"user": "u", "pass": "p"},
    "tls": {
        "verify": False,
        "servername": "Bücher.example",
        "minVersion": "TLSv1.2",
        "warnDays": 30,
        "criticalDays": 7,
    },
    "ehloName": "probe.example.com",
    "mailFrom": "a@example.com",
    "rcptTo": "b@example.org",
    "expect": "refused",
    "expectGreeting": "ESMTP",
    "warnMs": 500,
}


@pytest.mark.parametrize(
    "sent",
    [
        COMPLETE,
        {"tls": None, "ehloName": None, "mailFrom": None, "rcptTo": None, "expect": None, "warnMs": None},
        {"tls": {}},
        {"tls": {"servername": "192.0.2.1", "minVersion": None, "warnDays": 0, "criticalDays": 3650}},
        {"mailFrom": ""},
        {"rcptTo": "b@example.org", "expect": "accepted"},
        {"ehloName": "[192.0.2.1]"},
        {"ehloName": "[IPv6:2001:db8::1]"},
        {"expectGreeting": "Postfix (Ü)"},
        {"warnMs": 120000},
    ],
)
async def test_a_config_is_kept_as_sent(api: Api, sent: dict[str, object]) -> None:
    response = await api.patch({"smtpConfig": sent})
    assert response.status == 200, await response.text()
    assert (await (await api.get()).json())["smtpConfig"] == sent


@pytest.mark.parametrize(
    ("config", "path", "code"),
    [
        ({"tls": True}, ".tls", "not_object"),
        ({"tls": {"verify": "no"}}, ".tls.verify", "not_a_boolean"),
        ({"tls": {"verify": None}}, ".tls.verify", "not_a_boolean"),
        ({"tls": {"servername": "https://x"}}, ".tls.servername", "invalid_hostname"),
        ({"tls": {"minVersion": "SSLv3"}}, ".tls.minVersion", "invalid_choice"),
        ({"tls": {"warnDays": -1}}, ".tls.warnDays", "out_of_range"),
        ({"tls": {"warnDays": None}}, ".tls.warnDays", "not_nullable"),
        ({"tls": {"criticalDays": 3651}}, ".tls.criticalDays", "out_of_range"),
        ({"tls": {"criticalDays": True}}, ".tls.criticalDays", "not_an_integer"),
        ({"tls": {"ca": "x"}}, ".tls.ca", "unknown_field"),
        ({"ehloName": "a b"}, ".ehloName", "invalid_hostname"),
        ({"ehloName": "x\r\nQUIT"}, ".ehloName", "invalid_hostname"),
        ({"ehloName": "[192.0.2.256]"}, ".ehloName", "invalid_hostname"),
        ({"ehloName": "[IPv6:::g]"}, ".ehloName", "invalid_hostname"),
        ({"ehloName": 1}, ".ehloName", "not_a_string"),
        ({"mailFrom": "nobody"}, ".mailFrom", "invalid_email"),
        ({"mailFrom": "a@b> SIZE=1"}, ".mailFrom", "invalid_email"),
        ({"rcptTo": ""}, ".rcptTo", "invalid_email"),
        ({"rcptTo": "ü@example.com"}, ".rcptTo", "not_ascii"),
        ({"rcptTo": "a@bücher.example"}, ".rcptTo", "not_ascii"),
        ({"rcptTo": ["a@b.example"]}, ".rcptTo", "not_a_string"),
        ({"expect": "refused"}, ".expect", "needs_rcpt_to"),
        ({"rcptTo": "a@b.example", "expect": "open"}, ".expect", "invalid_choice"),
        ({"expectGreeting": ""}, ".expectGreeting", "wrong_length"),
        ({"expectGreeting": "a\nb"}, ".expectGreeting", "control_character"),
        ({"warnMs": 0}, ".warnMs", "out_of_range"),
        ({"warnMs": 1.5}, ".warnMs", "not_an_integer"),
    ],
)
def test_a_wrong_key_is_named(config: dict[str, object], path: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(config)
    assert [(below, why) for below, why, _ in refused.value.reasons] == [(path, code)]


async def test_a_wrong_key_is_a_400_that_names_it(api: Api) -> None:
    response = await api.patch({"smtpConfig": {"tls": {"warnDays": "x", "verify": 1}, "expect": "refused"}})
    assert response.status == 400
    fields = [error["field"] for error in (await response.json())["errors"]]
    assert fields == ["smtpConfig.tls.warnDays", "smtpConfig.tls.verify", "smtpConfig.expect"]


def test_a_config_makes_a_target() -> None:
    assert from_config("mx.example.com", None, 10, COMPLETE, known_capabilities=("STARTTLS",)) == Target(
        hostname="mx.example.com",
        timeout_seconds=10,
        secure=True,
        require_tls=True,
        user="u",
        password="p",
        tls=TlsOptions(
            verify=False,
            servername="xn--bcher-kva.example",
            min_version="TLSv1.2",
            warn_days=30,
            critical_days=7,
        ),
        ehlo_name="probe.example.com",
        mail_from="a@example.com",
        rcpt_to="b@example.org",
        expect_refused=True,
        expect_greeting="ESMTP",
        warn_ms=500,
        known_capabilities=("STARTTLS",),
    )
    assert from_config("mx.example.com", 2525, 10, {"auth": None, "tls": None}) == Target("mx.example.com", 2525, 10)


@pytest.mark.parametrize(("secure", "port", "effective"), [(False, None, 25), (True, None, 465), (True, 587, 587)])
def test_a_port_that_is_not_set_follows_the_mode(secure: bool, port: int | None, effective: int) -> None:
    assert Target("mx.example.com", port, secure=secure).effective_port == effective
