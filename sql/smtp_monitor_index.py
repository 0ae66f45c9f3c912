"""The table by which monitors are found by words and status. It is brought up to date after a change, not with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sql.connection import Executor, Reach
from sql.fragments import containing
from sql.smtp_monitor_states import LIVE_SINCE
from sql.smtp_monitor_walks import All, Found, Ordered, Union, Values, Walk, Wanted, Within

# Above this it is faster to read all monitors than to look at those that are not indexed yet.
MANY = 100_000
# Above this share of what was sampled it is faster to read all words than to look up their trigrams.
BROAD = 0.03
SAMPLED = 50  # pages of the table
LOOKED_THROUGH = 50_000  # places of the queue in a step


# of a monitor m, as the index has them
LIVE_WORDS = "lower(m.name) || E'\\n' || m.hostname"
UNINDEXED = """
    unindexed AS MATERIALIZED (
        SELECT DISTINCT organization_id, smtp_monitor_id AS id FROM unindexed_smtp_monitors
    )
"""
CHANGED = "changed"  # the CTE of those that are wanted among them
INDEXED = "(r.organization_id, r.id) NOT IN (SELECT organization_id, id FROM unindexed)"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and what is known of it beforehand: the *customers* whose names match, if it is *broad*."""

    text: str
    customers: Sequence[int]
    broad: bool


