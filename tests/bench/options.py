"""The options that every benchmark has."""

import argparse
from collections.abc import Callable


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def parse(
    name: str,
    arguments: list[str],
    *,
    rounds: int = 5,
    seconds: int = 5,
    more: Callable[[argparse.ArgumentParser], None] | None = None,
) -> argparse.Namespace:
    """*json*, *rounds* and *seconds*, and whatever *more* adds."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.bench {name}")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--rounds", type=positive, default=rounds, metavar="N", help=f"default {rounds}")
    parser.add_argument(
        "--seconds", type=positive, default=seconds, metavar="S", help=f"of each run; default {seconds}"
    )
    if more is not None:
        more(parser)
    return parser.parse_args(arguments)
