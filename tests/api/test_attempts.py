"""Guesses at passwords: few for whoever guesses, and never a way to lock out the owner."""

import time
from dataclasses import replace
from ipaddress import ip_network

import pytest

from server.agent import retention
from server.agent.retention import Retention
from server.serving.app import create_app
from sql.connection import create_pool
from tests.conftest import PASSWORD, AiohttpClient, Api

GUESSER, OWNER = "192.0.2.1", "198.51.100.1"
NEW = "another long password"


@pytest.fixture
async def behind(api: Api, aiohttp_client: AiohttpClient) -> Api:
    """A server behind a proxy, so that a request comes from wherever a test says."""
    config = replace(api.config, trusted_proxies=(ip_network("127.0.0.0/8"),))
    return Api(await aiohttp_client(create_app(config)), api.db, config)


async def log_in(api: Api, password: str, *, address: str, email: str = "user@example.com") -> int:
    body, headers = {"email": email, "password": password}, {"X-Forwarded-For": address}
    return (await api.call("POST", "/api/sessions", None, json=body, headers=headers)).status


async def guess(api: Api, *addresses: str, email: str = "user@example.com") -> list[int]:
    return [await log_in(api, "wrong", address=address, email=email) for address in addresses]


async def test_who_guesses_is_refused_and_the_owner_is_not(behind: Api) -> None:
    assert await guess(behind, *[GUESSER] * 11) == [401] * 10 + [429]
    assert await log_in(behind, PASSWORD, address=GUESSER) == 429
    assert await log_in(behind, PASSWORD, address=OWNER) == 201
    assert await log_in(behind, PASSWORD, address=GUESSER) == 429, "the owner's success is no pardon"
    assert await log_in(behind, PASSWORD, address=GUESSER, email="admin@example.com") == 201


async def test_guesses_at_the_log_in_do_not_keep_the_owner_from_a_new_password(behind: Api) -> None:
    assert await guess(behind, *[OWNER] * 11) == [401] * 10 + [429]
    change, headers = {"currentPassword": PASSWORD, "password": NEW}, {"X-Forwarded-For": OWNER}
    assert (await behind.call("PATCH", "/api/session", "user", json=change, headers=headers)).status == 200


async def test_a_refused_attempt_does_not_prolong(behind: Api) -> None:
    await guess(behind, *[GUESSER] * 10)
    await behind.db.execute("UPDATE login_attempts SET attempted_at = attempted_at - interval '890 seconds'")
    headers, body = {"X-Forwarded-For": GUESSER}, {"email": "user@example.com", "password": "wrong"}
    for _ in range(5):
        refused = await behind.call("POST", "/api/sessions", None, json=body, headers=headers)
        assert (refused.status, (await refused.json())["code"]) == (429, "too_many_logins")
        assert 1 <= int(refused.headers["Retry-After"]) <= 10
    await behind.db.execute("UPDATE login_attempts SET attempted_at = attempted_at - interval '10 seconds'")
    assert await log_in(behind, PASSWORD, address=GUESSER) == 201


async def test_an_ipv6_network_is_one_guesser(behind: Api) -> None:
    assert await guess(behind, *(f"2001:db8::{number}" for number in range(1, 12))) == [401] * 10 + [429]
    assert await log_in(behind, PASSWORD, address="2001:db8::ffff:1") == 429
    assert await log_in(behind, PASSWORD, address="2001:db8:0:1::1") == 201


async def test_an_ipv4_address_within_ipv6_is_itself(behind: Api) -> None:
    assert await guess(behind, *[GUESSER, f"::ffff:{GUESSER}"] * 5, GUESSER) == [401] * 10 + [429]
    assert await log_in(behind, PASSWORD, address=f"::ffff:{OWNER}") == 201


async def test_one_address_has_a_hundred_guesses_at_all_accounts_together(behind: Api) -> None:
    await attempted(behind, 100, email="'nobody' || n", source=f"'{GUESSER}'")
    assert await log_in(behind, PASSWORD, address=GUESSER) == 429
    assert await log_in(behind, PASSWORD, address=OWNER) == 201


@pytest.mark.parametrize("email", ["user@example.com", "nobody@example.com"])
async def test_guesses_from_everywhere_slow_an_account_down_and_no_more(behind: Api, email: str) -> None:
    await attempted(behind, 16, email=f"'{email}'", source="'203.0.113.' || n")
    started = time.monotonic()
    expected = 201 if email == "user@example.com" else 401
    assert await log_in(behind, PASSWORD, address=OWNER, email=email) == expected
    assert 0.6 < time.monotonic() - started < 20


def test_an_accounts_delay_grows_and_ends_somewhere() -> None:
    from server.access.attempts import delay

    assert [delay(failures) for failures in (0, 10, 11, 20, 60, 10**6)] == [0, 0, 0.1, 1, 5, 5]


async def test_old_attempts_are_purged(behind: Api) -> None:
    await attempted(behind, 3, email="'nobody'", source=f"'{GUESSER}'")
    await behind.db.execute("UPDATE login_attempts SET attempted_at = attempted_at - interval '25 hours'")
    assert await guess(behind, GUESSER) == [401]
    pool = await create_pool(behind.config.database_url)
    await retention.purge(pool, Retention())
    await pool.close()
    assert await behind.db.fetchval("SELECT count(*) FROM login_attempts") == 1


async def attempted(api: Api, count: int, *, email: str, source: str) -> None:
    await api.db.execute(f"""
        INSERT INTO login_attempts (email, source)
        SELECT {email}, {source} FROM generate_series(1, {count}) AS n
    """)
