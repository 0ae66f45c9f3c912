"""Parsing an object: its fields, each by its own parser."""

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from server.fields.parser import Field, Parser, Schema, described
from server.fields.values import Invalid, Reason

NAMED = 10  # unknown keys that are named; the rest is counted
MAX_NAME = 64  # characters of such a key


def parse_object(
    body: Mapping[str, object],
    fields: Mapping[str, Field],
    *,
    ignored: frozenset[str] = frozenset(),
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Parse the fields present in *body*: absent is unchanged, null is for the parser to judge.

    Invalid with a reason for every field that is wrong or missing, and for the first unknown ones.
    """
    parsed: dict[str, Any] = {}
    wrong: list[Reason] = []
    unknown: list[str] = []
    for name in required:
        if name not in body:
            wrong.append((name, "required", {}))
    for name, value in body.items():
        if name in fields:
            try:
                parsed[name] = fields[name](value)
            except Invalid as error:
                wrong += below(name, error).reasons
        elif name not in ignored:
            unknown.append(name)
    if wrong or unknown:
        raise Invalid.of(wrong + unknown_keys(unknown, near=fields))
    return parsed


def members(
    fields: Mapping[str, Field], judge: Callable[[dict[str, Any]], list[Reason]] | None = None, **rules: object
) -> Parser[object, dict[str, Any]]:
    """An object of these *fields*, kept as it was sent; its schema has *rules* beside them.

    *judge* finds what is wrong with several of them together.
    """
    properties = {name: parse.schema for name, parse in fields.items()}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False, **rules}

    @described(schema)
    def parse_members(value: object) -> dict[str, Any]:
        if type(value) is not dict:
            raise Invalid("not_object")
        wrong: list[Reason] = []
        unknown: list[str] = []
        for name, member in value.items():
            if name not in fields:
                unknown.append(name)
                continue
            try:
                fields[name](member)
            except Invalid as error:
                wrong += below(f".{name}", error).reasons
        if judge is not None:
            wrong += judge(value)
        if wrong or unknown:
            raise Invalid.of(wrong + unknown_keys(unknown, path="."))
        return value

    return parse_members


def below(name: str, error: Invalid) -> Invalid:
    """The same reasons, of a value that stands below *name*."""
    return Invalid.of([(name + path, code, parameters) for path, code, parameters in error.reasons])


def unknown_keys(names: Sequence[str], *, path: str = "", near: Collection[str] = ()) -> list[Reason]:
    """A reason for each of the first, with the known key that is *near* it, and how many more there are."""
    reasons = [_unknown(path, name, near) for name in names[:NAMED]]
    if len(names) > NAMED:
        reasons.append(("", "unknown_fields", {"count": len(names) - NAMED}))
    return reasons


def _unknown(path: str, name: str, near: Collection[str]) -> Reason:
    if len(name) > MAX_NAME:
        return f"{path}{name[:MAX_NAME]}…", "unknown_field", {}
    found = get_close_matches(name, near, n=1)
    if found:
        return f"{path}{name}", "unknown_field_near", {"near": found[0]}
    return f"{path}{name}", "unknown_field", {}
