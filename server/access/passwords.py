"""Passwords of users: argon2id in a few threads, never on the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

HASHER = PasswordHasher()
# An unknown account costs the same time as a known one with a wrong password.
NOBODY = HASHER.hash("nobody has this password")
MIN_LENGTH, MAX_LENGTH = 12, 1024  # characters of a new password
THREADS = ThreadPoolExecutor(2, thread_name_prefix="argon2")


async def verify(password_hash: str | None, password: str) -> bool:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(THREADS, _verify, password_hash, password)


async def make_hash(password: str) -> str:
    """``hash_password`` for the event loop."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, hash_password, password)


def hash_password(password: str) -> str:
    return HASHER.hash(password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        HASHER.verify(password_hash or NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None
