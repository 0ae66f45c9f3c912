"""The partial UPDATE of monitors as text: of one row, or of many in one statement."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sql.fragments import within_customers

UPDATABLE = {
    "name": "text",
    "hostname": "text",
    "port": "integer",
    "status": "text",
    "check_interval": "integer",
    "timeout_seconds": "integer",
    "allowed_check_country_codes": "text[]",
    "notification_email": "text",
    "notification_phone_number": "text",
    "smtp_config": "json",
    "smtp_password": "bytea",
}
ALL_COLUMNS = frozenset(UPDATABLE)
PASSWORD = "smtp_password"  # noqa: S105 - a column's name
COLUMNS = f"""
        m.organization_id, m.id, m.public_id, m.customer_id, m.version, m.created_at, m.updated_at,
        {", ".join(f"m.{column}" for column in UPDATABLE)},
        (SELECT last_checked_at
           FROM smtp_monitor_states s
          WHERE s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id) AS last_checked_at
"""
# what a statement gets of each patch beside the changed columns: which row it is about, and what is kept
NAMING = {"organization_id": "bigint", "public_id": "uuid", "customer_ids": "bigint[]", "versions": "bigint[]"}
KEPT = {"actor": "json", "address": "text", "after": "json"}
ONE = f"""
               m.organization_id = $1
           AND m.public_id = $2
           AND {within_customers("m.customer_id", "$3::bigint[]")}
           AND ($4::bigint[] IS NULL OR m.version = ANY($4))
"""
NAMED = f"""
               m.organization_id = c.organization_id
           AND m.public_id = c.public_id
           AND {within_customers("m.customer_id", "c.customer_ids", cast="::bigint[]")}
           AND (c.versions IS NULL OR m.version = ANY(c.versions::bigint[]))
"""


@lru_cache(maxsize=2048)
def mask_of(columns: frozenset[str]) -> int:
    """A bit for each column that is changed, by its position in UPDATABLE."""
    _require_updatable(columns)
    return sum(1 << bit for bit, column in enumerate(UPDATABLE) if column in columns)


@lru_cache(maxsize=2048)
def update_statement(
    changed: frozenset[str], *, kept: bool, masked: bool = False, alone: bool = False
) -> tuple[str, Sequence[str]]:
    """The statement for one set of columns, and these columns in the order of its values.

    Names and their order come from UPDATABLE alone. So no client text becomes SQL, and equal sets of columns share
    one prepared statement.
    """
    _require_updatable(changed)
    present = {column: type_ for column, type_ in UPDATABLE.items() if column in changed}
    given = {
        **({} if alone else {"n": "integer"}),
        **NAMING,
        **({"mask": "integer"} if masked else {}),
        **present,
        **(KEPT if kept else {}),
    }
    write = _write_and_keep if kept else _write
    returned = COLUMNS if alone else f"c.n, {COLUMNS}"
    return write(_source(given, alone=alone), present, returned, masked=masked), tuple(present)


def _require_updatable(columns: frozenset[str]) -> None:
    if stray := columns - UPDATABLE.keys():
        raise ValueError(f"not updatable: {sorted(stray)}")


def _source(columns: Mapping[str, str], *, alone: bool) -> str:
    """The rows that a statement is given, as ``c``."""
    names = ", ".join(columns)
    if alone:
        values = ", ".join(f"${n}::{type_}" for n, type_ in enumerate(columns.values(), 1))
        return f"(VALUES ({values})) AS c ({names})"
    types = ["text" if type_.endswith("[]") else type_ for type_ in columns.values()]
    return f"unnest({', '.join(f'${n}::{type_}[]' for n, type_ in enumerate(types, 1))}) AS c ({names})"


def _assignments(present: Mapping[str, str], *, masked: bool) -> str:
    values = {column: f"c.{column}{f'::{type_}' * type_.endswith('[]')}" for column, type_ in present.items()}
    if masked:
        values = {
            column: f"CASE WHEN c.mask & {1 << bit} <> 0 THEN {value} ELSE m.{column} END"
            for bit, (column, value) in enumerate(values.items())
        }
    return ", ".join(f"{column} = {value}" for column, value in values.items())


def _write(source: str, present: Mapping[str, str], returned: str, *, masked: bool) -> str:
    # clock_timestamp: a write that waited for another's lock comes after it
    return f"""
        UPDATE smtp_monitors m
           SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = clock_timestamp()
          FROM {source}
         WHERE {NAMED}
        RETURNING {returned}
    """


def _write_and_keep(source: str, present: Mapping[str, str], returned: str, *, masked: bool) -> str:
    """The rows are locked first: what is stored as before is exactly what the UPDATE replaces."""
    before = ", ".join(f"'{column}', m.{column}" for column in present if column != PASSWORD)
    locked, columns, kept = _passwords(masked=masked) if PASSWORD in present else ("", "", "")
    return f"""
        WITH c AS MATERIALIZED (
            SELECT c.*, m.id, m.version, clock_timestamp() AS changed_at, json_build_object({before}) AS before
                   {locked}
              FROM {source}
              JOIN smtp_monitors m ON {NAMED}
               FOR NO KEY UPDATE OF m
        ), change AS (
            INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address,
                                              before, after {columns})
            SELECT organization_id, id, version + 1, changed_at, actor, address,
                   before, after {kept}
              FROM c
             WHERE actor IS NOT NULL
        )
        UPDATE smtp_monitors m
           SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = c.changed_at
          FROM c
         WHERE m.organization_id = c.organization_id
           AND m.id = c.id
        RETURNING {returned}
    """


def _passwords(*, masked: bool) -> tuple[str, str, str]:
    """What a change that may have passwords has more: as it is locked, the columns, and their values."""
    passwords = [f"m.{PASSWORD}", f"c.{PASSWORD}"]
    if masked:
        bit = mask_of(frozenset([PASSWORD]))
        passwords = [f"CASE WHEN c.mask & {bit} <> 0 THEN {password} END" for password in passwords]
    locked = f", {passwords[0]} AS before_password, {passwords[1]} AS after_password"
    columns = ", before_password, after_password, public_id"
    bound_to = "CASE WHEN coalesce(before_password, after_password) IS NOT NULL THEN public_id END"
    return locked, columns, f", before_password, after_password, {bound_to}"
