"""Users: their roles, the customers they are restricted to, whether they are active."""

from server.fields.parser import or_null
from server.openapi.operations import (
    MAKE_ERRORS,
    REMOVE_ERRORS,
    WRITE_ERRORS,
    empty,
    in_path,
    linked,
    listed,
    made,
    operation,
    queried,
    request,
    shown,
)
from server.openapi.schemas import BOOLEAN, IDENTIFIER, TIMESTAMP, accepted, page, properties, shape
from server.resources.users import CREATE_FIELDS, CREATE_SERVER_SET, FIELDS, FILTERS, REQUIRED, SERVER_SET

TAG = "Users"
FRESH = "The caller's own; required to give somebody power if the log-in was more than 15 minutes ago, or with a token."
_NOTES = {
    "customerIds": "Restricted to these; null: to none.",
    "globalRole": "Given by global admins only.",
    "currentPassword": FRESH,
}
_SENT = properties(FIELDS, **_NOTES)
USER = {
    "id": IDENTIFIER,
    "organizationId": IDENTIFIER,
    "email": {"type": "string"},
    "name": {"type": "string"},
    "role": _SENT["role"],
    "globalRole": _SENT["globalRole"],
    "customerIds": or_null({"type": "array", "items": IDENTIFIER}),
    "active": BOOLEAN,
    "createdAt": TIMESTAMP,
}
SCHEMAS = {
    "NewUser": accepted(properties(CREATE_FIELDS, **_NOTES), required=REQUIRED, ignored=CREATE_SERVER_SET),
    "UserPatch": accepted(_SENT, ignored=SERVER_SET),
    "User": shape(USER),
    "MadeUser": shape(
        {**USER, "password": {"type": "string", "description": "Only if none was sent; shown in this answer alone."}},
        optional=("password",),
    ),
    "UserPage": page({"$ref": "#/components/schemas/User"}),
}
_USER = {
    "id": 7,
    "organizationId": 1,
    "email": "someone@example.com",
    "name": "Someone",
    "role": "user",
    "globalRole": None,
    "customerIds": [10],
    "active": True,
    "createdAt": "2026-01-01T12:00:00.000Z",
}
_NAMED = in_path("userId", IDENTIFIER, "The user's number.", 7)
_SHOWN = shown("The user.", "User", user=_USER)
_LINKS = linked("userId", "id", "getUser", "patchUser", "removeUser")

PATHS = {
    "/api/users": {
        "get": operation(
            "listUsers",
            TAG,
            "A page of users",
            {200: listed("UserPage", _USER)},
            errors=(400, 401, 403, 429, 500, 503),
            parameters=queried(FILTERS),
        ),
        "post": operation(
            "makeUser",
            TAG,
            "Make a user",
            {201: made("The user.", "MadeUser", links=_LINKS, user={**_USER, "password": "k3Fv0mWq8pXyZr2LtB7nHdCe"})},
            errors=(*MAKE_ERRORS, 409),
            body=request(
                "NewUser", user={"email": "new@example.com", "name": "New", "role": "user", "customerIds": [10]}
            ),
        ),
    },
    "/api/users/{userId}": {
        "get": operation(
            "getUser", TAG, "A user", {200: _SHOWN}, errors=(400, 401, 403, 404, 429, 500, 503), parameters=(_NAMED,)
        ),
        "patch": operation(
            "patchUser",
            TAG,
            "Change a user",
            {200: _SHOWN},
            errors=(*WRITE_ERRORS, 409),
            parameters=(_NAMED,),
            body=request("UserPatch", role={"role": "readonly"}, deactivation={"active": False}),
            description="A new password or deactivation ends the user's sessions and tokens.",
        ),
        "delete": operation(
            "removeUser",
            TAG,
            "Remove a user",
            {204: empty("It is gone.")},
            errors=(*REMOVE_ERRORS, 409),
            parameters=(_NAMED,),
            description="The last administrator of an organization stays: 409.",
        ),
    },
}
