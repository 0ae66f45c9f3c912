"""Start here: ``.venv/bin/python -m tests.bench patch``."""

import importlib
import signal
import sys

from tests.bench.unusable import UnusableError

# each is a module beside this one, with main(arguments) -> int
COMMANDS = {
    "patch": "PATCH of 10,000 monitors at 1, 64 and 256 connections: this server, peers, pgbench",
    "profile": "where the microseconds of a PATCH go",
    "scale": "PATCH throughput with 10,000, 1 million and 5 million monitors",
    "mixed": "mixed requests over a skewed choice of monitors, against PATCHes of one shape",
    "tenants": "PATCHes of 64 organizations at once against those of one",
    "cells": "several databases against one, one that hangs, and 64 of them",
    "connections": "10,000 connections at once",
    "events": "PATCH while 1,000 listen to events, against none",
    "audit": "PATCH with every change kept, against none kept",
    "probe": "probes per second beside blackbox_exporter and check_smtp",
    "list": "pages of an organization with 1 million monitors against those of one with 10,000",
    "console": "pages of the console with 10,000 monitors, then events and status_pages",
    "status_pages": "a public status page as HTML, JSON, feed and badge, at 64 connections",
    "fleet": "100,000 monitors checked every minute, and every result stored",
    "hostile": "a million hostile requests: no 5xx but 503, no hang, no growth of memory",
    "chaos": "agents, server and database killed at random for ten minutes",
    "failover": "PATCHes while a pair of Patroni switches over and is killed, stopped and cut off: nothing is lost",
    "kills": "1,000 random kills of server, workers, agent and database: nothing acknowledged is lost",
}


def main(arguments: list[str]) -> int:
    """Run one benchmark; 0 if its bars hold, 1 if one does not, 2 if it cannot run."""
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m tests.bench BENCHMARK [--json] [--rounds N] [--seconds S]", file=sys.stderr)
        for name, purpose in COMMANDS.items():
            print(f"  {name:12} {purpose}", file=sys.stderr)
        return 2
    # so that everything that was started is stopped, too
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    module = importlib.import_module(f"tests.bench.{arguments[0]}")
    try:
        return int(module.main(arguments[1:]))
    except UnusableError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
