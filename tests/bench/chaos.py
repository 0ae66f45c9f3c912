"""Ten minutes of kills, and whether everything was checked, opened and told as promised."""

import argparse
import tempfile
from pathlib import Path

from tests.product import chaos


def main(arguments: list[str]) -> int:
    """0 if every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench chaos")
    parser.add_argument("--minutes", type=float, default=10, metavar="M")
    parser.add_argument("--seed", type=int, help="to repeat the same kills")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        Path(directory).chmod(0o755)
        findings = chaos.run(Path(directory), options.minutes * 60, seed=options.seed)
    print(findings)
    return 0 if findings.fine else 1
