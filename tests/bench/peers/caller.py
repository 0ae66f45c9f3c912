"""What both peers know of a caller: its token, and what it may do."""

import os
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.bench.peers.monitor import MonitorPatch

JWT_SECRET = os.environ["JWT_SECRET"]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a session, with the roles it has now."""

    organization_id: int
    role: str
    global_role: str | None
    customer_ids: list[int] | None


def session_of(credentials: Credentials) -> tuple[int, UUID]:
    """Organization and id of the session that the token names; 401 if it is not ours."""
    if credentials is None:
        raise unauthorized()
    try:
        claims = jwt.decode(
            credentials.credentials, JWT_SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"]}
        )
        return int(claims["org"]), UUID(claims["sid"])
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise unauthorized() from error


def require_may(caller: Caller, patch: MonitorPatch) -> None:
    supporter = caller.global_role == "supporter"
    readonly = caller.role == "readonly" and caller.global_role is None
    if supporter or (readonly and patch.model_fields_set - {"status"}):
        raise HTTPException(403, "Forbidden")


def unauthorized() -> HTTPException:
    return HTTPException(401, "Unauthorized", headers={"WWW-Authenticate": "Bearer"})
