"""python -m tests.bench probe: the benchmarks, by name."""

import sys

from tests.bench import probe

BENCHMARKS = {"probe": probe.main}

if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in BENCHMARKS:
        sys.exit(f"usage: python -m tests.bench {'|'.join(BENCHMARKS)} [OPTION …]")
    sys.exit(BENCHMARKS[sys.argv[1]](sys.argv[2:]))
