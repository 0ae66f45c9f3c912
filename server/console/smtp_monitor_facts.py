"""What the page of a monitor tells of days, changes, and what a server can do."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from server.console.smtp_monitor_chart import Span

FIELDS = (
    "hostname",
    "port",
    "checkInterval",
    "timeoutSeconds",
    "allowedCheckCountryCodes",
    "notificationEmail",
    "notificationPhoneNumber",
)
UPTIME_DAYS = 90
SHOWN_CHANGES = 20
CLOSE = 3  # percent of the chart
LEAST_SHARE = 0.15  # of a bar, so that a short outage is seen


def uptime_bars(days: Iterable[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Each of the last days, oldest first; *failed* is how much of its bar tells of failures, in percent."""
    found = {datetime.fromisoformat(day["startsAt"]).date(): day for day in days}
    bars = []
    for ago in reversed(range(UPTIME_DAYS)):
        date = now.date() - timedelta(days=ago)
        day = found.get(date, {"checks": 0, "failures": 0, "uptime": None})
        share = day["failures"] / day["checks"] if day["checks"] else 0
        failed = round(100 * max(share, LEAST_SHARE)) if share else 0
        bars.append({**day, "date": date.isoformat(), "failed": failed, "left": (UPTIME_DAYS - 1 - ago) / UPTIME_DAYS})
    return bars


def uptime_of(bars: Sequence[Mapping[str, Any]]) -> float | None:
    """Of all these days together, in percent."""
    checks = sum(bar["checks"] for bar in bars)
    return 100 * (checks - sum(bar["failures"] for bar in bars)) / checks if checks else None


def changes_shown(items: Sequence[Mapping[str, Any]], span: Span) -> list[dict[str, Any]]:
    """The newest changes, and those of the span, which have a number that the chart shows, too."""
    shown, number = [], 0
    for index, item in enumerate(items):
        share = span.share(datetime.fromisoformat(item["changedAt"]))
        marked = 0 <= share <= 100 and item["action"] == "updated"
        number += marked
        if marked or index < SHOWN_CHANGES:
            mark = {"number": number, "share": share} if marked else None
            shown.append({**item, "mark": mark, "parts": list(_parts(item["fields"]))})
    return shown


def marks_of(shown: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The changes that the chart marks; what lies close together has one mark."""
    marks: list[dict[str, Any]] = []
    for change in shown:
        if change["mark"] is None:
            continue
        if marks and marks[-1]["share"] - change["mark"]["share"] < CLOSE:
            marks[-1]["last"] = change["mark"]["number"]
        else:
            first = change["mark"]["number"]
            marks.append({"share": change["mark"]["share"], "first": first, "last": first, "change": change})
    return marks


def _parts(fields: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Any, Any]]:
    """Name, before and after of what differs; of smtpConfig the members that do."""
    for field in fields:
        before, after = field["before"], field["after"]
        if field["field"] != "smtpConfig":
            yield field["field"], before, after
            continue
        old, new = flat(before or {}), flat(after or {})
        differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        yield from ((f"smtpConfig.{name}", old.get(name), new.get(name)) for name in differing)
        if not differing:
            yield "smtpConfig", None, None


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Members of members get names with dots; passwords are left out."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": one for inner, one in value.items() if (name, inner) != ("auth", "pass")}
        else:
            found[name] = value
    return found


def settings_of(monitor: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Every field of a monitor and its value; of smtpConfig those members that are there."""
    yield from ((name, monitor[name]) for name in FIELDS)
    yield from ((f"smtpConfig.{name}", value) for name, value in flat(monitor["smtpConfig"]).items())


def incident_spans(incidents: Iterable[Mapping[str, Any]], span: Span, now: datetime) -> list[tuple[float, float]]:
    """From where to where each incident lies in the chart, in percent from the left."""
    spans = []
    for incident in incidents:
        opened = span.share(datetime.fromisoformat(incident["openedAt"]))
        closed = span.share(datetime.fromisoformat(incident["closedAt"]) if incident["closedAt"] else now)
        if closed >= 0 and opened <= 100:
            left = max(opened, 0)
            spans.append((left, max(min(closed, 100) - left, 0.3)))
    return spans


def capabilities_of(locations: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Each capability, and the names of the locations that lack it."""
    known = [place for place in locations if place["capabilities"] is not None]
    names = dict.fromkeys(line for place in known for line in place["capabilities"])
    return [(line, [place["locationName"] for place in known if line not in place["capabilities"]]) for line in names]


def certificates_of(seen: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What each location saw last, together where it is the same; and what was seen before."""
    present: list[dict[str, Any]] = []
    before, told = [], set()
    for one in seen:
        if one["locationCode"] in told:
            before.append({**one})
            continue
        told.add(one["locationCode"])
        same = next((other for other in present if other["tls"] == one["tls"]), None)
        if same is None:
            present.append({**one, "places": [one["locationName"]]})
        else:
            same["places"].append(one["locationName"])
    return present, before


def now() -> datetime:
    return datetime.now(UTC)
