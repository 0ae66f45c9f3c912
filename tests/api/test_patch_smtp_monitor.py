"""Each field of a PATCH: what is accepted and stored as what, what is refused and how."""

from typing import Any

import pytest

from tests.conftest import Api

STORED = {
    "name": "Outbound SMTP (Primary)",
    "hostname": "smtp.example.com",
    "port": 587,
    "status": "disabled",
    "checkInterval": 60,
    "timeoutSeconds": 30,
    "allowedCheckCountryCodes": None,
    "notificationEmail": None,
    "notificationPhoneNumber": None,
    "smtpConfig": {"secure": False, "requireTls": True, "auth": {"user": "username", "pass": "password"}},
}
ACCEPTED: list[tuple[str, Any, Any]] = [
    ("name", "x", "x"),
    ("name", "  trimmed\t ", "trimmed"),
    ("name", "ü" * 255, "ü" * 255),
    ("name", "👩‍💻 team", "👩‍💻 team"),
    ("hostname", "MX.Example.COM.", "mx.example.com"),
    ("hostname", "localhost", "localhost"),
    ("hostname", "bücher.example", "xn--bcher-kva.example"),
    ("hostname", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("hostname", "192.0.2.7", "192.0.2.7"),
    ("hostname", "2001:DB8:0::1", "2001:db8::1"),
    ("hostname", ".".join(["a" * 63] * 3 + ["b" * 61]), ".".join(["a" * 63] * 3 + ["b" * 61])),
    ("port", 1, 1),
    ("port", 65535, 65535),
    ("port", None, None),
    ("status", "active", "active"),
    ("status", "maintenance", "maintenance"),
    ("status", "disabled", "disabled"),
    ("status", "paused", "disabled"),
    ("status", "inactive", "disabled"),
    ("checkInterval", 10, 10),
    ("checkInterval", 86400, 86400),
    ("timeoutSeconds", 1, 1),
    ("timeoutSeconds", 120, 120),
    ("allowedCheckCountryCodes", ["de", "us"], ["DE", "US"]),
    ("allowedCheckCountryCodes", ["de", "US", "De"], ["DE", "US"]),
    ("allowedCheckCountryCodes", [], None),
    ("allowedCheckCountryCodes", None, None),
    ("notificationEmail", "Ops@Example.com", "Ops@Example.com"),
    ("notificationEmail", None, None),
    ("notificationPhoneNumber", "+4930123456", "+4930123456"),
    ("notificationPhoneNumber", None, None),
    ("smtpConfig", None, {}),
    ("smtpConfig", {}, {}),
    ("smtpConfig", {"auth": None, "secure": True}, {"auth": None, "secure": True}),
    ("smtpConfig", {"auth": {"user": "u"}}, {"auth": {"user": "u"}}),
    ("smtpConfig", {"auth": {"pass": "ü" * 1024, "user": ""}}, {"auth": {"pass": "ü" * 1024, "user": ""}}),
    ("config", {"ignoreTls": True, "requireTls": False}, {"ignoreTls": True, "requireTls": False}),
]
REFUSED: list[tuple[str, Any, str, str]] = [
    *((name, None, name, "not_nullable") for name in ("name", "hostname", "status", "checkInterval", "timeoutSeconds")),
    *((name, 1, name, "not_a_string") for name in ("name", "hostname", "status", "notificationEmail")),
    *(("port", value, "port", "not_an_integer") for value in (True, 587.0, "587", [587], 2**64)),
    *(("port", value, "port", "out_of_range") for value in (0, -1, 65536, 2**63)),
    *(("checkInterval", value, "checkInterval", "out_of_range") for value in (9, 86401)),
    *(("timeoutSeconds", value, "timeoutSeconds", "out_of_range") for value in (0, 121)),
    ("name", "", "name", "wrong_length"),
    ("name", "   ", "name", "wrong_length"),
    ("name", "x" * 256, "name", "wrong_length"),
    ("name", "a\u0000b", "name", "control_character"),
    ("status", "Active", "status", "invalid_choice"),
    *(
        ("hostname", value, "hostname", "invalid_hostname")
        for value in (
            *("", " ", "http://a.example", "a.example:25", "a.example/x", "u@a.example", "a..example", "-a.example"),
            *("a_b.example", "256.1.1.1", "1.2.3", "0x7f.1", "[::1]", "fe80::1%eth0", "a\u0000b", "a" * 64, "."),
            *(".".join(["a" * 63] * 4), "xn--0", "a b.example", "ex\nample.com"),
        )
    ),
    *(
        ("allowedCheckCountryCodes", value, "allowedCheckCountryCodes", "invalid_country_code")
        for value in (["DEU"], ["xx"], ["ß"], ["ıt"], [1], [None], ["de", ""], [["de"]])
    ),
    ("allowedCheckCountryCodes", "de", "allowedCheckCountryCodes", "not_a_list"),
    ("allowedCheckCountryCodes", {}, "allowedCheckCountryCodes", "not_a_list"),
    *(
        ("notificationEmail", value, "notificationEmail", "invalid_email")
        for value in (
            *("", "a", "@a.example", "a@", "a b@c.example", "a@b@c.example", "a@-b.example", ".a@b.example"),
            *("\u202ea@b.example", "a\u200b@b.example", "a\u00ad@b.example"),
        )
    ),
    *(
        ("notificationPhoneNumber", value, "notificationPhoneNumber", "invalid_phone_number")
        for value in ("", "030123", "+0301", "+49 30 1", "+" + "1" * 16, "+١٢٣")
    ),
    ("smtpConfig", [], "smtpConfig", "not_object"),
    ("smtpConfig", "x", "smtpConfig", "not_object"),
    ("smtpConfig", {"secure": 1}, "smtpConfig.secure", "not_a_boolean"),
    ("smtpConfig", {"secure": None}, "smtpConfig.secure", "not_a_boolean"),
    ("smtpConfig", {"pool": True}, "smtpConfig.pool", "unknown_field"),
    ("smtpConfig", {"ignoreTls": True, "requireTls": True}, "smtpConfig", "tls_conflict"),
    ("smtpConfig", {"ignoreTls": True, "secure": True}, "smtpConfig", "tls_conflict"),
    ("smtpConfig", {"auth": "u"}, "smtpConfig.auth", "not_object"),
    ("smtpConfig", {"auth": {"user": 1}}, "smtpConfig.auth.user", "not_a_string"),
    ("smtpConfig", {"auth": {"user": "u", "pass": None}}, "smtpConfig.auth.pass", "not_nullable"),
    ("smtpConfig", {"auth": {"user": "u" * 321}}, "smtpConfig.auth.user", "wrong_length"),
    ("smtpConfig", {"auth": {"pass": "p" * 1025}}, "smtpConfig.auth.pass", "wrong_length"),
    ("smtpConfig", {"auth": {"pass": "p\n"}}, "smtpConfig.auth.pass", "control_character"),
    ("smtpConfig", {"auth": {"token": "x"}}, "smtpConfig.auth.token", "unknown_field"),
    ("config", {"auth": {"user": 1}}, "config.auth.user", "not_a_string"),
    ("prot", 1, "prot", "unknown_field_near"),
    ("zzz", 1, "zzz", "unknown_field"),
    ("__proto__", {}, "__proto__", "unknown_field"),
]


@pytest.mark.parametrize(("field", "sent", "answered"), ACCEPTED)
async def test_a_field_is_stored_and_the_others_stay(api: Api, field: str, sent: object, answered: object) -> None:
    response = await api.patch({field: sent})
    assert response.status == 200, await response.text()
    expected = {**STORED, "smtpConfig" if field == "config" else field: answered}
    for monitor in (await response.json(), await (await api.get()).json()):
        assert {key: monitor[key] for key in STORED} == expected
        assert monitor["config"] == monitor["smtpConfig"]


@pytest.mark.parametrize(("field", "sent", "named", "code"), REFUSED)
async def test_a_wrong_field_is_named_and_nothing_changes(
    api: Api, field: str, sent: object, named: str, code: str
) -> None:
    before = await (await api.get()).text()
    response = await api.patch({field: sent, "checkInterval": 77} if field != "checkInterval" else {field: sent})
    body = await response.json()
    assert response.status == 400
    assert body["code"] == "invalid_fields"
    assert [(error["field"], error["code"]) for error in body["errors"]] == [(named, code)]
    assert await (await api.get()).text() == before


async def test_every_wrong_field_is_named_at_once(api: Api) -> None:
    response = await api.patch({"port": "x", "name": 1, "smtpConfig": {"secure": 1, "auth": {"user": 1, "pass": 2}}})
    assert [error["field"] for error in (await response.json())["errors"]] == [
        "port",
        "name",
        "smtpConfig.secure",
        "smtpConfig.auth.user",
        "smtpConfig.auth.pass",
    ]


async def test_of_both_names_of_the_config_smtp_config_counts(api: Api) -> None:
    response = await api.patch({"config": {"secure": True}, "smtpConfig": {"secure": False}})
    assert (await response.json())["config"] == {"secure": False}


async def test_what_was_read_can_be_sent_back(api: Api) -> None:
    monitor = await (await api.get()).json()
    response = await api.patch({**monitor, "name": "Edited"})
    assert response.status == 200
    changed = await response.json()
    assert {**changed, "customerName": monitor["customerName"], "updatedAt": ""} == {
        **monitor,
        "name": "Edited",
        "updatedAt": "",
    }


async def test_the_password_is_not_in_the_row(api: Api) -> None:
    await api.patch({"smtpConfig": {"auth": {"user": "u", "pass": "s3cret-s3cret"}}})
    row = await api.db.fetchval("SELECT smtp_monitors::text FROM smtp_monitors WHERE id = 200")
    assert "s3cret" not in row
    assert b"s3cret".hex() not in row
