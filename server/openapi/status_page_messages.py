"""Messages: what people write on status pages, and add later."""

from server.fields.parser import or_null
from server.openapi.operations import (
    MAKE_ERRORS,
    READ_ERRORS,
    REMOVE_ERRORS,
    WRITE_ERRORS,
    empty,
    in_path,
    listed,
    made,
    operation,
    queried,
    request,
    shown,
)
from server.openapi.schemas import IDENTIFIER, TIMESTAMP, accepted, page_of_one, properties, shape
from server.openapi.status_pages import NAMED
from server.resources.status_page_messages import FIELDS, FILTERS, MAX_UPDATES, REQUIRED, SERVER_SET, UPDATE_FIELDS

TAG = "Status page messages"
_SENT = properties(
    FIELDS,
    body="Plain text, with line breaks.",
    startsAt="Now, if left out.",
    endsAt="null: not known yet.",
)
_WORDS = {"type": "string"}
SCHEMAS = {
    "NewStatusPageMessage": accepted(_SENT, required=REQUIRED, ignored=SERVER_SET),
    "StatusPageMessagePatch": accepted(_SENT, ignored=SERVER_SET),
    "NewStatusPageUpdate": accepted(properties(UPDATE_FIELDS), required=UPDATE_FIELDS),
    "StatusPageMessage": shape(
        {
            "id": IDENTIFIER,
            "statusPageId": IDENTIFIER,
            "kind": FIELDS["kind"].schema,
            "title": _WORDS,
            "body": _WORDS,
            "startsAt": TIMESTAMP,
            "endsAt": or_null(TIMESTAMP),
            "updates": {
                "type": "array",
                "items": shape({"at": TIMESTAMP, "body": _WORDS}),
                "description": f"What was added later, oldest first; at most {MAX_UPDATES}.",
            },
            "createdAt": TIMESTAMP,
            "updatedAt": TIMESTAMP,
        }
    ),
    "StatusPageMessagePage": page_of_one({"$ref": "#/components/schemas/StatusPageMessage"}),
}
_EXAMPLE = {
    "kind": "maintenance",
    "title": "New certificates",
    "body": "For some minutes mail is accepted a little later.",
    "startsAt": "2026-01-01T21:00:00.000Z",
    "endsAt": "2026-01-01T23:00:00.000Z",
}
_MESSAGE = {
    "id": 1,
    "statusPageId": 1,
    **_EXAMPLE,
    "updates": [{"at": "2026-01-01T21:10:00.000Z", "body": "Done."}],
    "createdAt": "2026-01-01T12:00:00.000Z",
    "updatedAt": "2026-01-01T21:10:00.000Z",
}
_NAMED = (NAMED, in_path("messageId", IDENTIFIER, "The message's number.", 1))
_SHOWN = shown("The message.", "StatusPageMessage", message=_MESSAGE)
_LINKS = {
    name: {
        "operationId": name,
        "parameters": {"statusPageId": "$response.body#/statusPageId", "messageId": "$response.body#/id"},
    }
    for name in ("getStatusPageMessage", "patchStatusPageMessage", "makeStatusPageUpdate", "removeStatusPageMessage")
}

PATHS = {
    "/api/status-pages/{statusPageId}/messages": {
        "get": operation(
            "listStatusPageMessages",
            TAG,
            "A page of messages, the latest first",
            {200: listed("StatusPageMessagePage", _MESSAGE)},
            errors=READ_ERRORS,
            parameters=(NAMED, *queried(FILTERS)),
        ),
        "post": operation(
            "makeStatusPageMessage",
            TAG,
            "Write a message",
            {201: made("The message.", "StatusPageMessage", links=_LINKS, message=_MESSAGE)},
            errors=(*MAKE_ERRORS, 404, 409),
            parameters=(NAMED,),
            body=request("NewStatusPageMessage", message=_EXAMPLE),
        ),
    },
    "/api/status-pages/{statusPageId}/messages/{messageId}": {
        "get": operation(
            "getStatusPageMessage", TAG, "A message", {200: _SHOWN}, errors=READ_ERRORS, parameters=_NAMED
        ),
        "patch": operation(
            "patchStatusPageMessage",
            TAG,
            "Change a message",
            {200: _SHOWN},
            errors=WRITE_ERRORS,
            parameters=_NAMED,
            body=request("StatusPageMessagePatch", end={"endsAt": "2026-01-01T22:00:00.000Z"}),
        ),
        "delete": operation(
            "removeStatusPageMessage",
            TAG,
            "Remove a message",
            {204: empty("It is gone.")},
            errors=REMOVE_ERRORS,
            parameters=_NAMED,
        ),
    },
    "/api/status-pages/{statusPageId}/messages/{messageId}/updates": {
        "post": operation(
            "makeStatusPageUpdate",
            TAG,
            "Add to a message",
            {201: shown("The message.", "StatusPageMessage", message=_MESSAGE)},
            errors=WRITE_ERRORS,
            parameters=_NAMED,
            body=request("NewStatusPageUpdate", done={"body": "Done."}),
        ),
    },
}
