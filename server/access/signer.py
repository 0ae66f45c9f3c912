"""What JWT_SECRET signs: the tokens of sessions, and fingerprints of requests.

JWT_SECRET may hold several secrets, on lines or with commas between them. The first one signs, all of them verify.
To replace a secret, put the new one first and restart every server. Nobody is logged out. Once the tokens signed with
the old one have ended or been made again, take it out: tokens that still need it are refused from then on
(``tests/api/test_jwt_secrets.py``).
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import jwt

from server.fields.values import MAX_BIGINT
from server.http.errors import unauthorized

ALGORITHM = "HS256"
MIN_BYTES = 32


class Signer:
    def __init__(self, secrets: str) -> None:
        """ValueError if there is no secret, or one that is too short."""
        self._secrets = parse_secrets(secrets)

    def issue(self, organization_id: int, session_id: UUID, user_id: int, *, expires_at: datetime) -> str:
        """The token that names a session row."""
        claims = {"sub": str(user_id), "sid": str(session_id), "org": organization_id, "exp": expires_at}
        return jwt.encode(claims, self._secrets[0], algorithm=ALGORITHM)

    def verify(self, token: str) -> tuple[int, UUID]:
        """The organization and session that the token names; ApiError 401 if we did not sign it or it has expired."""
        try:
            claims = _decode(token, self._secrets)
            organization_id, session_id = claims["org"], UUID(claims["sid"])
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise unauthorized("token_invalid") from error
        if type(organization_id) is not int or not 0 < organization_id <= MAX_BIGINT:
            raise unauthorized("token_invalid")
        return organization_id, session_id

    def fingerprint(self, text: bytes) -> bytes:
        """HMAC-SHA256: shows whether two requests are the same, without their content."""
        return _digest(self._secrets[0], text)

    def has_fingerprint(self, fingerprint: bytes, text: bytes) -> bool:
        """Whether it was made of this text, under any of the secrets."""
        return any(hmac.compare_digest(fingerprint, _digest(secret, text)) for secret in self._secrets)


def parse_secrets(secrets: str) -> Sequence[str]:
    """The secrets between commas and line breaks, the current one first; ValueError."""
    parts = [part.strip() for part in re.split("[,\r\n]", secrets) if part.strip()]
    if not parts or any(len(part.encode()) < MIN_BYTES for part in parts):
        raise ValueError(f"must have at least {MIN_BYTES} bytes; of several, each must")
    return parts


def _decode(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    for secret in secrets:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, secret, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]}
            )
        except jwt.InvalidSignatureError:
            continue
        return claims
    raise jwt.InvalidSignatureError


def _digest(secret: str, text: bytes) -> bytes:
    return hmac.digest(secret.encode(), text, hashlib.sha256)
