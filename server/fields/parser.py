"""What a parser is: a function that judges a value, and carries the schema that OpenAPI shows of it."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

Schema = dict[str, Any]
Given = TypeVar("Given", contravariant=True)
Value = TypeVar("Value", covariant=True)


class Parser(Protocol[Given, Value]):
    """Returns the value to store, or raises Invalid."""

    schema: Schema

    def __call__(self, value: Given, /) -> Value: ...


Field = Parser[object, object]  # of a body
Parameter = Parser[str, object]  # of a query


def described(schema: Schema) -> Callable[[Callable[[Given], Value]], Parser[Given, Value]]:
    """Attach *schema* to a function.

    It stays a plain function: an integer is judged in 40 ns, by an object with ``__call__`` in 65.
    """

    def describe(function: Callable[[Given], Value]) -> Parser[Given, Value]:
        parser = cast(Parser[Given, Value], function)
        parser.schema = schema
        return parser

    return describe


def or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if schema.keys() == {"anyOf"}:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" in schema and "not" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}
