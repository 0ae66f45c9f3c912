"""Values that a statement takes as rows, by an array for each field."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """Names a monitor or an incident: its *id* is one of its organization."""

    organization_id: int
    id: int


def arrays(kind: type[Any], values: Iterable[Any]) -> list[list[Any]]:
    """An array for each field of the dataclass *kind*, in order."""
    values = list(values)
    return [[getattr(value, field.name) for value in values] for field in fields(kind)]
