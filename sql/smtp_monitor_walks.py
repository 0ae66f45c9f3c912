"""How monitors are read in the order of a list: by organization, then by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sql.fragments import DEPARTED, containing

Position = tuple[int, int]  # an organization's id and a monitor's

FEW = 20  # customers whose monitors are always read apart
# microseconds, measured: to begin with a customer, to read the next of one customer's monitors, of an organization's
BEGIN, NEXT_OF_CUSTOMER, NEXT_OF_ORGANIZATION = 6.0, 0.15, 0.2


class Values(list[object]):
    """The values of a statement."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def put(self, value: object, type_: str) -> str:
        """The parameter that stands for *value*."""
        self.append(value)
        self.names.append(f"${len(self)}::{type_}")
        return self.names[-1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Parameters of the status and the states that are asked for; None is any."""

    status: str | None = None
    states: str | None = None

    @property
    def anything(self) -> bool:
        return self.status is None and self.states is None

    def indexed(self, row: str) -> str:
        """The condition on a *row* of the index."""
        return self._both(f"{row}.status", f"{row}.state")

    def live(self, row: str) -> str:
        """The condition on a *row* of the monitors."""
        state = f"""(SELECT state_of({row}.status, max(s.state))
                       FROM smtp_monitor_states s
                      WHERE s.organization_id = {row}.organization_id AND s.smtp_monitor_id = {row}.id)"""
        return self._both(f"{row}.status", state)

    def _both(self, status: str, state: str) -> str:
        conditions = [f"{status} = {self.status}"] if self.status else []
        conditions += [f"{state} = ANY({self.states})"] if self.states else []
        return " AND ".join(conditions) or "true"


class Walk(Protocol):
    """SQL that reads keys in order, forwards or backwards."""

    @property
    def ctes(self) -> Sequence[str]:
        """What the statement needs in its WITH."""

    @property
    def counting(self) -> str:
        """The expression of how many there are."""

    def read(self, *, limit: str, backwards: bool = False, after: str = "") -> str:
        """The statement that reads *limit* keys. *after* is a condition on the key of ``r``."""


@dataclass(frozen=True, slots=True)
class Within:
    """Parameters that say which part of all monitors is meant. A part with customers has an organization."""

    organization: str | None
    customers: str | None
    each: bool  # whether every customer's monitors are read apart, and then merged

    def of(self, row: str) -> str:
        """The condition that *row* is in this part."""
        conditions = [self.of_organization(f"{row}.organization_id")]
        if self.customers is not None:
            conditions.append(self.has(row))
        return " AND ".join(conditions)

    def of_organization(self, column: str) -> str:
        """The condition that an organization is in this part; of all, those that live in this cell."""
        return f"{column} NOT IN {DEPARTED}" if self.organization is None else f"{column} = {self.organization}"

    def has(self, row: str) -> str:
        """The condition that *row* is of one of the customers."""
        # IS TRUE keeps the planner from a join: the ids become a hash table, and rows stay in their order
        return f"(({row}.customer_id IN (SELECT unnest({self.customers}))) IS TRUE)"

    def read(self, table: str, *, condition: str = "true", limit: str, backwards: bool = False, after: str = "") -> str:
        """Keys of a *table* that has an index in this order, for each customer too."""
        order = "DESC" if backwards else "ASC"
        if not self.each:
            return f"""
            SELECT r.organization_id, r.id
              FROM {table} r
             WHERE {self.of("r")} AND {condition} {after}
             ORDER BY r.organization_id {order}, r.id {order}
             LIMIT {limit}
            """
        return f"""
            SELECT r.organization_id, r.id
              FROM unnest({self.customers}) AS w (customer_id)
             CROSS JOIN LATERAL (
                    SELECT r.organization_id, r.id
                      FROM {table} r
                     WHERE r.organization_id = {self.organization}
                       AND r.customer_id = w.customer_id AND {condition} {after}
                     ORDER BY r.id {order}
                     LIMIT {limit}
                   ) AS r
             ORDER BY r.id {order}
             LIMIT {limit}
            """


@dataclass(frozen=True, slots=True)
class All:
    """Every monitor within a part. How many there are is kept."""

    within: Within
    ctes: Sequence[str] = ()

    @property
    def counting(self) -> str:
        table = "organization_counts" if self.within.customers is None else "customer_counts"
        conditions = [self.within.of_organization("organization_id")]
        if self.within.customers is not None:
            conditions.append(f"customer_id = ANY({self.within.customers})")
        return f"(SELECT coalesce(sum(smtp_monitors), 0)::bigint FROM {table} WHERE {' AND '.join(conditions)})"

    def read(self, *, limit: str, backwards: bool = False, after: str = "") -> str:
        return self.within.read("smtp_monitors", limit=limit, backwards=backwards, after=after)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows of a *table* that has an index in the order of a list, and their count."""

    within: Within
    table: str
    condition: str
    counting: str
    ctes: Sequence[str] = ()

    def read(self, *, limit: str, backwards: bool = False, after: str = "") -> str:
        return self.within.read(self.table, condition=self.condition, limit=limit, backwards=backwards, after=after)


class Found:
    """The keys that a statement finds, in any order. It is run once, even if they are counted too."""

    def __init__(self, name: str, query: str) -> None:
        self.name = name
        self.ctes = [f"{name} AS MATERIALIZED ({query})"]
        self.counting = f"(SELECT count(*) FROM {name})"

    def read(self, *, limit: str, backwards: bool = False, after: str = "") -> str:
        return _sorted(f"SELECT r.organization_id, r.id FROM {self.name} r WHERE true {after}", limit, backwards)


class Union:
    """Several walks as one. No monitor is in two of them."""

    def __init__(self, parts: Sequence[Walk], *, before: Sequence[str]) -> None:
        self.parts = parts
        self.ctes = [*before, *(cte for part in parts for cte in part.ctes)]
        self.counting = f"({' + '.join(part.counting for part in parts)})"

    def read(self, *, limit: str, backwards: bool = False, after: str = "") -> str:
        parts = [f"({part.read(limit=limit, backwards=backwards, after=after)})" for part in self.parts]
        return _sorted(f"SELECT r.organization_id, r.id FROM ({' UNION ALL '.join(parts)}) AS r", limit, backwards)


def every_row(values: Values, within: Within, wanted: Wanted, search: str | None) -> Walk:
    """Those that match, found by reading all of them."""
    pattern = values.put(containing(search), "text")
    return Found(
        "found",
        f"""
            SELECT m.organization_id, m.id
              FROM smtp_monitors m
              JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
             WHERE {within.of("m")}
               AND {wanted.live("m")}
               AND ({pattern} IS NULL OR m.name ILIKE {pattern} OR m.hostname ILIKE {pattern} OR c.name ILIKE {pattern})
        """,
    )


def _sorted(query: str, limit: str, backwards: bool) -> str:
    order = "DESC" if backwards else "ASC"
    return f"""
            {query}
             ORDER BY r.organization_id {order}, r.id {order}
             LIMIT {limit}
    """


def reads_each(customers: int, *, rows: int, share: float, monitors: int) -> bool:
    """Whether *rows* of so many *customers* are found sooner apart than by skipping the others' monitors.

    *monitors* is how many these customers have, and *share* which part of their organization's that is.
    """
    apart = customers * BEGIN + min(monitors, customers * rows) * NEXT_OF_CUSTOMER
    return apart <= rows / max(share, 1e-9) * NEXT_OF_ORGANIZATION
