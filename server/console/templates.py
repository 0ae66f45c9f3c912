"""Renders pages. Whatever is filled in is escaped; a name that a template does not know is an error."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.console import static_files
from server.console.words import say

FOLDER = Path(__file__).parent / "templates"
MINUTE, HOUR, DAY = 60, 3600, 86400


def render(template: str, language: str, **context: Any) -> str:
    return _environment(language).get_template(template).render(context)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

    def words(key: str, **values: object) -> str:
        return say(key, language, **values)

    environment.globals |= {"t": words, "language": language, "asset": static_files.path_of, "now": _now}
    filters: dict[str, Callable[..., object]] = {
        "moment": lambda text: _moment(text, language),
        "since": lambda text: _since(text, words),
        "lasted": lambda seconds: _lasted(seconds, words),
        "day": lambda text: _day(text, language),
        "number": lambda value, digits=0: number(value, digits, language),
        "milliseconds": lambda value: "–" if value is None else f"{number(value, 0, language)} ms",
    }
    environment.filters |= filters
    return environment


def _now() -> datetime:
    return datetime.now(UTC)


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(text: str | None, language: str) -> str | Markup:
    """A time as the API gives it. A script shows it in the visitor's own zone; without scripts it is UTC."""
    if text is None:
        return "–"
    pattern = "%d.%m.%Y %H:%M UTC" if language == "de" else "%Y-%m-%d %H:%M UTC"
    return Markup('<time datetime="{}">{}</time>').format(text, _parse(text).strftime(pattern))


def _day(text: str, language: str) -> str:
    return date.fromisoformat(text).strftime("%d.%m.%Y") if language == "de" else text


def _since(text: str | None, words: Callable[..., str]) -> str | Markup:
    """How long ago a time is, in its largest unit. A page that follows events is rendered anew every minute."""
    if text is None:
        return "–"
    seconds = max(0, int((_now() - _parse(text)).total_seconds()))
    unit, size = next(
        (pair for pair in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)) if seconds >= pair[1]), ("seconds", 1)
    )
    return Markup('<time datetime="{}" data-since>{}</time>').format(text, words(f"since.{unit}", n=seconds // size))


def _lasted(seconds: int, words: Callable[..., str]) -> str:
    """A length of time in its two largest units."""
    for unit, size, smaller in (("days", DAY, HOUR), ("hours", HOUR, MINUTE), ("minutes", MINUTE, 1)):
        if seconds >= size:
            return words(f"lasted.{unit}", n=seconds // size, m=seconds % size // smaller)
    return words("lasted.seconds", n=seconds)


def number(value: float | None, digits: int, language: str) -> str:
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text
