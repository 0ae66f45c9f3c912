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
CHANGE = """change AS (
            INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address,
                                              before, after{columns})
            SELECT organization_id, id, version, updated_at, actor, address, before, after{values}
              FROM {rows}
             WHERE actor IS NOT NULL
        ), event AS (
            INSERT INTO events (organization_id, kind, smtp_monitor_ids, versions)
            SELECT organization_id, 'change', array_agg(id), array_agg(version)
              FROM {rows}
             WHERE actor IS NOT NULL
             GROUP BY organization_id
        )"""
# what a change that may have passwords has more
PASSWORDS = ", before_password, after_password, public_id"
BOUND_PASSWORDS = """, before_password, after_password,
                   CASE WHEN coalesce(before_password, after_password) IS NOT NULL THEN public_id END"""
# of these columns there is an index, which agents bring up to date
SEARCHED = ("name", "hostname", "status")
QUEUE = """queue AS (
            INSERT INTO unindexed_smtp_monitors (organization_id, smtp_monitor_id)
            SELECT organization_id, id
              FROM {rows}
             WHERE stale
        )"""
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

Columns = Mapping[str, str]  # their types, by name


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
    source, position = _source(given, alone=alone), "" if alone else "c.n, "
    if not (kept or present.keys() & set(SEARCHED)):
        return _write(source, present, position, masked=masked), tuple(present)
    write = _write_and_store if version >= RETURNS_OLD else _lock_write_and_store
    return write(source, present, position, masked=masked, kept=kept), tuple(present)


def _require_updatable(columns: frozenset[str]) -> None:
    if stray := columns - UPDATABLE.keys():
        raise ValueError(f"not updatable: {sorted(stray)}")


def _source(columns: Columns, *, alone: bool) -> str:
    """The rows that a statement is given, as ``c``."""
    names = ", ".join(columns)
    if alone:
        values = ", ".join(f"${n}::{type_}" for n, type_ in enumerate(columns.values(), 1))
        return f"(VALUES ({values})) AS c ({names})"
    types = ["text" if type_.endswith("[]") else type_ for type_ in columns.values()]
    return f"unnest({', '.join(f'${n}::{type_}[]' for n, type_ in enumerate(types, 1))}) AS c ({names})"


def _assignments(present: Columns, *, masked: bool) -> str:
    values = {column: f"c.{column}{f'::{type_}' * type_.endswith('[]')}" for column, type_ in present.items()}
    if masked:
        values = {
            column: f"CASE WHEN c.mask & {1 << bit} <> 0 THEN {value} ELSE m.{column} END"
            for bit, (column, value) in enumerate(values.items())
        }
    return ", ".join(f"{column} = {value}" for column, value in values.items())


def _write(source: str, present: Columns, position: str, *, masked: bool) -> str:
    return f"""
        UPDATE smtp_monitors m
           SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = {WRITTEN}
          FROM {source}
         WHERE {NAMED}
        RETURNING {position}{COLUMNS}
    """


def _write_and_store(source: str, present: Columns, position: str, *, masked: bool, kept: bool) -> str:
    """What is stored as before is what the UPDATE replaced."""
    given = "".join(f"c.{column}, " for column in KEPT) if kept else ""
    return f"""
        WITH m AS (
            UPDATE smtp_monitors m
               SET {_assignments(present, masked=masked)}, version = m.version + 1, updated_at = {WRITTEN}
              FROM {source}
             WHERE {NAMED}
            RETURNING m.*, {position}{given}{_facts("old", "m", present, masked=masked, kept=kept)}
        ), {_stores("m", present, kept=kept)}
        SELECT {position.replace("c.", "m.")}{COLUMNS}
          FROM m
    """


def _lock_write_and_store(source: str, present: Columns, position: str, *, masked: bool, kept: bool) -> str:
    """The same before PostgreSQL 18: the rows are locked first, and found twice."""
    return f"""
        WITH c AS MATERIALIZED (
            SELECT c.*, m.id, m.version + 1 AS version, {WRITTEN} AS updated_at,
                   {_facts("m", "c", present, masked=masked, kept=kept)}
              FROM {source}
              JOIN smtp_monitors m ON {NAMED}
               FOR NO KEY UPDATE OF m
        ), {_stores("c", present, kept=kept)}
        UPDATE smtp_monitors m
           SET {_assignments(present, masked=masked)}, version = c.version, updated_at = c.updated_at
          FROM c
         WHERE m.organization_id = c.organization_id
           AND m.id = c.id
        RETURNING {position}{COLUMNS}
    """


def _facts(before: str, after: str, present: Columns, *, masked: bool, kept: bool) -> str:
    """What has to be known of a row to store what goes with its write."""
    facts = []
    if kept:
        columns = (f"'{column}', {before}.{column}" for column in present if column != PASSWORD)
        facts.append(f"json_build_object({', '.join(columns)}) AS before")
    if kept and PASSWORD in present:
        passwords = [f"{before}.{PASSWORD}", f"c.{PASSWORD}"]
        if masked:
            bit = mask_of(frozenset([PASSWORD]))
            passwords = [f"CASE WHEN c.mask & {bit} <> 0 THEN {password} END" for password in passwords]
        facts.append(f"{passwords[0]} AS before_password, {passwords[1]} AS after_password")
    if changed := [f"{before}.{column} <> {after}.{column}" for column in SEARCHED if column in present]:
        facts.append(f"({' OR '.join(changed)}) AS stale")
    return ", ".join(facts)


def _stores(rows: str, present: Columns, *, kept: bool) -> str:
    stores = []
    if kept:
        columns, values = (PASSWORDS, BOUND_PASSWORDS) if PASSWORD in present else ("", "")
        stores.append(CHANGE.format(rows=rows, columns=columns, values=values))
    if present.keys() & set(SEARCHED):
        stores.append(QUEUE.format(rows=rows))
    return ", ".join(stores)
