"""What schemas are made of: a request's from the parsers that judge it, an answer's written out."""

from collections.abc import Iterable, Mapping

from server.fields.parser import Field, Schema
from server.fields.values import UUID_SCHEMA, boolean, identifier

BOOLEAN = boolean.schema
IDENTIFIER = identifier.schema
UUID = UUID_SCHEMA
TIMESTAMP: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
    "examples": ["2026-01-01T12:00:00.000Z"],
}


def properties(fields: Mapping[str, Field], **notes: str | Schema) -> dict[str, Schema]:
    """The schema of each field, as its parser carries it, with what a note adds for people: a description, or more."""
    found = {name: dict(parse.schema) for name, parse in fields.items()}
    for name, note in notes.items():
        found[name] |= {"description": note} if isinstance(note, str) else note
    return found


def accepted(fields: Mapping[str, Schema], *, required: Iterable[str] = (), ignored: Iterable[str] = ()) -> Schema:
    """What a request may send: unknown keys are refused, those that only the server sets are ignored."""
    by_server = {"readOnly": True, "description": "Set by the server; ignored where it is sent back."}
    schema: Schema = {
        "type": "object",
        "properties": {**dict.fromkeys(sorted(ignored), by_server), **fields},
        "additionalProperties": False,
    }
    if required := list(required):
        schema["required"] = required
    return schema


def shape(keys: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    """What an answer holds: these keys, all of them but the *optional* ones."""
    left = set(optional)
    return {
        "type": "object",
        "properties": keys,
        "required": [name for name in keys if name not in left],
        "additionalProperties": False,
    }


def page(of: Schema) -> Schema:
    """A page of what may be in several databases."""
    return shape({**_page(of), **AWAY}, optional=AWAY)


def page_of_one(of: Schema) -> Schema:
    """A page that names no databases which are away."""
    return shape(_page(of))


def page_with_cursor(of: Schema) -> Schema:
    """A page, or what follows a cursor: that is neither numbered nor counted."""
    following = {"type": ["string", "null"], "description": "What `after` takes to go on; null at the end."}
    return shape({**_page(of), "next": following, **AWAY}, optional=("total", "page", *AWAY))


def _page(of: Schema) -> dict[str, Schema]:
    return {
        "items": {"type": "array", "items": of},
        "total": {"type": "integer", "minimum": 0},
        "page": {"type": "integer", "minimum": 1},
        "perPage": {"type": "integer", "minimum": 1},
    }


AWAY: dict[str, Schema] = {
    "unavailableCells": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 255},
        "description": "For global roles: the databases that could not be asked, whose rows are missing here.",
    }
}


def one_of(*names: str) -> Schema:
    return {"type": "string", "enum": list(names)}


ACTOR = shape({"userId": IDENTIFIER, "email": {"type": "string"}, "tokenName": {"type": ["string", "null"]}})
