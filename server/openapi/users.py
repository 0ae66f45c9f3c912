"""Users: their roles, the customers they are restricted to, whether they are active."""

from server.access import passwords
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
    request,
    shown,
)
from server.openapi.schemas import (
    BOOLEAN,
    CUSTOMERS,
    EMAIL,
    IDENTIFIER,
    TIMESTAMP,
    accepted,
    choice,
    nullable,
    page,
    shape,
    text,
    trimmed,
)
from server.resources.users import SERVER_SET

TAG = "Users"
FIELDS = {
    "name": trimmed(1, 255),
    "role": choice(("admin", "user", "readonly")),
    "customerIds": {**nullable(CUSTOMERS), "description": "Restricted to these; null: to none."},
    "active": BOOLEAN,
    "password": text(passwords.MIN_LENGTH, passwords.MAX_LENGTH),
    "globalRole": {**nullable(choice(("supporter", "admin"))), "description": "Given by global admins only."},
}
USER = {
    "id": IDENTIFIER,
    "organizationId": IDENTIFIER,
    "email": {"type": "string"},
    "name": {"type": "string"},
    "role": FIELDS["role"],
    "globalRole": FIELDS["globalRole"],
    "customerIds": nullable({"type": "array", "items": IDENTIFIER}),
    "active": BOOLEAN,
    "createdAt": TIMESTAMP,
}
SCHEMAS = {
    "NewUser": accepted(
        {
            **{name: schema for name, schema in FIELDS.items() if name != "active"},
            "email": EMAIL,
            "organizationId": IDENTIFIER,
        },
        required=("email", "name", "role"),
        ignored=("id", "active", "createdAt"),
    ),
    "UserPatch": accepted(FIELDS, ignored=SERVER_SET),
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
            parameters=("organizationId", "search", "page", "perPage"),
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
