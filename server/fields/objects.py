"""Parsing an object: its fields, each by its own parser."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from server.fields.values import Invalid

NEAR_LIMIT = 10  # unknown keys that get a suggestion: finding the nearest is slow

Parser = Callable[[object], object]


def parse_object(
    body: Mapping[str, object],
    fields: Mapping[str, Parser],
    *,
    ignored: frozenset[str] = frozenset(),
    required: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Parse the fields present in *body*: absent is unchanged, null is for the parser to judge.

    Invalid with a reason for every field that is wrong, unknown or missing.
    """
    parsed: dict[str, Any] = {}
    wrong = Invalid()
    for name in required:
        if name not in body:
            wrong.reasons.append((name, "required", {}))
    for name, value in body.items():
        if name in fields:
            try:
                parsed[name] = fields[name](value)
            except Invalid as error:
                wrong.reasons += below(name, error).reasons
        elif name not in ignored:
            wrong.reasons.append(_unknown(name, fields, suggest=len(wrong.reasons) < NEAR_LIMIT))
    if wrong.reasons:
        raise wrong
    return parsed


def below(name: str, error: Invalid) -> Invalid:
    """The same reasons, of a value that stands below *name*."""
    moved = Invalid()
    moved.reasons = [(name + path, code, parameters) for path, code, parameters in error.reasons]
    return moved


def _unknown(name: str, fields: Mapping[str, Parser], *, suggest: bool) -> tuple[str, str, dict[str, object]]:
    near = get_close_matches(name, fields, n=1) if suggest and len(name) <= 64 else []
    if near:
        return name, "unknown_field_near", {"near": near[0]}
    return name, "unknown_field", {}
