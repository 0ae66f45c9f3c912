"""Stored credentials: readable with the ring, by their monitor, and by nobody else."""

import logging
from dataclasses import replace

import pytest

from server.access.key_ring import KeyRing, Undecryptable, generate_key
from server.cli.environment import ConfigError
from server.cli.secret_keys import rotate
from server.http.traces import traces
from server.serving.app import create_app
from tests.conftest import MONITOR, OTHER_CUSTOMERS, PASSWORD, AiohttpClient, Api

OLD, NEW = generate_key(), generate_key()


def test_a_ciphertext_opens_for_its_monitor_alone() -> None:
    ring = KeyRing.parse(OLD)
    stored = ring.encrypt("pässword", b"a")
    assert ring.decrypt(stored, b"a") == "pässword"
    assert ring.encrypt("pässword", b"a") != stored
    for other, bound_to in ((ring, b"b"), (KeyRing.parse(NEW), b"a")):
        with pytest.raises(Undecryptable):
            other.decrypt(stored, bound_to)
    with pytest.raises(Undecryptable):
        ring.decrypt(stored[:-1] + bytes([stored[-1] ^ 1]), b"a")


@pytest.mark.parametrize(
    "text",
    ["", "x", "c2hvcnQ=", OLD + ",", OLD + ",x"],
    ids=["none", "short", "short too", "a second, empty", "a second, short"],
)
def test_a_wrong_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        KeyRing.parse(text)


async def test_rotation_leaves_nothing_under_the_old_key(api: Api, aiohttp_client: AiohttpClient) -> None:
    url, old = api.config.database_url, api.config.key_ring
    both = KeyRing.parse(NEW)
    both._ciphers.update(old._ciphers)
    assert await rotate(url, both) == 1
    assert await rotate(url, both) == 0
    with pytest.raises(ConfigError, match="SECRETS_KEY"):
        await rotate(url, old)
    after = replace(api.config, key_ring=KeyRing.parse(NEW))
    client = Api(await aiohttp_client(create_app(after)), api.db, after)
    monitor = await (await client.get()).json()
    assert monitor["smtpConfig"]["auth"]["pass"] == "password"
    unreadable = await api.get()
    assert (unreadable.status, (await unreadable.json())["code"]) == (503, "secrets_unavailable")


async def test_a_ciphertext_moved_to_another_monitor_opens_nothing(api: Api) -> None:
    await api.db.execute("""
        UPDATE smtp_monitors
           SET (smtp_config, smtp_password) = (SELECT smtp_config, smtp_password FROM smtp_monitors WHERE id = 200)
    """)
    assert (await api.get(monitor=MONITOR)).status == 200
    assert (await api.get(monitor=OTHER_CUSTOMERS)).status == 503


async def test_no_log_line_holds_a_secret(
    api: Api, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await api.token("admin")
    await api.patch({"smtpConfig": {"auth": {"user": "u", "pass": "s3cret-s3cret"}}})
    await api.patch({"smtpConfig": {"auth": {"pass": ["s3cret-s3cret"]}}})
    await api.call("POST", "/api/sessions", None, json={"email": "admin@example.com", "password": PASSWORD})
    traces.flush()
    printed = caplog.text + "".join(capsys.readouterr())
    assert '"status":201' in printed
    for secret in ("s3cret", token, PASSWORD, api.config.jwt_secret):
        assert secret not in printed
