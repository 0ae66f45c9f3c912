"""The state of a monitor: how lists show it, are filtered by it, and are sorted."""

import re

import asyncpg

import sql
from server.checks.words import describe
from server.fields.parser import described
from server.fields.values import Invalid, choice
from server.http.times import timestamp_of

STATES = sql.smtp_monitor_states.STATES
SORTS = {"state": "state", "stateSince": "since", "-stateSince": "-since", "name": "name", "-name": "-name"}
SORT = choice(*SORTS)
SEVERAL = f"(?:{'|'.join(STATES)})(?:,(?:{'|'.join(STATES)})){{0,{len(STATES) - 1}}}"


@described({"type": "string", "pattern": f"^{SEVERAL}$"})
def states(value: str) -> tuple[str, ...]:
    """One state, or several with commas between them."""
    if not re.fullmatch(SEVERAL, value):
        raise Invalid("invalid_choice", choices=", ".join(STATES))
    return tuple(sorted(set(value.split(","))))


def represent(row: asyncpg.Record, language: str) -> dict[str, object]:
    return {
        "state": row["state"],
        "stateSince": timestamp_of(row["state_since"]),
        "lastError": _error(row, language),
    }


def _error(row: asyncpg.Record, language: str) -> dict[str, object] | None:
    """What the last check had to say that did not simply succeed; of an outage, how it began."""
    if row["error_code"] is None:
        return None
    words = describe(row["error_code"], language, row["error_detail"] or "")
    return {"phase": row["error_phase"], "code": row["error_code"], "message": words}
