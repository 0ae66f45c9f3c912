"""What is made of a status page: its HTML, and its feeds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from server.console import templates
from server.console.words import say

# stands in feeds for the address of this server, which every request is told by itself
ORIGIN = b"https://origin.invalid"
BAR = 4  # width of a day, and the space before the next
HEIGHTS = {"up": 28, "warning": 20, "down": 11, "none": 3}
BAD = 95.0  # percent of uptime below which a day is a bad one
NO_XML = str.maketrans("", "", "\ufffe\uffff")
Document = Mapping[str, Any]


def page(document: Document) -> str:
    return templates.render(
        "status.html", document["language"], page=document, bars=bars, bad_days=bad_days, split=split
    )


def feed(template: str, document: Document) -> str:
    """Messages and outages, the latest first."""
    entries = sorted((*_messages(document), *_outages(document)), key=lambda entry: entry["at"], reverse=True)
    text = templates.render(
        template, document["language"], page=document, entries=entries, origin=ORIGIN.decode(), rfc822=_rfc822
    )
    return text.translate(NO_XML)


def bars(days: Sequence[float | None]) -> dict[str, str]:
    """By kind of day one path of all its bars. A worse day is lower, so that nobody has to know colours."""
    paths = dict.fromkeys(HEIGHTS, "")
    for n, uptime in enumerate(days):
        kind = "none" if uptime is None else "up" if uptime == 100 else "warning" if uptime >= BAD else "down"
        height = HEIGHTS[kind]
        paths[kind] += f"M{BAR * n} {28 - height}h{BAR - 1}v{height}h-{BAR - 1}z"
    return {kind: path for kind, path in paths.items() if path}


def bad_days(document: Document, monitor: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The days on which it was not always up, the latest first."""
    first = date.fromisoformat(document["firstDay"])
    days = enumerate(monitor["uptimeByDay"])
    return [((first + timedelta(days=n)).isoformat(), up) for n, up in days if up is not None and up < 100][::-1]


def split(document: Document) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Messages that are not over, and the others."""
    now = document["readAt"]
    current = [one for one in document["messages"] if one["endsAt"] is None or one["endsAt"] > now]
    return current, [one for one in document["messages"] if one not in current]


def _messages(document: Document) -> Iterator[dict[str, str]]:
    for message in document["messages"]:
        updates = [f"{update['body']}" for update in reversed(message["updates"])]
        at = message["updates"][-1]["at"] if message["updates"] else message["startsAt"]
        kind = say(f"status.kind_{message['kind']}", document["language"])
        text = "\n\n".join([*updates, message["body"]])
        yield {"key": f"message-{message['id']}", "at": at, "title": f"{kind}: {message['title']}", "text": text}


def _outages(document: Document) -> Iterator[dict[str, str]]:
    language = document["language"]
    for incident in document["incidents"]:
        closed = incident["closedAt"]
        key = "status.feed_over" if closed else "status.feed_down"
        title, at = say(key, language, name=incident["name"]), closed or incident["openedAt"]
        yield {"key": f"incident-{incident['id']}", "at": at, "title": title, "text": title}


def _rfc822(moment: str) -> str:
    return format_datetime(datetime.fromisoformat(moment))
