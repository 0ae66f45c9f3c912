"""What was answered 200 is there after the server, the database or both were killed under load."""

import contextlib
import json
import threading

import psutil
import pytest

from tests.product.process import NO_ANSWER, Product, kill, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CLIENTS = 8
KILLS = 21
PATCHES_BEFORE_A_KILL = 100


class Client:
    """Counts up the name of a monitor of its own, so that a lost patch shows as a lower number."""

    def __init__(self, product: Product, token: str) -> None:
        self.product, self.token = product, token
        body = {"customerId": 10, "name": "0", "hostname": "a.example"}
        made = json.loads(product.ask("POST", "/api/smtp-monitors", token, body)[1])
        self.path = f"/api/smtp-monitors/{made['publicId']}"
        self.acknowledged = 0
        self.unavailable = 0

    def patch_until_killed(self) -> None:
        while True:
            body = {"name": f"{self.acknowledged + 1}"}
            try:
                status, _ = self.product.ask("PATCH", self.path, self.token, body)
            except NO_ANSWER:
                return
            if status == 200:
                self.acknowledged += 1
            else:
                assert status == 503
                self.unavailable += 1

    def read(self) -> int:
        return int(json.loads(self.product.ask("GET", self.path, self.token)[1])["name"])


def test_no_acknowledged_patch_is_lost(product: Product) -> None:
    token = product.start().partition("TOKEN=")[2].partition("\n")[0]
    clients = [Client(product, token) for _ in range(CLIENTS)]

    def sums(counted: str, goal: int) -> None:
        wait_until(lambda: sum(getattr(client, counted) for client in clients) >= goal)

    for number in range(KILLS):
        goal = sum(client.acknowledged for client in clients) + PATCHES_BEFORE_A_KILL
        refused = sum(client.unavailable for client in clients)
        threads = [threading.Thread(target=client.patch_until_killed) for client in clients]
        for thread in threads:
            thread.start()
        sums("acknowledged", goal)
        assert product.process is not None
        if number % 3 > 0:  # the database, too: at once, or first and seen by the clients
            kill(product.database.pid)
        if number % 3 == 1:
            sums("unavailable", refused + CLIENTS)
        for process in (psutil.Process(product.process.pid), *product.workers()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        product.process.wait()
        for thread in threads:
            thread.join()
        product.start()
        for client in clients:
            # one more may have been committed and its answer lost on the way
            assert client.read() - client.acknowledged in (0, 1)
            client.acknowledged = client.read()
