"""The one place where SQL text is assembled."""

from collections.abc import Iterable, Mapping, Sequence


def set_list(
    columns: Mapping[str, str], changed: Iterable[str], *, first: int, masked: bool = False
) -> tuple[str, str, tuple[str, ...]]:
    """Render assignments of the *changed* among *columns* from rows of arrays.

    *columns* says of each what its array holds: a type, or, for a column that is itself an array, the
    type's array, which then travels as text. Gives the SET list, the arrays ``$n::type[]`` counted from
    *first*, and the names of both in order. Names and their order come from *columns* alone, so no
    client text becomes SQL and equal sets of changes share one prepared statement. *masked* is for rows
    that differ in what they change: each has in ``c.mask`` a bit for every column it assigns, by position.
    """
    changed = set(changed)
    if stray := changed - columns.keys():
        raise ValueError(f"not updatable: {sorted(stray)}")
    present = tuple(column for column in columns if column in changed)
    casts = {column: f"::{columns[column]}" if columns[column].endswith("[]") else "" for column in present}
    types = ["text" if casts[column] else columns[column] for column in present]
    values = [f"c.{column}{casts[column]}" for column in present]
    if masked:
        values = [
            f"CASE WHEN c.mask & {1 << bit} <> 0 THEN {value} ELSE m.{column} END"
            for bit, (column, value) in enumerate(zip(present, values, strict=True))
        ]
    assignments = ", ".join(f"{column} = {value}" for column, value in zip(present, values, strict=True))
    arrays = "".join(f", ${n}::{type_}[]" for n, type_ in enumerate(types, first))
    return assignments, arrays, present


def array_literal(values: Iterable[object] | None) -> str | None:
    """Numbers or codes as a PostgreSQL array's text: arrays of arrays must not differ in length."""
    return None if values is None else "{" + ",".join(map(str, values)) + "}"


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
