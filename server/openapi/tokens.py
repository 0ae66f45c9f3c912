"""API tokens: sessions with a name, an end or none, and perhaps one customer."""

from server.fields.parser import or_null
from server.openapi.operations import MAKE_ERRORS, empty, in_path, linked, listed, made, operation, queried, request
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, UUID, accepted, page, properties, shape
from server.resources.tokens import DEFAULT_DAYS, FIELDS, FILTERS, REQUIRED

TAG = "Tokens"
TOKEN = {
    "id": UUID,
    "organizationId": IDENTIFIER,
    "userId": IDENTIFIER,
    "name": {"type": "string"},
    "customerId": or_null(IDENTIFIER),
    "createdAt": TIMESTAMP,
    "expiresAt": or_null(TIMESTAMP),
    "lastUsedAt": or_null(TIMESTAMP),
    "email": {"type": "string"},
}
SCHEMAS = {
    "NewToken": accepted(
        properties(
            FIELDS,
            expiresInDays={"default": DEFAULT_DAYS, "description": "null: never"},
            currentPassword="Required for a token that never ends if the log-in was more than 15 minutes ago.",
        ),
        required=REQUIRED,
    ),
    "Token": shape(TOKEN),
    "MadeToken": shape({**TOKEN, "token": {"type": "string", "description": "Shown in this answer alone."}}),
    "TokenPage": page({"$ref": "#/components/schemas/Token"}),
}
_TOKEN = {
    "id": "77777777-7777-4777-8777-777777777777",
    "organizationId": 1,
    "userId": 1,
    "name": "Load test",
    "customerId": 10,
    "createdAt": "2026-01-01T12:00:00.000Z",
    "expiresAt": "2026-04-01T12:00:00.000Z",
    "lastUsedAt": None,
    "email": "admin@example.com",
}
_MADE = {**_TOKEN, "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"}

PATHS = {
    "/api/tokens": {
        "get": operation(
            "listTokens",
            TAG,
            "A page of tokens: one's own, or for administrators all",
            {200: listed("TokenPage", _TOKEN)},
            errors=(400, 401, 403, 429, 500, 503),
            parameters=queried(FILTERS),
        ),
        "post": operation(
            "makeToken",
            TAG,
            "Make a token",
            {201: made("The token.", "MadeToken", links=linked("tokenId", "id", "endToken"), token=_MADE)},
            errors=(*MAKE_ERRORS, 409),
            body=request("NewToken", token={"name": "Load test", "expiresInDays": 90, "customerId": 10}),
            description="A token makes no tokens: 403.",
        ),
    },
    "/api/tokens/{tokenId}": {
        "delete": operation(
            "endToken",
            TAG,
            "End a token",
            {204: empty("It counts no more.")},
            errors=(400, 401, 403, 404, 429, 500, 503),
            parameters=(in_path("tokenId", UUID, "The token's id.", _TOKEN["id"]),),
            description="The token of a user with a global role is ended by that user or a global admin.",
        )
    },
}
