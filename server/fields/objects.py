"""Parsing an object: its fields, each by its own parser."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from server.fields.parser import Field, Parser, Schema, described
from server.fields.values import Invalid, Reason

NEAR_LIMIT = 10  # unknown keys that get a suggestion: finding the nearest is slow


def parse_object(
    body: Mapping[str, object],
    fields: Mapping[str, Field],
    *,
    ignored: frozenset[str] = frozenset(),
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Parse the fields present in *body*: absent is unchanged, null is for the parser to judge.

    Invalid with a reason for every field that is wrong, unknown or missing.
    """
    parsed: dict[str, Any] = {}
    wrong: list[Reason] = []
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
            wrong.append(_unknown(name, fields, suggest=len(wrong) < NEAR_LIMIT))
    if wrong:
        raise Invalid.of(wrong)
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
        for name, member in value.items():
            if name not in fields:
                wrong.append((f".{name}", "unknown_field", {}))
                continue
            try:
                fields[name](member)
            except Invalid as error:
                wrong += below(f".{name}", error).reasons
        if judge is not None:
            wrong += judge(value)
        if wrong:
            raise Invalid.of(wrong)
        return value

    return parse_members


def below(name: str, error: Invalid) -> Invalid:
    """The same reasons, of a value that stands below *name*."""
    return Invalid.of([(name + path, code, parameters) for path, code, parameters in error.reasons])


def _unknown(name: str, fields: Mapping[str, Field], *, suggest: bool) -> Reason:
    near = get_close_matches(name, fields, n=1) if suggest and len(name) <= 64 else []
    if near:
        return name, "unknown_field_near", {"near": near[0]}
    return name, "unknown_field", {}
