"""The one place where SQL text is assembled."""

from collections.abc import Iterable, Mapping


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
