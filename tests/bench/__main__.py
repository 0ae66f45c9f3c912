"""Start here: ``.venv/bin/python -m tests.bench fleet``."""

import importlib
import sys

COMMANDS = {
    "probe": "probes a second against smtp-sink, beside others",
    "list": "pages of a million monitors",
    "fleet": "100,000 monitors checked every minute",
    "chaos": "agents, server and database killed at random",
}


def main(arguments: list[str]) -> int:
    """Run one benchmark; 0 if its bars hold, 1 if one does not, 2 if it cannot run."""
    if not arguments or arguments[0] not in COMMANDS:
        for name, purpose in COMMANDS.items():
            print(f"  {name:12} {purpose}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"tests.bench.{arguments[0]}")
    return int(module.main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
