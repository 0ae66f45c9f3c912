"""Parts of statements that many modules need."""

from collections.abc import Mapping, Sequence

# the organizations that are being removed; a list that is short or empty
DELETED = "(SELECT id FROM organizations WHERE deleted_at IS NOT NULL)"
# the organizations whose rows here are nobody's, since they live in another cell; the same
DEPARTED = "(SELECT organization_id FROM departures WHERE departed)"
_MOVED = "(SELECT organization_id FROM departures WHERE departed OR NOT pg_try_advisory_xact_lock_shared({}))"
# those, and the organizations that are fenced now: one row of theirs would fail a statement for all
REFUSED = _MOVED.format("hashtextextended('departures', organization_id)")
# those, and the organizations that are about to leave: nothing of theirs is begun here
DEPARTING = _MOVED.format("hashtextextended('departing', organization_id)")


def within_reach(organization: str, customer: str | None = None) -> str:
    """The condition that a row is in a Reach, whose parts are a statement's first parameters.

    *organization* and *customer* are columns. Without *customer*, the reach's organization alone counts. A reach of
    all organizations is one of those that live in this cell.
    """
    here = f"($1::bigint IS NOT NULL OR {organization} NOT IN {DEPARTED})"
    condition = f"($1::bigint IS NULL OR {organization} = $1) AND {here}"
    return condition if customer is None else f"{condition} AND {within_customers(customer, '$2::bigint[]')}"


def within_customers(customer: str, allowed: str, *, cast: str = "") -> str:
    """The condition that a row is of an *allowed* customer; NULL allows them all."""
    return f"({allowed} IS NULL OR {customer} = ANY({allowed}{cast}))"


def microseconds(moment: str) -> str:
    """A time as microseconds since the epoch; exact until the year 2106, when a double has too few digits."""
    return f"(date_part('epoch', {moment}) * 1000000)::bigint"


def set_values(columns: Sequence[str], changes: Mapping[str, object], *, first: int) -> tuple[str, list[object]]:
    """Render ``column = $n``, counted from *first*, for the *columns* that *changes* mentions, and their values."""
    if stray := changes.keys() - set(columns):
        raise ValueError(f"not updatable: {sorted(stray)}")
    present = [column for column in columns if column in changes]
    assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(present, first))
    return assignments, [changes[column] for column in present]


def containing(search: str | None) -> str | None:
    """The LIKE pattern of what contains *search* literally; None for no search."""
    if search is None:
        return None
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
