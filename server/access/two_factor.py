"""The second factor of a log-in: codes of time (TOTP, RFC 6238), and recovery codes for a lost authenticator.

A code counts once, of the current step of 30 seconds or one beside it; a recovery code counts once. What fails is
limited like passwords: ten times for each source, and for the account so often altogether that nobody guesses a code,
since only who knows the password gets that far (``tests/api/test_two_factor.py``).
"""

import hashlib
import hmac
import secrets
import time

import asyncpg
import pyotp

import sql
from server.access import attempts
from server.access.key_ring import KeyRing, Undecryptable
from server.http.errors import unavailable
from sql.connection import Executor

ISSUER = "SMTP monitors"
STEP_SECONDS = 30
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
OF_ACCOUNT = 100  # failures in a quarter of an hour


def bound_to(organization_id: int, user_id: int) -> bytes:
    """What a secret is encrypted for."""
    return f"second factor {organization_id}/{user_id}".encode()


def make_secret() -> str:
    return pyotp.random_base32()


def otpauth_url(secret: str, email: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def make_recovery_codes() -> tuple[list[str], list[bytes]]:
    """Codes to be shown once, and the hashes that are kept."""
    codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    shown = ["-".join(code[start : start + 5] for start in range(0, len(code), 5)) for code in codes]
    return shown, [_hash(code) for code in codes]


def step_of(secret: str, code: str) -> int | None:
    """The step of time whose code that is; None if it is of none near now."""
    totp, now = pyotp.TOTP(secret), int(time.time()) // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def decrypt(ring: KeyRing, factor: asyncpg.Record, organization_id: int, user_id: int) -> str:
    """The secret; ApiError 503 if no key opens it."""
    try:
        return ring.decrypt(factor["secret"], bound_to(organization_id, user_id))
    except Undecryptable as error:
        raise unavailable("secrets_unavailable") from error


async def judge(
    db: Executor, ring: KeyRing, factor: asyncpg.Record, organization_id: int, user_id: int, code: str, *, source: str
) -> bool:
    """Whether the code counts, which is then used up; ApiError 429 for too many that did not."""
    # a capital, which no address has at a log-in: nobody else fills this account's attempts
    account = f"Second factor {organization_id}/{user_id}"
    attempt = await attempts.admit_code(db, account, source, of_account=OF_ACCOUNT)
    digits = code.replace(" ", "").replace("-", "").lower()
    step = step_of(decrypt(ring, factor, organization_id, user_id), digits)
    if step is not None:
        counts = await sql.second_factors.use_step(db, organization_id, user_id, step)
    else:
        counts = await sql.second_factors.use_recovery_code(db, organization_id, user_id, _hash(digits))
    if counts:
        await sql.login_attempts.delete(db, attempt)
    return counts


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
