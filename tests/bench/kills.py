"""A thousand random kills of everything that runs, and whether anything acknowledged was lost."""

import argparse
import random
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from tests.bench.options import positive
from tests.product.kills import Kills
from tests.product.process import Product, kill


def main(arguments: list[str]) -> int:
    """0 if nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench kills", description=__doc__)
    parser.add_argument("--kills", type=positive, default=1000, metavar="N")
    parser.add_argument("--minutes", type=float, default=90, metavar="M", help="end after that time (90)")
    parser.add_argument("--seed", type=int, default=1, help="to choose the same kills again (1)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kills-") as directory:
        Path(directory).chmod(0o755)
        product = Product(Path(directory) / "data")
        kills = Kills(product, random.Random(options.seed))
        try:
            findings = kills.run(options.kills, options.minutes * 60, lambda line: print(line, flush=True))
        finally:
            if product.process is not None and product.process.poll() is None:
                product.stop()
            if product.database_runs:  # one whose server was killed last
                with suppress(psutil.NoSuchProcess):
                    kill(product.database.pid)
    print(findings)
    return 1 if findings.wrong else 0
