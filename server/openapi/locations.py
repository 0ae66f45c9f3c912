"""Locations: where checks are made from."""

from server.openapi.operations import MAKE_ERRORS, WRITE_ERRORS, in_path, linked, made, operation, request, shown
from server.openapi.schemas import BOOLEAN, IDENTIFIER, TIMESTAMP, accepted, properties, shape
from server.resources.locations import CREATE_FIELDS, FIELDS, REQUIRED, SERVER_SET, location_code

TAG = "Locations"
SCHEMAS = {
    "NewLocation": accepted(properties(CREATE_FIELDS), required=REQUIRED, ignored=SERVER_SET),
    "LocationPatch": accepted(properties(FIELDS), ignored=SERVER_SET | {"code"}),
    "Location": shape(
        {
            "id": IDENTIFIER,
            "code": location_code.schema,
            "name": {"type": "string"},
            "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "active": BOOLEAN,
            "createdAt": TIMESTAMP,
        }
    ),
    "LocationList": shape({"items": {"type": "array", "items": {"$ref": "#/components/schemas/Location"}}}),
}
_LOCATION = {
    "id": 1,
    "code": "de-nbg",
    "name": "Nuremberg",
    "country": "DE",
    "active": True,
    "createdAt": "2026-01-01T12:00:00.000Z",
}
_SHOWN = shown("The location.", "Location", location=_LOCATION)
_LINKS = linked("locationCode", "code", "patchLocation")

PATHS = {
    "/api/locations": {
        "get": operation(
            "listLocations",
            TAG,
            "All locations",
            {200: shown("Them.", "LocationList", all={"items": [_LOCATION]})},
            errors=(401, 429, 500, 503),
        ),
        "post": operation(
            "makeLocation",
            TAG,
            "Make a location; for global admins",
            {201: made("The location.", "Location", links=_LINKS, location=_LOCATION)},
            errors=(*MAKE_ERRORS, 409),
            body=request("NewLocation", location={"code": "de-fsn", "name": "Falkenstein", "country": "DE"}),
        ),
    },
    "/api/locations/{locationCode}": {
        "patch": operation(
            "patchLocation",
            TAG,
            "Change a location; for global admins",
            {200: _SHOWN},
            errors=WRITE_ERRORS,
            parameters=(in_path("locationCode", {"type": "string"}, "The location's code.", "de-nbg"),),
            body=request("LocationPatch", closed={"active": False}),
        )
    },
}
