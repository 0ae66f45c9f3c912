"""secrets rotate reaches every ciphertext, also of what was deleted."""

import asyncio

import asyncpg

from server.access.key_ring import KeyRing, generate_key
from server.alerts.webhook import bound_to
from server.cli.secret_keys import rotate
from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api

CIPHERTEXTS = {
    "smtp_monitors.smtp_password",
    "smtp_monitor_changes.before_password",
    "smtp_monitor_changes.after_password",
    "webhooks.secret",
    "second_factors.secret",
    "cells.url",
}
HASHES = {"idempotency_keys.fingerprint", "recovery_codes.code_hash"}


def auth(password: str) -> dict[str, object]:
    return {"smtpConfig": {"auth": {"user": "u", "pass": password}}}


def with_old(old: KeyRing) -> KeyRing:
    """A ring that encrypts with a new key, and still has the old one."""
    ring = KeyRing.parse(generate_key())
    ring._ciphers.update(old._ciphers)
    return ring


async def key_ids(db: asyncpg.Connection) -> set[bytes]:
    query = " UNION ".join(
        f"SELECT substr({column}, 1, 4) FROM {table} WHERE {column} IS NOT NULL"
        for table, column in (name.split(".") for name in CIPHERTEXTS)
    )
    return {row[0] for row in await db.fetch(query)}


async def test_every_column_of_bytes_is_known_to_be_a_ciphertext_or_a_hash(db: asyncpg.Connection) -> None:
    query = """
        SELECT table_name || '.' || column_name AS name
          FROM information_schema.columns
         WHERE table_schema = 'public'
           AND data_type = 'bytea'
    """
    assert {row["name"] for row in await db.fetch(query)} == CIPHERTEXTS | HASHES


async def test_rotation_reaches_what_is_kept_of_deleted_monitors_and_webhooks(api: Api) -> None:
    old = api.config.key_ring
    made = {"customerId": 10, "name": "New", "hostname": "a.example", **auth("first")}
    public_id = (await (await api.call("POST", "/api/smtp-monitors", json=made)).json())["publicId"]
    await asyncio.gather(
        *[api.patch(auth("second"), monitor=public_id), api.patch({"port": 25}, monitor=public_id)],
        *[api.patch(auth("other")), api.patch({"name": "x"}), api.patch({"port": 25}, monitor=OTHER_CUSTOMERS)],
    )
    body = {"ids": [MONITOR, public_id], "changes": auth("third")}
    assert (await api.call("PATCH", "/api/smtp-monitors", json=body)).status == 200
    assert (await api.call("DELETE", f"/api/smtp-monitors/{public_id}")).status == 204
    await api.db.execute(
        "INSERT INTO webhooks VALUES (1, 'https://a.example', $1)", old.encrypt("webhook", bound_to(1))
    )
    ring = with_old(old)
    assert await rotate(api.config.database_url, ring) == 8
    assert await key_ids(api.db) == {ring.current_id}
    assert await rotate(api.config.database_url, ring) == 0
    rows = await api.db.fetch("SELECT * FROM smtp_monitor_changes WHERE public_id = $1 ORDER BY version", public_id)
    kept = [(row["before_password"], row["after_password"]) for row in rows]
    opened = [[one and ring.decrypt(one, rows[0]["public_id"].bytes) for one in change] for change in kept]
    assert opened == [[None, "first"], ["first", "second"], ["second", "third"], ["third", None]]
    assert ring.decrypt(await api.db.fetchval("SELECT secret FROM webhooks"), bound_to(1)) == "webhook"


async def test_a_password_that_nobody_can_open_any_more_is_erased(api: Api) -> None:
    """Earlier versions did not keep what a deleted monitor's password is bound to."""
    await api.patch(auth("second"))
    await api.call("DELETE", f"/api/smtp-monitors/{MONITOR}")
    await api.db.execute("UPDATE smtp_monitor_changes SET public_id = NULL")
    ring = with_old(api.config.key_ring)
    assert await rotate(api.config.database_url, ring) == 0
    assert await key_ids(api.db) == set()
