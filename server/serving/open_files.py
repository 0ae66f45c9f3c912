"""Each connection takes a file, of which a process may have only so many."""

import resource
import sys

RESERVED_FILES = 128  # for the database, logs, metrics, and connections that are being closed


def affordable_connections() -> int:
    """How many connections the limit of open files allows, beside the RESERVED_FILES."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(allowed - RESERVED_FILES, allowed // 2)
