"""What JWT_SECRET signs: the tokens of sessions, and fingerprints of requests."""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

import jwt

from server.fields.values import MAX_BIGINT
from server.http.errors import unauthorized

ALGORITHM = "HS256"


class Signer:
    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, organization_id: int, session_id: UUID, user_id: int, *, expires_at: datetime) -> str:
        """The token that names a session row."""
        claims = {"sub": str(user_id), "sid": str(session_id), "org": organization_id, "exp": expires_at}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def verify(self, token: str) -> tuple[int, UUID]:
        """The organization and session that the token names; ApiError 401 if we did not sign it or it has expired."""
        try:
            claims = jwt.decode(token, self._secret, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
            organization_id, session_id = claims["org"], UUID(claims["sid"])
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise unauthorized("token_invalid") from error
        if type(organization_id) is not int or not 0 < organization_id <= MAX_BIGINT:
            raise unauthorized("token_invalid")
        return organization_id, session_id

    def fingerprint(self, text: bytes) -> bytes:
        """HMAC-SHA256: shows whether two requests are the same, without their content."""
        return hmac.digest(self._secret.encode(), text, hashlib.sha256)