async def try_lock(connection: Executor) -> bool:
    """Whether nobody else writes the index until this transaction ends."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('smtp-monitors index'))"))


async def index_some(connection: Executor, limit: int) -> int:
    """Index so many monitors that have changed; how many it were. To be called in a transaction."""
    if not await try_lock(connection):
        return 0
    # one that has changed often is in the queue as often, and is indexed once
    query = f"""
        WITH queued AS MATERIALIZED (
            SELECT ctid, organization_id, smtp_monitor_id AS id FROM unindexed_smtp_monitors LIMIT {LOOKED_THROUGH}
        ), stale AS MATERIALIZED (
            SELECT DISTINCT organization_id, id FROM queued LIMIT $1
        ), taken AS (
            DELETE FROM unindexed_smtp_monitors
             WHERE ctid = ANY(ARRAY(SELECT ctid
                                      FROM queued
                                     WHERE (organization_id, id) IN (SELECT organization_id, id FROM stale)))
        ), present AS (
            SELECT m.organization_id, m.id, m.customer_id, m.status, {LIVE_WORDS} AS words,
                   state_of(m.status, s.state) AS state,
                   {LIVE_SINCE} AS state_since
              FROM stale
              JOIN smtp_monitors m USING (organization_id, id)
              LEFT JOIN smtp_monitor_states s ON s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id
        ), before AS (
            SELECT i.organization_id, i.id, i.customer_id, i.status, i.state
              FROM stale
              JOIN indexed_smtp_monitors i USING (organization_id, id)
        ), gone AS (
            DELETE FROM indexed_smtp_monitors i
             USING (SELECT organization_id, id FROM before EXCEPT SELECT organization_id, id FROM present) AS g
             WHERE i.organization_id = g.organization_id
               AND i.id = g.id
        ), put AS (
            INSERT INTO indexed_smtp_monitors AS i (organization_id, id, customer_id, status, words, state, state_since)
            SELECT organization_id, id, customer_id, status, words, state, state_since
              FROM present
                ON CONFLICT ON CONSTRAINT indexed_smtp_monitors_pkey
                DO UPDATE SET customer_id = excluded.customer_id, status = excluded.status, words = excluded.words,
                              state = excluded.state, state_since = excluded.state_since
             WHERE (i.customer_id, i.status, i.words, i.state, i.state_since)
                <> (excluded.customer_id, excluded.status, excluded.words, excluded.state, excluded.state_since)
        ), counted AS (
            INSERT INTO indexed_smtp_monitor_counts AS c (organization_id, customer_id, status, state, smtp_monitors)
            SELECT organization_id, customer_id, status, state, sum(n)
              FROM (SELECT organization_id, customer_id, status, state, 1 AS n FROM present
                     UNION ALL
                    SELECT organization_id, customer_id, status, state, -1 FROM before) AS changes
             GROUP BY organization_id, customer_id, status, state
            HAVING sum(n) <> 0
                ON CONFLICT ON CONSTRAINT indexed_smtp_monitor_counts_pkey
                DO UPDATE SET smtp_monitors = c.smtp_monitors + excluded.smtp_monitors
        )
        SELECT count(*) FROM stale
    """
    return int(await connection.fetchval(query, limit))


async def can_be_used(db: Executor) -> bool:
    """Whether so few monitors are not indexed that the index is of use."""
    query = "SELECT count(*) FROM (SELECT FROM unindexed_smtp_monitors LIMIT $1) AS u"
    return bool(await db.fetchval(query, MANY) < MANY)


async def look_for(db: Executor, reach: Reach, text: str) -> Search:
    """What it takes to find *text*: the customers who match, and by a sample whether many monitors do."""
    query = """
        SELECT ARRAY(SELECT id
                       FROM customers
                      WHERE ($2::bigint IS NULL OR organization_id = $2)
                        AND ($3::bigint[] IS NULL OR id = ANY($3))
                        AND name ILIKE $1) AS customers,
               (SELECT coalesce(avg((words LIKE lower($1))::int), 0)::float
                  FROM indexed_smtp_monitors
                 TABLESAMPLE SYSTEM ((SELECT 100.0 * least(1, $4::float / greatest(relpages, 1))
                                        FROM pg_class
                                       WHERE oid = 'indexed_smtp_monitors'::regclass))) AS share
    """
    row = await db.fetchrow(query, containing(text), reach.organization_id, reach.customer_ids, SAMPLED)
    assert row is not None
    return Search(text, row["customers"], broad=len(text) < 3 or row["share"] > BROAD)


def find(values: Values, within: Within, wanted: Wanted, search: Search | None) -> Walk:
    """The monitors *within* a part that are *wanted*, or match a search, or both."""
    if search is None:
        return Union([_changed(within, "true", wanted), _of_wanted(within, wanted)], before=[UNINDEXED])
    match = _Match.of(values, within, search)
    of_words = _of_words(within, wanted, match)
    if match.customers is None:
        changed = _changed(within, f"({match.live})", wanted)
        return Union([changed, of_words], before=[UNINDEXED])
    own = Within(within.organization, match.customers, each=True)
    if wanted.anything:
        changed = _changed(within, f"({match.live}) AND NOT {own.has('r')}", wanted)
        return Union([changed, of_words, All(own)], before=[UNINDEXED])
    changed = _changed(within, f"({match.live} OR {own.has('r')})", wanted)
    return Union([changed, of_words, _of_wanted(own, wanted)], before=[UNINDEXED])


@dataclass(frozen=True, slots=True)
class _Match:
    """Conditions on a row ``r``: of what a monitor has *now*, and of what the index has."""

    live: str
    indexed: str
    trigrams: str | None  # what tells by the index alone which rows may match
    customers: str | None  # those that match, whose monitors are found by them

    @classmethod
    def of(cls, values: Values, within: Within, search: Search) -> "_Match":
        pattern = values.put(containing(search.text), "text")
        live = f"r.name ILIKE {pattern} OR r.hostname ILIKE {pattern}"
        indexed = f"r.words LIKE lower({pattern})"
        if search.customers and within.organization is None:
            # customers of several organizations
            theirs = f"SELECT organization_id, id FROM customers WHERE name ILIKE {pattern}"
            either = f"(r.organization_id, r.customer_id) IN ({theirs})"
            return cls(f"{live} OR {either}", f"({indexed} OR {either})", None, None)
        trigrams = None
        if not search.broad:
            trigrams = f"trigrams(r.words) @> trigrams(lower({values.put(search.text, 'text')}))"
        own = values.put(search.customers, "bigint[]") if search.customers else None
        return cls(live, indexed, trigrams, own)


def _changed(within: Within, condition: str, wanted: Wanted) -> Walk:
    """Those that are not indexed yet, by what they are now."""
    return Found(
        CHANGED,
        f"""
            SELECT r.organization_id, r.id
              FROM unindexed u
              JOIN smtp_monitors r ON r.organization_id = u.organization_id AND r.id = u.id
             WHERE {within.of("r")} AND {condition} AND {wanted.live("r")}
        """,
    )


def _of_wanted(within: Within, wanted: Wanted) -> Walk:
    """Those of a status or state; how many there are is kept."""
    indexed = wanted.indexed("r")
    counting = f"""
        ((SELECT coalesce(sum(r.smtp_monitors), 0)::bigint
            FROM indexed_smtp_monitor_counts r
           WHERE {within.of("r")} AND {indexed})
         - (SELECT count(*)
              FROM unindexed u
              JOIN indexed_smtp_monitors r ON r.organization_id = u.organization_id AND r.id = u.id
             WHERE {within.of("r")} AND {indexed}))
    """
    return Ordered(within, "indexed_smtp_monitors", f"{indexed} AND {INDEXED}", counting)


def _of_words(within: Within, wanted: Wanted, match: _Match) -> Walk:
    """Those whose words match, of customers who do not match themselves."""
    conditions = [match.indexed, INDEXED, wanted.indexed("r")]
    if match.customers is not None:
        conditions.append(f"NOT {Within(within.organization, match.customers, each=True).has('r')}")
    if match.trigrams is not None:
        conditions.append(match.trigrams)
    condition = " AND ".join(conditions)
    source = f"FROM indexed_smtp_monitors r WHERE {within.of('r')} AND {condition}"
    if match.trigrams is not None:
        return Found("found", f"SELECT r.organization_id, r.id {source}")
    return Ordered(within, "indexed_smtp_monitors", condition, f"(SELECT count(*) {source})")
