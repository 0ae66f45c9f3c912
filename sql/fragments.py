"""The one place where SQL text is assembled."""

from collections.abc import Mapping, Sequence


def set_list(columns: Sequence[str], changes: Mapping[str, object], *, first: int) -> tuple[str, list[object]]:
    """Render ``column = $n`` for the *columns* that *changes* mentions.

    Names and their order come from *columns* alone, so no client text becomes SQL and equal
    sets of changes share one prepared statement.
    """
    if stray := changes.keys() - set(columns):
        raise ValueError(f"not updatable: {sorted(stray)}")
    present = [column for column in columns if column in changes]
    assignments = ", ".join(f"{column} = ${n}" for n, column in enumerate(present, first))
    return assignments, [changes[column] for column in present]
