"""The numbers of cells: what an id says of the cell that it was made in, and where an organization lives."""

from collections.abc import Mapping
from uuid import UUID, uuid4

BITS = 44  # of an id, below the number of its cell


def made_in(made_id: int | UUID) -> int:
    """The number of the cell that an id was made in."""
    if isinstance(made_id, int):
        return made_id >> BITS
    return made_id.bytes[0] if made_id.version == 8 else 0


def new_public_id(number: int) -> UUID:
    """For what is made in that cell. In all cells but 0, version 8 of RFC 9562: its first byte is the number."""
    random = uuid4()
    if number == 0:
        return random
    return UUID(int=random.int & ~(0xFF << 120) & ~(0xF << 76) | number << 120 | 8 << 76)


def home_number(homes: Mapping[int, int], organization_id: int) -> int:
    """The cell where an organization lives. *homes* has those that were moved."""
    return homes.get(organization_id, made_in(organization_id))
