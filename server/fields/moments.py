"""Parsers of times: points in time with their zone, days, time zones."""

import re
from datetime import UTC, date, datetime
from zoneinfo import available_timezones

from server.fields.values import Invalid

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([Zz]|[+-][0-9:]{4,6})"
)
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
ZONES = frozenset(available_timezones()) - {"Factory", "localtime"}


def moment(value: object) -> datetime:
    """RFC 3339 with a zone, in UTC."""
    if value is None:
        raise Invalid("not_nullable")
    if type(value) is not str or not MOMENT.fullmatch(value):
        raise Invalid("invalid_time")
    try:
        parsed = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("invalid_time") from error
    if not FIRST <= parsed < LAST:
        raise Invalid("invalid_time")
    return parsed


def day(value: str) -> date:
    try:
        parsed = date.fromisoformat(value) if DAY.fullmatch(value) else None
    except ValueError:
        parsed = None
    if parsed is None or not FIRST.date() <= parsed < LAST.date():
        raise Invalid("invalid_date")
    return parsed


def time_zone(value: object) -> str:
    if value is None:
        raise Invalid("not_nullable")
    if type(value) is not str or value not in ZONES:
        raise Invalid("invalid_time_zone")
    return value
