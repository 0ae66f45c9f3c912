"""``python -m tests.bench list``: the measurements behind what is promised of speed."""

import sys

from tests.bench import list as list_bench

BENCHES = {"list": list_bench.main}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:] or [""]
    if name not in BENCHES:
        sys.exit(f"usage: python -m tests.bench {{{','.join(BENCHES)}}} …")
    sys.exit(BENCHES[name](arguments))
