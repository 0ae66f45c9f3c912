"""The monitors that a status page shows, as a form has them: each with a box, its place and the name that it is given.

All texts of a row are sent under one name, one after the other: the monitor's id, SHOWN if its box is ticked, its
place, its name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Row:
    """A monitor that is shown, or offered to be."""

    public_id: str
    shown: bool
    place: str
    name: str


def rows(texts: Sequence[str]) -> list[Row]:
    """Those that are shown first, in their order: as the API counts them when it says what is wrong."""
    return sorted(_parse(texts), key=lambda row: (not row.shown, _number(row.place)))


def show(value: object) -> list[str]:
    """The texts of what the API gives. What has the key ``offered`` is not shown yet."""
    texts: list[str] = []
    for place, monitor in enumerate(value if isinstance(value, list) else (), 1):
        ticked = [] if "offered" in monitor else [SHOWN]
        texts += [monitor["smtpMonitorId"], *ticked, str(place), monitor["name"]]
    return texts


def read(texts: Sequence[str]) -> object:
    return [{"smtpMonitorId": row.public_id, "name": row.name} for row in rows(texts) if row.shown]


def _parse(texts: Sequence[str]) -> Iterator[Row]:
    """What is cut off is no row."""
    left = iter(texts)
    while (public_id := next(left, None)) is not None:
        place = next(left, "")
        shown = place == SHOWN
        if shown:
            place = next(left, "")
        if (name := next(left, None)) is not None:
            yield Row(public_id, shown, place, name)


def _number(place: str) -> float:
    """Without a place that is a number: behind the others."""
    return int(place) if place.isdecimal() and len(place) < 10 else float("inf")
