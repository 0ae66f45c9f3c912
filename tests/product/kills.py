"""A server and what it starts, killed at random moments while clients write: nothing acknowledged may be lost."""

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import psycopg

from server.cli import postmaster
from server.cli.cluster import Cluster
from tests.product.ledger import Client
from tests.product.process import Product, command_line, kill, wait_until

CLIENTS = 4
SETTINGS = {"AGENT": "on", "LOG_LEVEL": "WARNING"}
QUIET = (0.0, 0.4)  # seconds from one kill that was survived to the next
PYTHON_SECONDS = 0.2  # until Python itself has started
DATABASE_SECONDS = 0.5  # in which a killed database is started again
NAMES = """
    SELECT after->>'name'
      FROM smtp_monitor_changes h
      JOIN smtp_monitors m ON m.organization_id = h.organization_id AND m.id = h.smtp_monitor_id
     WHERE m.public_id = %s
"""
MISCOUNTED = """
    SELECT organization_id
      FROM (SELECT organization_id, sum(smtp_monitors) AS counted FROM organization_counts GROUP BY 1) c
     WHERE counted <> (SELECT count(*) FROM smtp_monitors m WHERE m.organization_id = c.organization_id)
"""


@dataclass
class Findings:
    """What was killed, what was acknowledged, and what is wrong."""

    kills: dict[str, int]
    seconds: float = 0.0
    patches: int = 0
    unknown: int = 0
    created: int = 0
    longest_start: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{sum(self.kills.values())} kills in {self.seconds:.0f} s: {json.dumps(self.kills)}; "
            f"{self.patches} patches and {self.created} new monitors acknowledged, "
            f"{self.unknown} patches of unknown end; longest start {self.longest_start:.1f} s; "
            f"wrong: {'; '.join(self.wrong) or 'nothing'}"
        )


