"""Parsers of times: points in time with their zone, days, time zones."""

import re
from datetime import UTC, date, datetime
from zoneinfo import available_timezones

from server.fields.parser import described
from server.fields.values import Invalid, wrong_type

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9:]{4,6})"
)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
DAY = re.compile("2[01][0-9]{2}-[0-9]{2}-[0-9]{2}")  # of the same years
ZONES = frozenset(available_timezones()) - {"Factory", "localtime"}


@described(
    {
        "type": "string",
        "format": "moment",  # RFC 3339, and what it leaves to an agreement: a space for the T, seconds left out
        "description": f"RFC 3339 with a zone, from {FIRST.year} to {LAST.year - 1}.",
        "examples": ["2026-01-01T22:00:00+01:00"],
    }
)
def moment(value: object) -> datetime:
    """RFC 3339 with a zone, in UTC."""
    if type(value) is not str or not MOMENT.fullmatch(value):
        raise wrong_type(value, "invalid_time")
    try:
        parsed = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("invalid_time") from error
    if not FIRST <= parsed < LAST:
        raise Invalid("invalid_time")
    return parsed


@described({"type": "string", "format": "date", "pattern": f"^{DAY.pattern}$"})
def day(value: str) -> date:
    if not DAY.fullmatch(value):
        raise Invalid("invalid_date")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Invalid("invalid_date") from error


@described({"type": "string", "format": "time-zone", "examples": ["Europe/Berlin"]})
def time_zone(value: object) -> str:
    if type(value) is not str or value not in ZONES:
        raise wrong_type(value, "invalid_time_zone")
    return value
