"""Guesses at passwords: limited for each guesser, slowed down for each account.

What has failed in the last quarter of an hour counts. A source may fail ten times at one account and a hundred times
altogether; after that it is refused, and a refused attempt does not count. A success takes back its own attempt and no
other one: whoever has an account with the same address in another organization must not gain guesses by it.

A source is an IPv4 address, the /64 of an IPv6 address, or, for a caller who gives its current password, its session.
What fails at an account from everywhere only slows it down: nobody can lock its owner out
(``tests/api/test_attempts.py``).
"""

import asyncio
import functools
import ipaddress
import math
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

import sql
from server.access.caller import Caller
from server.access.passwords import Hasher
from server.fields.objects import below
from server.fields.values import Invalid
from server.http.errors import ApiError
from sql.connection import Executor

OF_SOURCE_AND_ACCOUNT = 10
OF_SOURCE = 100
FREE = 10  # failures at an account that slow nobody down
FRESH_SECONDS = 15 * 60
STEP_SECONDS, MAX_SECONDS = 0.1, 5.0

Logins = Callable[[], Awaitable[Sequence[asyncpg.Record]]]


def source_of(address: str) -> str:
    """Who has one address of an IPv6 /64 has all of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{ipaddress.IPv6Address(int(parsed) >> 64 << 64)}/64"


async def judge(
    db: Executor, hasher: Hasher, email: str, password: str, *, source: str, select: Logins
) -> asyncpg.Record | None:
    """The one with that password of the active users that *select* gives; attempts are counted in *db*.

    An unknown address takes as long as a wrong password, and as one that several organizations have a user with.
    ApiError 429 for a source that has failed too often, 503 if too many are judged already.
    """
    await _slow_down(db, email, source)
    async with hasher.turn():
        attempt = await _admit(db, email, source)
        users = await select()
        matching = await hasher.match([user["password_hash"] for user in users], password)
    user = next((user for user in users if user["password_hash"] in matching), None)
    if user is not None:
        await sql.login_attempts.delete(db, attempt)
    return user


async def judge_caller(db: Executor, hasher: Hasher, caller: Caller, password: str) -> asyncpg.Record | None:
    """The caller, if that is its password. Its session's guesses count, and no others."""
    source = f"session {caller.session_id}"
    select = functools.partial(sql.users.select_logins, db, caller.email, caller.organization_id)
    return await judge(db, hasher, caller.email, password, source=source, select=select)


async def require_password(db: Executor, hasher: Hasher, caller: Caller, password: str | None) -> None:
    """Invalid unless the caller gives its password now, or has logged in a short while ago.

    So nobody who finds an open session, or an API token, makes an administrator or a token without an end of it
    (``tests/api/test_fresh_passwords.py``).
    """
    fresh = caller.token_name is None and time.time() - caller.opened_at < FRESH_SECONDS
    if password is None and not fresh:
        raise below("currentPassword", Invalid("password_required"))
    if password is not None and await judge_caller(db, hasher, caller, password) is None:
        raise below("currentPassword", Invalid("wrong_password"))


async def admit_code(db: Executor, account: str, source: str, *, of_account: int) -> int:
    """Count an attempt at a second factor, and name it; ApiError 429 for a source or an account with too many."""
    counts = await sql.login_attempts.count(db, account, source)
    if counts["of_account"] >= of_account:
        raise _too_many(sql.login_attempts.WINDOW_SECONDS)
    return await _admit(db, account, source)


def delay(failures: int) -> float:
    """Seconds to wait after so many failures at an account."""
    return min(max(0, failures - FREE) * STEP_SECONDS, MAX_SECONDS)


async def _slow_down(db: Executor, email: str, source: str) -> None:
    """Wait as long as the account's failures ask for; ApiError 429 at once for a source that has failed too often."""
    counts = await sql.login_attempts.count(db, email, source)
    waits = [
        counts[ends]
        for counted, limit, ends in (
            ("of_source", OF_SOURCE, "source_ends"),
            ("of_both", OF_SOURCE_AND_ACCOUNT, "both_ends"),
        )
        if counts[counted] >= limit
    ]
    if waits:
        raise _too_many(max(waits))
    await asyncio.sleep(delay(counts["of_account"]))


async def _admit(db: Executor, email: str, source: str) -> int:
    """Count an attempt that is about to be judged; ApiError 429 if others have used up the limit meanwhile."""
    limits = {"of_source": OF_SOURCE, "of_both": OF_SOURCE_AND_ACCOUNT}
    attempt = await sql.login_attempts.insert(db, email, source, **limits)
    if attempt is None:
        raise _too_many(sql.login_attempts.WINDOW_SECONDS)
    return attempt


def _too_many(seconds: float) -> ApiError:
    return ApiError(429, "too_many_logins", headers={"Retry-After": str(max(1, math.ceil(seconds)))})
