"""A public status page of ten monitors with 90 days each, in each of its forms."""

import contextlib
import tempfile
import time
from pathlib import Path

import psycopg

from tests.bench import database, options, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, emit, medians
from tests.bench.servers import OURS, WORKERS, running

CONNECTIONS = 64
BOUND = 5000
PAGE = "/status/bench"
FORMS = {"HTML": PAGE, "JSON": f"{PAGE}.json", "Atom": f"{PAGE}.atom", "badge": f"{PAGE}/badge.svg"}
READS_PER_SECOND = 0.5 * WORKERS  # of the database: each worker reads once in five seconds
FILL = """
    INSERT INTO status_page_slugs VALUES ('bench', %(organization)s);
    WITH page AS (
        INSERT INTO status_pages (organization_id, slug, title, visibility, shows_response_times)
        VALUES (%(organization)s, 'bench', 'Bench', 'public', true)
        RETURNING id
    )
    INSERT INTO status_page_smtp_monitors (organization_id, status_page_id, smtp_monitor_id, position, name)
    SELECT m.organization_id, page.id, m.id, m.id, 'Service ' || m.id
      FROM page
      JOIN (SELECT * FROM smtp_monitors WHERE organization_id = %(organization)s ORDER BY id LIMIT 10) m ON true;
    INSERT INTO smtp_check_days
    SELECT p.organization_id, p.smtp_monitor_id, date_trunc('day', now(), 'UTC') - n * interval '1 day',
           1440, n %% 9, 0, 1431, 1e5, 20, 200
      FROM status_page_smtp_monitors p
     CROSS JOIN generate_series(1, 90) AS n
     WHERE p.organization_id = %(organization)s;
"""
READS = (
    "SELECT coalesce(idx_scan, 0) + coalesce(seq_scan, 0) FROM pg_stat_user_tables WHERE relname = 'status_page_slugs'"
)


def main(arguments: list[str]) -> int:
    chosen = options.parse("status_pages", arguments, rounds=3)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "status_pages", monitors=1000)
        connection = stack.enter_context(psycopg.connect(loaded.url, autocommit=True))
        psycopg.ClientCursor(connection).execute(FILL, {"organization": loaded.organization_id})
        server = stack.enter_context(running(OURS, loaded, folder))
        for form in FORMS.values():
            warm_up(server, mode=form)
        rows, started, before = [], time.monotonic(), _reads(connection)
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += [
                measure(server, connections=CONNECTIONS, seconds=chosen.seconds, mode=form, name=name)
                for name, form in FORMS.items()
            ]
        reads = (_reads(connection) - before) / (time.monotonic() - started)
        table = medians(rows)
        bars = [
            *(Bar(f"{row.name}, requests/s", row.requests_per_second, BOUND) for row in table),
            Bar("reads of the page in the database, each second", reads, READS_PER_SECOND, at_most=True),
            Bar("errors", sum(row.errors for row in table), 0, at_most=True),
        ]
        return emit(table, bars, postgres_url=url, as_json=chosen.json)


def _reads(connection: psycopg.Connection) -> int:
    row = connection.execute(READS).fetchone()
    assert row is not None
    return int(row[0])
