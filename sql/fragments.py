"""Parts of statements that many modules need."""

from collections.abc import Mapping, Sequence


def within_reach(organization: str, customer: str | None = None, *, first: int = 1) -> str:
    """The condition that a row is in a Reach; the reach's parts are the parameters from *first* on.

    *organization* and *customer* are columns. Without *customer*, the reach's organization alone counts.
    """
    condition = f"(${first}::bigint IS NULL OR {organization} = ${first})"
    if customer is not None:
        condition += f" AND {within_customers(customer, f'${first + 1}::bigint[]')}"
    return condition


def within_customers(customer: str, allowed: str) -> str:
    """The condition that a row is of an *allowed* customer; NULL allows them all."""
    return f"({allowed} IS NULL OR {customer} = ANY({allowed}))"


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


def iso(moment: str) -> str:
    """Render the time of an expression, within JSON, as everywhere else: UTC with milliseconds."""
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
