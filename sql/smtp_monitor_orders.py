"""Lists of one organization's monitors in other orders than by id: the worst first, the latest change, by name.

An index has each order, apart for each state. So the first rows of each state are read, and then merged.
"""

from sql.smtp_monitor_index import CHANGED, INDEXED, LIVE_WORDS
from sql.smtp_monitor_states import LIVE_SINCE
from sql.smtp_monitor_walks import Walk, Wanted, Within

# by the columns of a key: id, rank, state_since, words
ORDERS = {
    "state": "rank, state_since DESC, id",
    "since": "state_since, id DESC",
    "-since": "state_since DESC, id",
    "name": "words, id",
    "-name": "words DESC, id DESC",
}
RANKS = "generate_series(1, 6)"
KEY = "r.organization_id, r.id, rank_of(r.state) AS rank, r.state_since, r.words"
# keys of monitors m as they are now
LIVE = f"""
            SELECT m.organization_id, m.id, rank_of(state_of(m.status, s.state)) AS rank,
                   {LIVE_SINCE} AS state_since,
                   {LIVE_WORDS} AS words
              FROM {{keys}} AS f
              JOIN smtp_monitors m ON m.organization_id = f.organization_id AND m.id = f.id
              LEFT JOIN smtp_monitor_states s ON s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id
"""


def of_found(walk: Walk, sort: str, *, limit: str, offset: str) -> str:
    """The keys of a part of what *walk* reads, whole and sorted."""
    return _part(LIVE.format(keys=f"({walk.read(limit='NULL')})"), sort, limit=limit, offset=offset)


def of_all(within: Within, wanted: Wanted, sort: str, *, limit: str, offset: str) -> str:
    """The keys of a part of the wanted monitors. UNINDEXED is among the statement's CTEs, or those of find()."""
    condition = f"{wanted.indexed('r')} AND {INDEXED}"
    first = f"ORDER BY {ORDERS[sort]} LIMIT {limit} + {offset}"
    if sort.endswith("name"):
        indexed = f"SELECT {KEY} FROM indexed_smtp_monitors r WHERE {within.of('r')} AND {condition} {first}"
    else:
        indexed = f"""
            SELECT r.*
              FROM {RANKS} AS k (rank){_customers(within)}
             CROSS JOIN LATERAL (
                    SELECT {KEY}
                      FROM indexed_smtp_monitors r
                     WHERE r.organization_id = {within.organization}
                       AND rank_of(r.state) = k.rank{_of_customer(within)} AND {condition}
                     {first}
                   ) AS r
             {_of_ranks(wanted)}
        """
    changed = LIVE.format(keys=CHANGED)
    if wanted.anything:  # find() has looked for nothing
        changed = f"{LIVE.format(keys='unindexed')} WHERE {within.of('m')}"
    return _part(f"(SELECT * FROM ({indexed}) AS i) UNION ALL ({changed})", sort, limit=limit, offset=offset)


def _customers(within: Within) -> str:
    return f" CROSS JOIN unnest({within.customers}) AS c (customer_id)" if within.each else ""


def _of_customer(within: Within) -> str:
    if within.customers is None:
        return ""
    return " AND r.customer_id = c.customer_id" if within.each else f" AND {within.has('r')}"


def _of_ranks(wanted: Wanted) -> str:
    return "" if wanted.states is None else f"WHERE k.rank IN (SELECT rank_of(unnest({wanted.states})))"


def _part(keys: str, sort: str, *, limit: str, offset: str) -> str:
    return f"""
            SELECT *, row_number() OVER (ORDER BY {ORDERS[sort]}) AS place
              FROM ({keys}) AS f
             ORDER BY {ORDERS[sort]}
             LIMIT {limit}
            OFFSET {offset}
    """
