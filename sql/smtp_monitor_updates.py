"""The partial UPDATE of monitors as text: of one row, or of many in one statement."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sql.fragments import microseconds, within_customers

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
# times are microseconds since the epoch: the driver reads an integer in a tenth of the time of a datetime
COLUMNS = f"""
        m.organization_id, m.id, m.public_id, m.customer_id, m.version,
        {", ".join(f"m.{column}" for column in UPDATABLE)},
        {microseconds("m.created_at")} AS created_at,
        {microseconds("m.updated_at")} AS updated_at,
        (SELECT {microseconds("last_checked_at")}
           FROM smtp_monitor_states s
          WHERE s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id) AS last_checked_at
"""
# what a statement gets of each patch beside the changed columns: which row it is about, and what is kept
NAMING = {"organization_id": "bigint", "public_id": "uuid", "customer_ids": "bigint[]", "versions": "bigint[]"}
KEPT = {"actor": "json", "address": "text", "after": "json"}
# what is stored of each change, and what more if it may have passwords
CHANGE = "organization_id, smtp_monitor_id, version, changed_at, actor, address, before, after"
PASSWORDS = ", before_password, after_password, public_id"
BOUND_PASSWORDS = """, before_password, after_password,
                   CASE WHEN coalesce(before_password, after_password) IS NOT NULL THEN public_id END"""
WRITTEN = "clock_timestamp()"  # not now(): a write that waited for another's lock comes after it
RETURNS_OLD = 18  # the first version of PostgreSQL whose UPDATE returns what it replaced
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
    changed: frozenset[str], version: int, *, kept: bool, masked: bool = False, alone: bool = False
) -> tuple[str, Sequence[str]]:
    """The statement for one set of columns, and these columns in the order of its values.

    *version* is PostgreSQL's.

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
    write = _write if not kept else _write_and_keep if version >= RETURNS_OLD else _lock_write_and_keep
    position = "" if alone else "c.n, "
    return write(_source(given, alone=alone), present, position, masked=masked), tuple(present)


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


def _write(source: str, present: Mapping[str, str], position: str, *, masked: bool) -> str:
    return f"""
        UPDATE smtp_monitors m
           SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = {WRITTEN}
          FROM {source}
         WHERE {NAMED}
        RETURNING {position}{COLUMNS}
    """


def _write_and_keep(source: str, present: Mapping[str, str], position: str, *, masked: bool) -> str:
    """What is stored as before is what the UPDATE replaced."""
    passwords = _passwords("old", "c", masked=masked) if PASSWORD in present else ""
    return f"""
        WITH m AS (
            UPDATE smtp_monitors m
               SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = {WRITTEN}
              FROM {source}
             WHERE {NAMED}
            RETURNING m.*, {position}c.actor, c.address, c.after, {_before("old", present)} AS before {passwords}
        ), change AS (
            INSERT INTO smtp_monitor_changes ({CHANGE} {PASSWORDS if passwords else ""})
            SELECT organization_id, id, version, updated_at, actor, address, before, after
                   {BOUND_PASSWORDS if passwords else ""}
              FROM m
             WHERE actor IS NOT NULL
        )
        SELECT {position.replace("c.", "m.")}{COLUMNS}
          FROM m
    """


def _lock_write_and_keep(source: str, present: Mapping[str, str], position: str, *, masked: bool) -> str:
    """The same before PostgreSQL 18: the rows are locked first, and found twice."""
    passwords = _passwords("m", "c", masked=masked) if PASSWORD in present else ""
    return f"""
        WITH c AS MATERIALIZED (
            SELECT c.*, m.id, m.version, clock_timestamp() AS changed_at, {_before("m", present)} AS before {passwords}
              FROM {source}
              JOIN smtp_monitors m ON {NAMED}
               FOR NO KEY UPDATE OF m
        ), change AS (
            INSERT INTO smtp_monitor_changes ({CHANGE} {PASSWORDS if passwords else ""})
            SELECT organization_id, id, version + 1, changed_at, actor, address, before, after
                   {BOUND_PASSWORDS if passwords else ""}
              FROM c
             WHERE actor IS NOT NULL
        )
        UPDATE smtp_monitors m
           SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = c.changed_at
          FROM c
         WHERE m.organization_id = c.organization_id
           AND m.id = c.id
        RETURNING {position}{COLUMNS}
    """


def _before(row: str, present: Mapping[str, str]) -> str:
    columns = (f"'{column}', {row}.{column}" for column in present if column != PASSWORD)
    return f"json_build_object({', '.join(columns)})"


def _passwords(before: str, after: str, *, masked: bool) -> str:
    """What a change that may have passwords has more."""
    columns = [f"{before}.{PASSWORD}", f"{after}.{PASSWORD}"]
    if masked:
        bit = mask_of(frozenset([PASSWORD]))
        columns = [f"CASE WHEN c.mask & {bit} <> 0 THEN {column} END" for column in columns]
    return f", {columns[0]} AS before_password, {columns[1]} AS after_password"
