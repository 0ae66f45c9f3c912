"""The second factor: enrolled, asked for at every log-in, replaced by a recovery code, required, removed, reset."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pyotp

from server.access.key_ring import KeyRing, generate_key
from server.cli.secret_keys import rotate
from server.serving.app import create_app
from tests.conftest import PASSWORD, AiohttpClient, Api, becomes

PATH = "/api/session/two-factor"
USER = {"email": "user@example.com", "password": PASSWORD}


class Phone:
    """An authenticator. Each code is of the next step, since a code counts once; the server allows one step ahead."""

    def __init__(self, secret: str) -> None:
        self._totp, self._step = pyotp.TOTP(secret), int(time.time()) // 30 - 2

    def code(self) -> str:
        self._step += 1
        return self._totp.generate_otp(self._step)


async def log_in(api: Api, **fields: object) -> tuple[int, dict[str, Any]]:
    response = await api.call("POST", "/api/sessions", None, json={**USER, **fields})
    return response.status, await response.json()


async def enrol(api: Api, who: str = "user") -> tuple[Phone, list[str]]:
    begun = await (await api.call("POST", PATH, who, json={})).json()
    phone = Phone(begun["secret"])
    confirmed = await api.call("POST", f"{PATH}/confirmation", who, json={"code": phone.code()})
    assert confirmed.status == 200, await confirmed.text()
    codes: list[str] = (await confirmed.json())["recoveryCodes"]
    return phone, codes


async def test_a_factor_counts_once_it_is_confirmed(api: Api) -> None:
    begun = await api.call("POST", PATH, "user", json={})
    shown = await begun.json()
    assert begun.status == 201
    assert shown["otpauthUrl"].startswith("otpauth://totp/")
    assert shown["secret"] in shown["otpauthUrl"]
    assert "user%40example.com" in shown["otpauthUrl"]
    assert (await log_in(api))[0] == 201, "not confirmed yet"
    wrong = await api.call("POST", f"{PATH}/confirmation", "user", json={"code": "000000"})
    assert (wrong.status, (await wrong.json())["errors"][0]["code"]) == (400, "wrong_code")
    code = Phone(shown["secret"]).code()
    right = await api.call("POST", f"{PATH}/confirmation", "user", json={"code": code})
    assert (right.status, len((await right.json())["recoveryCodes"])) == (200, 10)
    status = await (await api.call("GET", PATH, "user")).json()
    assert status == {"active": True, "required": False, "recoveryCodesLeft": 10}
    assert (await api.call("POST", PATH, "user", json={})).status == 409


async def test_a_log_in_needs_the_code_and_a_code_counts_once(api: Api) -> None:
    phone, _ = await enrol(api)
    without = await log_in(api)
    assert (without[0], without[1]["code"], without[1]["message"]) == (401, "two_factor_required", "Unauthorized")
    assert (await log_in(api, password="wrong", code="000000"))[1]["code"] == "unauthorized"
    wrong = await log_in(api, code="000000")
    assert (wrong[0], wrong[1]["code"]) == (401, "two_factor_wrong")
    code = phone.code()
    assert (await log_in(api, code=code))[0] == 201
    assert (await log_in(api, code=code))[1]["code"] == "two_factor_wrong", "a replay"


async def test_of_two_log_ins_with_one_code_one_succeeds(api: Api) -> None:
    phone, _ = await enrol(api)
    code = phone.code()
    statuses = [status for status, _ in await asyncio.gather(*(log_in(api, code=code) for _ in range(4)))]
    assert sorted(statuses) == [201, 401, 401, 401]


async def test_a_recovery_code_counts_once(api: Api) -> None:
    _, codes = await enrol(api)
    assert (await log_in(api, code=codes[0].upper()))[0] == 201
    assert (await log_in(api, code=codes[0]))[1]["code"] == "two_factor_wrong"
    assert (await (await api.call("GET", PATH, "user")).json())["recoveryCodesLeft"] == 9
    stored = await api.db.fetch("SELECT encode(code_hash, 'escape') AS text FROM recovery_codes")
    assert not any(code.replace("-", "") in row["text"] for row in stored for code in codes)


async def test_guesses_at_codes_are_limited(api: Api) -> None:
    phone, _ = await enrol(api)
    answers = [await log_in(api, code="000000") for _ in range(11)]
    assert [status for status, _ in answers] == [401] * 10 + [429]
    assert (await log_in(api, code=phone.code()))[0] == 429
    assert (await log_in(api, code=None))[0] == 400


async def test_nobody_without_the_password_uses_up_the_guesses_at_a_code(api: Api) -> None:
    phone, _ = await enrol(api)
    user = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")
    for _ in range(10):
        await log_in(api, email=f"Second factor 1/{user}")
    assert (await log_in(api, code=phone.code()))[0] == 201


async def test_the_secret_is_encrypted_and_rotated(api: Api, aiohttp_client: AiohttpClient) -> None:
    begun = await (await api.call("POST", PATH, "user", json={})).json()
    phone = Phone(begun["secret"])
    await api.call("POST", f"{PATH}/confirmation", "user", json={"code": phone.code()})
    stored = await api.db.fetchval("SELECT secret FROM second_factors")
    assert begun["secret"].encode() not in stored
    new = generate_key()
    both = KeyRing.parse(new)
    both._ciphers.update(api.config.key_ring._ciphers)
    assert await rotate(api.config.database_url, both) == 2  # the demo monitor's password, too
    after = replace(api.config, key_ring=KeyRing.parse(new))
    client = Api(await aiohttp_client(create_app(after)), api.db, after)
    assert (await log_in(client, code=phone.code()))[0] == 201


async def test_where_it_is_required_a_user_without_it_can_only_enrol(api: Api) -> None:
    changed = await api.call("PATCH", "/api/organization", json={"requireTwoFactor": True})
    assert (changed.status, (await changed.json())["requireTwoFactor"]) == (200, True)
    api.tokens["user"] = (await log_in(api))[1]["token"]

    async def status() -> int:
        return (await api.get("user")).status

    await becomes(403, status)
    refused = await api.get("user")
    assert (await refused.json())["code"] == "two_factor_enrolment_required"
    for method, path in [("PATCH", "/api/organization"), ("POST", "/api/tokens"), ("GET", "/api/users")]:
        assert (await api.call(method, path, "admin", json={})).status == 403, "open sessions, too"
    assert (await api.call("GET", "/api/session", "user")).status == 200
    assert (await (await api.call("GET", PATH, "user")).json())["required"] is True
    phone, _ = await enrol(api)
    await becomes(200, status)
    assert (await log_in(api, code=phone.code()))[0] == 201
    assert (await api.get("stranger", monitor="55555555-5555-4555-8555-555555555555")).status == 200


async def test_an_api_token_goes_on_where_it_is_required(api: Api) -> None:
    made = await (await api.call("POST", "/api/tokens", "user", json={"name": "Robot"})).json()
    api.tokens["robot"] = made["token"]
    await api.db.execute("UPDATE organizations SET require_two_factor = true")
    assert (await api.get("robot")).status == 200
    for method, path in [("GET", PATH), ("POST", PATH), ("POST", f"{PATH}/removal")]:
        assert (await api.call(method, path, "robot", json={})).status == 403


async def test_it_is_removed_with_password_and_code(api: Api) -> None:
    phone, _ = await enrol(api)
    path, code = f"{PATH}/removal", phone.code()
    wrong_password = await api.call("POST", path, "user", json={"currentPassword": "wrong", "code": code})
    assert (wrong_password.status, (await wrong_password.json())["errors"][0]["field"]) == (400, "currentPassword")
    wrong_code = await api.call("POST", path, "user", json={"currentPassword": PASSWORD, "code": "000000"})
    assert (wrong_code.status, (await wrong_code.json())["errors"][0]["field"]) == (400, "code")
    right = {"currentPassword": PASSWORD, "code": code}
    assert (await api.call("POST", path, "user", json=right)).status == 204
    assert (await log_in(api))[0] == 201
    assert (await api.call("POST", path, "user", json=right)).status == 409


async def test_an_administrator_resets_anothers(api: Api) -> None:
    await enrol(api)
    user = await api.db.fetchval("SELECT id FROM users WHERE email = 'user@example.com'")
    assert (await api.call("DELETE", f"/api/users/{user}/two-factor")).status == 204

    async def status() -> int:
        return (await api.get("user")).status

    await becomes(401, status)
    assert (await log_in(api))[0] == 201
    events = (await (await api.call("GET", "/api/audit?resource=user")).json())["items"]
    assert [(event["before"], event["after"]) for event in events] == [
        ({"twoFactor": True}, {"twoFactor": False}),
        ({"twoFactor": False}, {"twoFactor": True}),
    ]


async def test_an_administrator_cannot_reset_its_own_without_a_code(api: Api) -> None:
    await enrol(api)
    await api.db.execute("UPDATE users SET role = 'admin' WHERE email = 'user@example.com'")

    async def role() -> object:
        return (await (await api.call("GET", "/api/session", "user")).json())["role"]

    await becomes("admin", role)
    me = (await (await api.call("GET", "/api/session", "user")).json())["id"]
    refused = await api.call("DELETE", f"/api/users/{me}/two-factor", "user", headers={"Accept-Language": "en"})
    assert refused.status == 403
    assert (await refused.json())["detail"].startswith("remove your own second factor by POST")
    assert (await api.call("GET", "/api/session", "user")).status == 200
    assert (await log_in(api))[0] == 401


async def test_a_stale_session_does_not_enrol_without_the_password(api: Api) -> None:
    await api.token("user")
    await api.db.execute("UPDATE sessions SET created_at = now() - interval '16 minutes'")
    assert (await api.call("POST", PATH, "user", json={})).status == 400
    assert (await api.call("POST", PATH, "user", json={"currentPassword": PASSWORD})).status == 201
