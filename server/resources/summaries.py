"""How many monitors are in each state: of all that the caller reaches, and of each customer."""

from collections.abc import Iterable

import asyncpg

from server.fields.parser import Parameter
from server.http import query
from server.resources.smtp_monitor_states import STATES

FILTERS: dict[str, Parameter] = {
    "organizationId": query.identifier,
    "customerId": query.identifier,
    **query.PAGING,
}


def represent(totals: Iterable[asyncpg.Record]) -> dict[str, object]:
    """The sum over several databases."""
    rows = list(totals)
    states = {state: sum(row[state] for row in rows) for state in STATES}
    return {
        "total": sum(states.values()),
        "states": states,
        "openIncidents": sum(row["open_incidents"] for row in rows),
    }


def represent_customer(row: asyncpg.Record) -> dict[str, object]:
    states = {state: row[state] for state in STATES}
    return {
        "organizationId": row["organization_id"],
        "customerId": row["customer_id"],
        "customerName": row["name"],
        "total": sum(states.values()),
        "states": states,
    }
