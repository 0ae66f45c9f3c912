"""Badges: small pictures that say in words how a status page or one of its monitors is."""

from collections.abc import Mapping
from typing import Any

from server.console import templates
from server.console.words import say
from server.http.errors import not_found

KINDS = ("state", "uptime", "response")
# white on these has a contrast of 4.5:1 or more
COLOURS = {
    "up": "#15703a",
    "warning": "#8a5a00",
    "down": "#b3201b",
    "maintenance": "#6b3fa0",
    "unknown": "#566072",
    "paused": "#566072",
}
CHARACTER = 6.8  # about the width of one, in a font of 11 pixels
PADDING = 12


def require(document: Mapping[str, Any], kind: str, monitor_id: str | None) -> None:
    """ApiError 404 for a monitor that the page does not show, and for response times that it does not tell."""
    monitors = document["monitors"]
    if monitor_id is not None and all(one["id"] != monitor_id for one in monitors):
        raise not_found()
    if kind == "response" and monitors and "responseTime" not in monitors[0]:
        raise not_found()


def make(document: Mapping[str, Any], kind: str, monitor_id: str | None) -> str:
    """Of the page, or of one of its monitors."""
    language = document["language"]
    monitors = [one for one in document["monitors"] if monitor_id in (None, one["id"])]
    name = document["title"] if monitor_id is None else monitors[0]["name"]
    state = document["state"] if monitor_id is None else monitors[0]["state"]
    if kind == "state":
        return _draw(name, say(f"state.{state}", language), COLOURS[state], language)
    if kind == "uptime":
        uptime = _mean([one["uptime"] for one in monitors])
        text = "–" if uptime is None else f"{templates.number(uptime, 2, language)} %"
        return _draw(
            name, text, COLOURS["unknown" if uptime is None else "up" if uptime >= 99 else "warning"], language
        )
    response = _mean([one["responseTime"] for one in monitors])
    text = "–" if response is None else f"{templates.number(response, 0, language)} ms"
    return _draw(name, text, COLOURS["unknown"], language)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _draw(name: str, text: str, colour: str, language: str) -> str:
    left, right = (round(len(words) * CHARACTER) + PADDING for words in (name, text))
    return templates.render("badge.svg", language, name=name, text=text, colour=colour, left=left, right=right)
