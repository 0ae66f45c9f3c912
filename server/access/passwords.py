"""Passwords of users: argon2id in a thread, never on the event loop."""

import asyncio
import base64
import contextlib
import functools
import hmac
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import hash_secret

from server.access import password_rules
from server.fields.objects import below
from server.fields.parser import described
from server.fields.values import Invalid, text
from server.http.errors import unavailable

ARGON2 = PasswordHasher()
SALT = re.compile(r"\$argon2id\$v=[0-9]+\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$([A-Za-z0-9+/]+)\$[A-Za-z0-9+/]+")
# An unknown account costs the same time as a known one with a wrong password: only the cost of this hash counts.
# It is written down, because every command imports this module: to compute it took a third of a command's start.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5J3Mgb3duIHNhbA$bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkISEhISEhISE"
MIN_LENGTH, MAX_LENGTH = 12, 1024  # characters of a new password
AT_ONCE, MAX_WAITING = 1, 10  # for each worker; a hash takes 64 MiB and all cores
_length, _given = text(MIN_LENGTH, MAX_LENGTH), text(1, MAX_LENGTH)


@described(
    {
        **_length.schema,
        "format": "new-password",
        "description": "Refused if it is easy to guess, or contains the name or the address of the account.",
    }
)
def new_password(value: object) -> str:
    """Its length; whether the account may have it is judged by its hasher."""
    return _length(value)


@described({**_given.schema, "format": "password"})
def current_password(value: object) -> str:
    return _given(value)


class Hasher:
    """Hashes a worker's passwords one after the other; few may wait (``tests/api/test_hashing.py``)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._present = 0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait to be next; ApiError 503 at once if too many wait already."""
        if self._present >= AT_ONCE + MAX_WAITING:
            raise unavailable("overloaded")
        self._present += 1
        try:
            async with self._turns:
                yield
        finally:
            self._present -= 1

    async def match(self, password_hashes: Sequence[str], password: str) -> set[str]:
        """Within a turn: those of the hashes that are of the password. No hash at all takes as long as one."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _match, password_hashes, password)

    async def make_hash(self, password: str, *, email: str, name: str, like: str | None) -> str:
        """The hash of a new password of that account; Invalid if the password is refused."""
        async with self.turn():
            make = functools.partial(_judge_and_hash, password, email=email, name=name, like=like)
            return await asyncio.get_running_loop().run_in_executor(self._threads, make)


def hash_password(password: str, *, like: str | None = None) -> str:
    """A hash under the salt of *like*, that of another account of the same address, or under a new one.

    So a log-in computes one hash, however many organizations have a user with the address, and its time does not show
    how many there are.
    """
    return ARGON2.hash(password, salt=None if like is None else _salt(like))


def _judge_and_hash(password: str, *, email: str, name: str, like: str | None) -> str:
    try:
        password_rules.judge(password, email=email, name=name)
    except Invalid as error:
        raise below("password", error) from error
    return hash_password(password, like=like)


def _match(password_hashes: Sequence[str], password: str) -> set[str]:
    known = [password_hash for password_hash in password_hashes if _salt(password_hash) is not None]
    one_of_each_salt = {one.rpartition("$")[0]: one for one in known or [NOBODY]}
    again = {salted: _hash_as(one, password) for salted, one in one_of_each_salt.items()}
    return {one for one in known if hmac.compare_digest(one, again[one.rpartition("$")[0]])}


def _hash_as(password_hash: str, password: str) -> str:
    """Under the salt and the parameters of another hash."""
    salt, given = _salt(password_hash), extract_parameters(password_hash)
    assert salt is not None
    cost = (given.time_cost, given.memory_cost, given.parallelism, given.hash_len)
    return hash_secret(password.encode(), salt, *cost, given.type, given.version).decode()


def _salt(password_hash: str) -> bytes | None:
    match = SALT.fullmatch(password_hash)
    return None if match is None else base64.b64decode(match[1] + "=" * (-len(match[1]) % 4))
