"""Parsers of references to a customer, by number or public UUID, and to a monitor, by its public UUID."""

from uuid import UUID

from server.fields.parser import described
from server.fields.values import CANONICAL_UUID, MAX_BIGINT, UUID_SCHEMA, Invalid, identifier

MAX_CUSTOMERS = 1000


@described({"anyOf": [identifier.schema, UUID_SCHEMA], "description": "A customer's number or public UUID."})
def customer(value: object) -> int | UUID:
    if type(value) is int and 1 <= value <= MAX_BIGINT:
        return value
    if type(value) is str and CANONICAL_UUID.fullmatch(value):
        return UUID(value)
    raise Invalid("invalid_customer")


@described({"type": "array", "items": customer.schema, "maxItems": MAX_CUSTOMERS})
def customers(value: object) -> list[int | UUID]:
    """The first of equals is kept."""
    if type(value) is not list:
        raise Invalid("not_a_list")
    if len(value) > MAX_CUSTOMERS:
        raise Invalid("too_many", limit=MAX_CUSTOMERS)
    return list(dict.fromkeys(map(customer, value)))


@described(UUID_SCHEMA)
def monitor(value: object) -> UUID:
    if type(value) is not str or not CANONICAL_UUID.fullmatch(value):
        raise Invalid("invalid_monitor")
    return UUID(value)
