"""What a server has acknowledged, so that nothing of it can be lost unseen."""

import json
import threading
import time

from tests.product.process import NO_ANSWER, Product

PAUSE = 0.005  # seconds between two requests of a client
RETRY = 0.05  # and after one without an answer
MONITORS = "/api/smtp-monitors"
CREATED_EVERY = 200  # patches
PATIENCE = 120.0  # seconds for a server to come back


class Client(threading.Thread):
    """Counts up the name of a monitor of its own, and now and then makes another monitor, until it is told to end.

    A patch whose end is unknown may be committed later than it was given up, but never undoes the next one.
    """

    def __init__(self, product: Product, token: str) -> None:
        super().__init__(daemon=True)
        self.product, self.token = product, token
        self.public_id = self._create()
        self.acknowledged: list[int] = [0]
        self.unknown: set[int] = set()
        self.created: list[str] = []
        self.complaints: list[str] = []
        self._last = 0
        self._ending = threading.Event()

    def run(self) -> None:
        try:
            while not self._ending.is_set():
                self._write()
            self._compare(self._read())
            for public_id in self.created:
                self._until_answered("GET", f"{MONITORS}/{public_id}", 200)
        except TimeoutError as error:
            self.complaints.append(str(error))

    def end(self) -> None:
        """Have it look for the last time, and wait for that."""
        self._ending.set()
        self.join()

    def _write(self) -> None:
        if not self._patch():
            self._compare(self._read())
            return
        time.sleep(PAUSE)
        if len(self.acknowledged) % CREATED_EVERY == 0:
            self.created.append(self._create())

    def _patch(self) -> bool:
        self._last += 1
        status, answer = self._ask("PATCH", f"{MONITORS}/{self.public_id}", {"name": str(self._last)})
        if status == 200:
            self.acknowledged.append(self._last)
            return True
        self.unknown.add(self._last)
        if status != 503:
            self.complaints.append(f"PATCH: {status}: {answer}")
        return False

    def _create(self) -> str:
        body = {"customerId": 10, "name": "0", "hostname": "a.example", "status": "disabled"}
        return str(json.loads(self._until_answered("POST", MONITORS, 201, body))["publicId"])

    def _read(self) -> int:
        return int(json.loads(self._until_answered("GET", f"{MONITORS}/{self.public_id}", 200))["name"])

    def _compare(self, name: int) -> None:
        if name != self.acknowledged[-1] and name not in self.unknown:
            self.complaints.append(f"the name is {name}, but {self.acknowledged[-1]} was acknowledged")

    def _until_answered(self, method: str, path: str, expected: int, body: object = None) -> str:
        """Ask again for as long as the server may take to come back."""
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer = self._ask(method, path, body)
            if status == expected:
                return answer
            if status != 503:
                self.complaints.append(f"{method} {path}: {status}: {answer}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}: {status}, not {expected}, for {PATIENCE:.0f} s: {answer}")
            time.sleep(RETRY)

    def _ask(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """503 also where nobody answers."""
        try:
            return self.product.ask(method, path, self.token, body)
        except NO_ANSWER as error:
            return 503, repr(error)
