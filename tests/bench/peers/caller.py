"""What the peers in Python know of a caller: what its token says. They look nothing up."""

import os
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

JWT_SECRET = os.environ["JWT_SECRET"]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


def organization_of(credentials: Credentials) -> int:
    """The organization that the token names; 401 if it is not ours."""
    if credentials is None:
        raise unauthorized()
    try:
        claims = jwt.decode(
            credentials.credentials, JWT_SECRET, algorithms=["HS256"], options={"require": ["exp", "sub"]}
        )
        return int(claims["org"])
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise unauthorized() from error


OrganizationId = Annotated[int, Depends(organization_of)]


def unauthorized() -> HTTPException:
    return HTTPException(401, "Unauthorized", headers={"WWW-Authenticate": "Bearer"})