class Kills:
    def __init__(self, product: Product, chance: random.Random) -> None:
        self._product, self._chance = product, chance
        self._kinds: dict[str, Callable[[], None]] = {
            "worker": self._kill_worker,
            "agent": self._kill_agent,
            "postmaster": lambda: self._postmaster().kill(),
            "database": self._kill_database,
            "database in its start": self._kill_database_in_its_start,
            "server": self._kill_server,
            "server in its start": self._kill_server_in_its_start,
        }
        self._began = time.monotonic()
        self._clients: list[Client] = []
        self.findings = Findings(dict.fromkeys(self._kinds, 0))

    def run(self, number: int, seconds: float, tell: Callable[[str], None]) -> Findings:
        """So many kills, or as many as there are in the time; tells of each fifty. Ends where something is wrong."""
        token = self._start().partition("TOKEN=")[2].partition("\n")[0]
        self._clients = [Client(self._product, token) for _ in range(CLIENTS)]
        for client in self._clients:
            client.start()
        for done in range(1, number + 1):
            if time.monotonic() > self._began + seconds or self._sum_up().wrong:
                break
            self._survive_a_kill()
            if done % 50 == 0 or self.findings.wrong:
                tell(str(self._sum_up()))
        for client in self._clients:
            client.end()
        if not self._sum_up().wrong:
            self._look_into_database()
            self._stop()
        return self._sum_up()

    def _survive_a_kill(self) -> None:
        time.sleep(self._chance.uniform(*QUIET))  # the moment is what is tested
        kills = self.findings.kills
        kind = self._chance.choice([kind for kind in kills if kills[kind] == min(kills.values())])
        kills[kind] += 1
        try:
            self._kinds[kind]()
            wait_until(self._product.ready)
        except AssertionError as error:
            words = [
                log.read_text()[-2000:] for log in (self._product.log, self._product.data_dir / "postgres" / "log")
            ]
            self.findings.wrong.append("\n".join([f"not ready after: {kind} {error}", *words]))

    def _kill_worker(self) -> None:
        self._kill_one(self._product.workers)

    def _kill_agent(self) -> None:
        self._kill_one(self._agents)

    def _kill_one(self, find: Callable[[], list[psutil.Process]]) -> None:
        found: list[psutil.Process] = []

        def some() -> bool:
            found.extend(find())
            return bool(found)

        wait_until(some)
        with suppress(psutil.NoSuchProcess):  # it may have ended since
            self._chance.choice(found).kill()

    def _kill_database(self) -> None:
        kill(self._postmaster().pid)

    def _kill_database_in_its_start(self) -> None:
        killed = self._postmaster().pid
        kill(killed)
        wait_until(lambda: self._postmaster().pid != killed)
        time.sleep(self._chance.uniform(0, DATABASE_SECONDS))  # the moment is what is tested
        self._kill_database()

    def _kill_server(self) -> None:
        self._kill_from_the_top()
        self._start()

    def _kill_server_in_its_start(self) -> None:
        self._kill_from_the_top()
        self._product.launch(**SETTINGS)
        time.sleep(self._chance.uniform(PYTHON_SECONDS, self._usual_start))  # the moment is what is tested
        self._kill_from_the_top()
        self._start()

    def _kill_from_the_top(self) -> None:
        """The first process alone, with its workers, or with all that it started."""
        process = self._product.process
        assert process is not None
        extent = self._chance.choice(("one", "workers", "all"))
        workers = self._product.workers() if extent == "workers" else []
        if extent == "all":
            kill(process.pid)
        for each in (process, *workers):
            with suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()

    def _start(self) -> str:
        self._judge_log()
        began = time.monotonic()
        printed = self._product.start(**SETTINGS)
        wait_until(lambda: bool(self._product.workers()))  # the first answer may be of one whose server was killed
        self._usual_start = time.monotonic() - began
        self.findings.longest_start = max(self.findings.longest_start, self._usual_start)
        return printed

    def _stop(self) -> None:
        status = self._product.stop()
        if status or self._product.database_runs:
            self.findings.wrong.append(f"the server stopped with {status}")
        self._judge_log()

    def _judge_log(self) -> None:
        """A kill is no reason for a traceback."""
        log = self._product.log.read_text() if self._product.log.exists() else ""
        if "Traceback" in log:
            self.findings.wrong.append(log[max(0, log.index("Traceback") - 500) :][:4000])

    def _agents(self) -> list[psutil.Process]:
        assert self._product.process is not None
        family = psutil.Process(self._product.process.pid).children(recursive=True)
        return [process for process in family if "agent" in (command_line(process) or ())]

    def _postmaster(self) -> psutil.Process:
        """Looked for and found in one look: its file may name a dead one a moment later."""
        found: list[psutil.Process] = []

        def runs() -> bool:
            found[:] = filter(None, [postmaster.process(self._product.data_dir / "postgres", alone=True)])
            return bool(found)

        wait_until(runs)
        return found[0]

    def _look_into_database(self) -> None:
        """Every acknowledged patch has left its change, and the monitors are counted rightly."""
        url = Cluster(self._product.data_dir / "postgres", alone=False).url
        with psycopg.connect(url) as connection:
            for client in self._clients:
                kept = {name for (name,) in connection.execute(NAMES, [client.public_id])}
                if lost := [number for number in client.acknowledged if str(number) not in kept]:
                    self.findings.wrong.append(f"{client.public_id} has lost {lost}")
            if miscounted := connection.execute(MISCOUNTED).fetchall():
                self.findings.wrong.append(f"miscounted: {miscounted}")

    def _sum_up(self) -> Findings:
        findings, clients = self.findings, self._clients
        findings.seconds = time.monotonic() - self._began
        findings.patches = sum(len(client.acknowledged) for client in clients)
        findings.unknown = sum(len(client.unknown) for client in clients)
        findings.created = sum(len(client.created) for client in clients)
        findings.wrong += [client.complaints.pop() for client in clients if client.complaints]
        return findings
