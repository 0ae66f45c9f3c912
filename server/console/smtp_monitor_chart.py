"""The chart of response times: which span of time it shows, and its bars, as percentages and paths of an SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

PHASES = ("dns", "connect", "tls", "greeting", "ehlo", "starttls", "auth", "mail", "quit")
RANGES = {"day": 1, "week": 7, "month": 30, "year": 365}
DAY = timedelta(days=1)
YEARS = range(2000, 2200)  # of the dates that the API knows
DATES = ("date", "startDate", "endDate")
BIN_MINUTES = {"minutes": 10, "hour": 60, "day": 1440}
MAX_BARS, MAX_ROWS = 366, 48
SIDE = 1000  # of the square that a path is drawn in


@dataclass(frozen=True, slots=True)
class Span:
    """*asked* is what the API is asked for; without dates, *before* is now."""

    since: datetime
    before: datetime
    name: str
    granularity: str
    asked: dict[str, str]

    def share(self, moment: datetime) -> float:
        """How far from the left a moment is, in percent."""
        return round(100 * ((moment - self.since) / (self.before - self.since)), 3)


def span_of(query: Any, now: datetime) -> Span:
    """As the API understands the same words; what it refuses is asked for as it is."""
    name = query.get("range") or "day"
    asked = {"range": name, **{key: query[key] for key in DATES if query.get(key)}}
    length = timedelta(days=RANGES.get(name, 1))
    start, end = _midnight(asked.get("startDate")), _midnight(asked.get("endDate", asked.get("date")))
    before = end + DAY if end else start + length if start else now
    since = start or before - length
    days = (before - since) / DAY
    granularity = "minutes" if days <= 2 else "hour" if days <= 62 else "day"
    return Span(since, max(before, since + DAY), name, granularity, asked | {"granularity": granularity})


def neighbours(span: Span, now: datetime) -> dict[str, dict[str, str | None]]:
    """What the address says of the span before, the one after, and twice as long a view."""
    length = span.before - span.since
    nothing: dict[str, str | None] = dict.fromkeys(DATES)

    def days(since: datetime, before: datetime) -> dict[str, str | None]:
        last = before - timedelta(microseconds=1)
        dates = {"startDate": since.date().isoformat(), "endDate": last.date().isoformat()}
        return {**nothing, "range": span.name, **dates}

    found = {"earlier": days(span.since - length, span.since)}
    if span.before < now:
        found["later"] = days(span.before, span.before + length)
    return found


def draw(points: Sequence[dict[str, Any]], span: Span) -> dict[str, Any]:
    """What the template draws: paths of phases and failures, ticks of both axes, and the bars in numbers."""
    bars = _merged(points, span, MAX_BARS)
    top = _round_up(max((bar["total"] or 0 for bar in bars), default=0))
    present = [phase for phase in (*PHASES, "other") if any(bar["timings"].get(phase) for bar in bars)]
    return {
        "phases": [(phase, _path(bars, span, top, present[: n + 1])) for n, phase in enumerate(present)],
        "failures": "".join(_box(bar, span, 0, SIDE) for bar in bars if bar["failures"]),
        "levels": [(100 - 25 * n, top * n / 4) for n in range(1, 5)],
        "ticks": list(_ticks(span)),
        "bars": [[bar["at"].isoformat(), bar["total"], bar["checks"], bar["failures"], bar["timings"]] for bar in bars],
        "rows": _merged(points, span, MAX_ROWS),
        "checks": sum(bar["checks"] for bar in bars),
    }


def _merged(points: Iterable[dict[str, Any]], span: Span, most: int) -> list[dict[str, Any]]:
    """As few bars as fit, each of equally many points' time."""
    size = timedelta(minutes=BIN_MINUTES[span.granularity])
    count = -(-(span.before - span.since) // (size * most))
    origin = datetime(2000, 1, 1, tzinfo=UTC)
    groups: dict[datetime, list[dict[str, Any]]] = {}
    for point in points:
        at = datetime.fromisoformat(point["startsAt"])
        groups.setdefault(at - (at - origin) % (size * count), []).append(point)
    return [_bar(at, size * count, group) for at, group in sorted(groups.items())]


def _bar(at: datetime, size: timedelta, points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means are weighted by the checks that succeeded."""
    answered = [(point, point["checks"] - point["failures"]) for point in points if point["avgResponse"] is not None]
    weight = sum(count for _, count in answered)
    total = sum(point["avgResponse"] * count for point, count in answered) / weight if weight else None
    timings = {}
    for phase in PHASES:
        known = [(point["timings"][phase], count) for point, count in answered if point["timings"][phase] is not None]
        timings[phase] = round(sum(taken * count for taken, count in known) / weight, 1) if known else None
    rest = (total or 0) - sum(taken or 0 for taken in timings.values())
    timings["other"] = round(rest, 1) if rest > 0.5 + (total or 0) / 100 else None
    return {
        "at": at,
        "size": size,
        "total": None if total is None else round(total, 1),
        "timings": timings,
        "checks": sum(point["checks"] for point in points),
        "failures": sum(point["failures"] for point in points),
    }


def _path(bars: Sequence[dict[str, Any]], span: Span, top: float, below: Sequence[str]) -> str:
    """Of the last of the phases *below*, on top of the others."""
    boxes = []
    for bar in bars:
        heights = [SIDE * (bar["timings"].get(phase) or 0) / top for phase in below]
        if heights[-1]:
            boxes.append(_box(bar, span, SIDE - sum(heights), heights[-1]))
    return "".join(boxes)


def _box(bar: dict[str, Any], span: Span, y: float, height: float) -> str:
    left, right = max(0.0, span.share(bar["at"])), min(100.0, span.share(bar["at"] + bar["size"]))
    width = max((right - left) * 10 * 0.9, 0.5)
    return f"M{left * 10:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z" if right > left else ""


def _ticks(span: Span) -> Iterable[tuple[float, datetime, str]]:
    """Where the labels below stand, and of what kind they are: about seven."""
    days = (span.before - span.since) / timedelta(days=1)
    if days <= 2:
        yield from _every(span, timedelta(hours=4 * round(days)), "hour")
    elif days <= 62:
        yield from _every(span, timedelta(days=max(1, round(days / 7))), "day")
    else:
        months = [moment for moment in _months(span) if 0 <= span.share(moment) <= 95]
        step = -(-len(months) // 7)
        yield from ((span.share(moment), moment, "month") for moment in months[::step])


def _every(span: Span, step: timedelta, kind: str) -> Iterable[tuple[float, datetime, str]]:
    midnight = datetime.combine(span.since.date(), time(), UTC)
    moment = midnight + -((midnight - span.since) // step) * step
    while span.share(moment) <= 95:
        yield span.share(moment), moment, kind
        moment += step


def _months(span: Span) -> Iterable[datetime]:
    first = date(span.since.year, span.since.month, 1)
    while first <= span.before.date():
        yield datetime.combine(first, time(), UTC)
        first = (first + timedelta(days=32)).replace(day=1)


def _round_up(value: float) -> float:
    """The least of 10, 20, 50, 100 … that is not less."""
    return next(float(step * 10**size) for size in range(1, 9) for step in (1, 2, 5) if step * 10**size >= value)


def _midnight(text: str | None) -> datetime | None:
    """None also for what is no date, and for years that have nothing to show."""
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return datetime.combine(found, time(), UTC) if found and found.year in YEARS else None
