"""Passwords of users: argon2id in a thread, never on the event loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.http.errors import unavailable

ARGON2 = PasswordHasher()
# An unknown account costs the same time as a known one with a wrong password.
NOBODY = ARGON2.hash("nobody has this password")
MIN_LENGTH, MAX_LENGTH = 12, 1024  # characters of a new password
AT_ONCE, MAX_WAITING = 1, 10  # for each worker; a hash takes 64 MiB and all cores


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

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Within a turn: whether that is the password; an account that is None has none."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _verify, password_hash, password)

    async def make_hash(self, password: str) -> str:
        async with self.turn():
            return await asyncio.get_running_loop().run_in_executor(self._threads, hash_password, password)


def hash_password(password: str) -> str:
    return ARGON2.hash(password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        ARGON2.verify(password_hash or NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None
