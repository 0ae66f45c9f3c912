"""A parser and the schema that it carries judge alike."""

import json
import math
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from server.fields import smtp_config
from server.fields.parser import Field
from server.fields.values import Invalid
from server.openapi.schemas import properties
from server.resources import (
    customers,
    locations,
    maintenance_windows,
    organizations,
    sessions,
    smtp_monitor_batches,
    smtp_monitors,
    status_page_messages,
    status_pages,
    tokens,
    users,
)

NOUNS: dict[str, dict[str, Field]] = {
    "monitor": smtp_monitors.CREATE_FIELDS,
    "monitors": smtp_monitor_batches.FIELDS,
    "customer": customers.CREATE_FIELDS,
    "user": {**users.FIELDS, **users.CREATE_FIELDS},
    "organization": organizations.FIELDS,
    "location": locations.CREATE_FIELDS,
    "window": maintenance_windows.CREATE_FIELDS,
    "page": status_pages.CREATE_FIELDS,
    "message": status_page_messages.FIELDS,
    "log-in": sessions.FIELDS,
    "password": sessions.PASSWORD_FIELDS,
    "token": tokens.FIELDS,
    "config": smtp_config.FIELDS,
    "tls": smtp_config.TLS_FIELDS,
}
FIELDS = {f"{noun}.{name}": parse for noun, fields in NOUNS.items() for name, parse in fields.items()}
# a format says more than a validator checks, and the fields of a monitor stand below "changes"
LOOSE = {name for name, parse in FIELDS.items() if '"format": "' in json.dumps(parse.schema).replace("int64", "")}
EXACT = FIELDS.keys() - LOOSE - {"monitors.changes"}
NUMBERS = [-1, 0, 1, 5, 9, 10, 11, 100, 101, 120, 121, 365, 366, 3650, 3651, 10080, 10081, 65535, 65536, 86400, 86401]
TEXTS = [
    "a",
    " a ",
    "x" * 11,
    "x" * 12,
    "x" * 255,
    "x" * 256,
    "x" * 320,
    "x" * 321,
    "x" * 1024,
    "x" * 1025,
    "a\nb",
    "a\u2028b",
    "\u3000a\u1680",
    "\u3000",
    "a\u200b",
    "DE",
    "de",
    "xx",
    "active",
    "paused",
    "admin",
    "weekly",
    "TLSv1.2",
    "de-nbg",
    "+4930123456",
    "a@example.com",
    "a@bücher.example",
    "[192.0.2.1]",
    "[IPv6:::1]",
    "2026-01-01T12:00:00Z",
    "Europe/Berlin",
    "33333333-3333-4333-8333-333333333333",
]
SCALARS = [None, True, False, 2**63 - 1, 2**63, 120_000, 120_001, *NUMBERS, *TEXTS]
VALUES = [*SCALARS, [], {}, ["DE", "us"], ["DE", "xx"], [10], [10] * 1000, [10] * 1001, {"user": "u", "pass": None}]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=3), below, max_size=3),
    max_leaves=5,
)


def accepts(parse: Field, value: object) -> bool:
    try:
        parse(value)
    except Invalid:
        return False
    return True


def shortened(value: object) -> object:
    """The schema measures a name with the spaces around it, the server without them."""
    return value.strip() if isinstance(value, str) else value


def judge(name: str, value: object) -> None:
    parse, valid = FIELDS[name], Draft202012Validator(FIELDS[name].schema).is_valid(value)
    if accepts(parse, value):
        assert valid or Draft202012Validator(parse.schema).is_valid(shortened(value)), value
    elif name in EXACT:
        assert not valid, value


@pytest.mark.parametrize("name", FIELDS)
def test_what_a_parser_accepts_its_schema_accepts_and_nothing_else(name: str) -> None:
    for value in VALUES:
        judge(name, value)


@given(st.sampled_from(sorted(FIELDS)), ANYTHING)
def test_a_parser_and_its_schema_agree_on_any_json(name: str, value: object) -> None:
    judge(name, value)


def test_most_schemas_are_exact() -> None:
    assert len(EXACT) > len(FIELDS) / 2


@pytest.mark.parametrize("secure", [math.nan, False, True])
def test_a_config_and_its_schema_agree_on_contradictions(secure: object) -> None:
    choices: dict[str, list[object]] = {
        "secure": [secure],
        "ignoreTls": [math.nan, False, True],
        "requireTls": [math.nan, False, True],
        "expect": [math.nan, None, "accepted"],
        "rcptTo": [math.nan, None, "a@example.com"],
    }
    validator = Draft202012Validator(smtp_config.CONFIG.schema)
    for values in product(*choices.values()):
        config: dict[str, Any] = {
            name: value for name, value in zip(choices, values, strict=True) if value is not math.nan
        }
        assert validator.is_valid(config) == accepts(smtp_config.CONFIG, config), config


def test_a_note_leaves_the_parsers_schema_as_it_is() -> None:
    port = smtp_monitors.FIELDS["port"].schema
    assert properties(smtp_monitors.FIELDS, port="null: 25")["port"] == {**port, "description": "null: 25"}
    assert "description" not in port
