"""Log in, who am I, change my password, log out."""

from server.fields.parser import or_null
from server.openapi.operations import empty, operation, request, shown
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, accepted, properties, shape
from server.resources import users
from server.resources.sessions import FIELDS, PASSWORD_FIELDS, PASSWORD_REQUIRED, REQUIRED

TAG = "Sessions"
CALLER = {
    "id": IDENTIFIER,
    "organizationId": IDENTIFIER,
    "email": {"type": "string"},
    "name": {"type": "string"},
    "role": users.FIELDS["role"].schema,
    "globalRole": users.FIELDS["globalRole"].schema,
    "customerIds": {
        **or_null({"type": "array", "items": IDENTIFIER}),
        "description": "The customers that the caller is restricted to; null if to none.",
    },
}
END = {**or_null(TIMESTAMP), "description": "When the token ends; null if never."}
SCHEMAS = {
    "LogIn": accepted(
        properties(
            FIELDS,
            code="Of the second factor, or a recovery code, for a user who has one.",
            organizationId="Which account, where several organizations have a user with this address and password.",
        ),
        required=REQUIRED,
    ),
    "PasswordChange": accepted(properties(PASSWORD_FIELDS), required=PASSWORD_REQUIRED),
    "Caller": shape(CALLER),
    "LoggedIn": shape({"token": {"type": "string"}, "expiresAt": END, "user": {"$ref": "#/components/schemas/Caller"}}),
    "Session": shape({**CALLER, "expiresAt": END}),
}
_USER = {
    "id": 1,
    "organizationId": 1,
    "email": "admin@example.com",
    "name": "Admin",
    "role": "admin",
    "globalRole": None,
    "customerIds": None,
}
_SESSION = {**_USER, "expiresAt": "2026-01-02T00:00:00.000Z"}
_LOGGED_IN = {"token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "expiresAt": _SESSION["expiresAt"], "user": _USER}

PATHS = {
    "/api/sessions": {
        "post": operation(
            "logIn",
            TAG,
            "Log in: a token",
            {201: shown("The token, for `Authorization: Bearer`.", "LoggedIn", "Location", loggedIn=_LOGGED_IN)},
            errors=(400, 401, 408, 413, 415, 429, 500, 503),
            body=request("LogIn", admin={"email": "admin@example.com", "password": "correct horse battery staple"}),
            description=(
                "In 15 minutes an address may fail 10 times at one account and 100 times altogether; then it gets 429. "
                "An IPv6 /64 counts as one address. What fails at an account from other addresses only slows it down. "
                "A 401 whose code is `two_factor_required` or `two_factor_wrong` asks for a (or another) `code`."
            ),
            public=True,
        )
    },
    "/api/session": {
        "get": operation(
            "getSession",
            TAG,
            "Who am I",
            {200: shown("The caller.", "Session", session=_SESSION)},
            errors=(401, 429, 500, 503),
        ),
        "patch": operation(
            "changePassword",
            TAG,
            "Change my password, which ends my other sessions and tokens",
            {200: shown("The caller.", "Session", session=_SESSION)},
            errors=(400, 401, 403, 408, 413, 415, 429, 500, 503),
            body=request(
                "PasswordChange",
                change={"currentPassword": "correct horse battery staple", "password": "another long password"},
            ),
        ),
        "delete": operation(
            "logOut", TAG, "Log out", {204: empty("The token counts no more.")}, errors=(401, 429, 500, 503)
        ),
    },
}
