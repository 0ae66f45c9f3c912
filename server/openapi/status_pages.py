"""Status pages: chosen monitors under chosen names, for customers or for everybody."""

from server.fields.parser import or_null
from server.openapi.operations import (
    LIST_ERRORS,
    MAKE_ERRORS,
    READ_ERRORS,
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
from server.resources.status_pages import CREATE_FIELDS, FIELDS, FILTERS, REQUIRED, SCOPE, SERVER_SET

TAG = "Status pages"
_SENT_TO_CREATE = properties(
    CREATE_FIELDS,
    slug="The page is at `/status/SLUG`; no two pages of any organization have the same.",
    customerId="null: the organization's page, which may show monitors of all customers.",
    logoUrl="A path on this server.",
    visibility="`off`: nobody sees it; `members`: who may read it here; `public`: everybody.",
    showHostnames="Whether it tells the hosts of its monitors, and not their chosen names alone.",
    monitors="In the order of the page.",
)
_LISTED = {
    "id": IDENTIFIER,
    "organizationId": IDENTIFIER,
    "customerId": or_null(IDENTIFIER),
    "slug": FIELDS["slug"].schema,
    "title": {"type": "string"},
    "description": {"type": "string"},
    "logoUrl": {"type": ["string", "null"]},
    "language": FIELDS["language"].schema,
    "visibility": FIELDS["visibility"].schema,
    "showHostnames": BOOLEAN,
    "showResponseTimes": BOOLEAN,
    "url": {"type": "string", "description": "The path where it is shown."},
    "monitorCount": {"type": "integer", "minimum": 0},
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
SCHEMAS = {
    "NewStatusPage": accepted(_SENT_TO_CREATE, required=REQUIRED, ignored=SERVER_SET),
    "StatusPagePatch": accepted({name: _SENT_TO_CREATE[name] for name in FIELDS}, ignored=SERVER_SET | SCOPE),
    "StatusPage": shape({**_LISTED, "monitors": FIELDS["monitors"].schema}),
    "ListedStatusPage": shape(_LISTED),
    "StatusPagePage": page({"$ref": "#/components/schemas/ListedStatusPage"}),
}
_SENT = {
    "slug": "example-mail",
    "title": "Mail of Example",
    "description": "",
    "logoUrl": None,
    "language": "en",
    "visibility": "public",
    "showHostnames": False,
    "showResponseTimes": True,
}
_ITEM = {
    "id": 1,
    "organizationId": 1,
    "customerId": 10,
    **_SENT,
    "url": "/status/example-mail",
    "monitorCount": 1,
    "createdAt": "2026-01-01T12:00:00.000Z",
    "updatedAt": "2026-01-01T12:00:00.000Z",
}
_MONITORS = [{"smtpMonitorId": "33333333-3333-4333-8333-333333333333", "name": "Outgoing mail"}]
_PAGE = {**_ITEM, "monitors": _MONITORS}
NAMED = in_path("statusPageId", IDENTIFIER, "The page's number.", 1)
_SHOWN = shown("The page.", "StatusPage", page=_PAGE)
_LINKS = linked("statusPageId", "id", "getStatusPage", "patchStatusPage", "removeStatusPage", "makeStatusPageMessage")
_DESCRIPTION = (
    "What it shows is at `/status/SLUG`, as JSON at `/status/SLUG.json`, as feeds at `/status/SLUG.rss` and "
    "`/status/SLUG.atom`, and as a badge at `/status/SLUG/badge.svg?kind=state|uptime|response&monitor=UUID`. "
    "These are at most some seconds old. A page for members takes a token or a log-in of the console there."
)

PATHS = {
    "/api/status-pages": {
        "get": operation(
            "listStatusPages",
            TAG,
            "A page of status pages",
            {200: listed("StatusPagePage", _ITEM)},
            errors=LIST_ERRORS,
            parameters=queried(FILTERS, customerId="Of this customer only."),
        ),
        "post": operation(
            "makeStatusPage",
            TAG,
            "Make a status page for a customer or the organization",
            {201: made("The page.", "StatusPage", links=_LINKS, page=_PAGE)},
            errors=(*MAKE_ERRORS, 409),
            body=request("NewStatusPage", page={**_SENT, "customerId": 10, "monitors": _MONITORS}),
            description=_DESCRIPTION,
        ),
    },
    "/api/status-pages/{statusPageId}": {
        "get": operation("getStatusPage", TAG, "A status page", {200: _SHOWN}, errors=READ_ERRORS, parameters=(NAMED,)),
        "patch": operation(
            "patchStatusPage",
            TAG,
            "Change a status page",
            {200: _SHOWN},
            errors=(*WRITE_ERRORS, 409),
            parameters=(NAMED,),
            body=request("StatusPagePatch", publish={"visibility": "public"}),
        ),
        "delete": operation(
            "removeStatusPage",
            TAG,
            "Remove a status page with its messages",
            {204: empty("It is gone.")},
            errors=REMOVE_ERRORS,
            parameters=(NAMED,),
        ),
    },
}
