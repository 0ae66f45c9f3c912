"""What was answered 200 is there after everything was killed at once."""

import json
import os
import signal
import threading
from urllib.error import URLError

import psutil

from tests.product import Product, wait_until

CLIENTS = 8
KILLS = 3
PATCHES_BEFORE_A_KILL = 200


def kill_everything(product: Product) -> None:
    assert product.process is not None
    postmaster = int((product.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    for root in (product.process.pid, postmaster):
        for process in [psutil.Process(root), *psutil.Process(root).children(recursive=True)]:
            os.kill(process.pid, signal.SIGKILL)
    product.process.wait()


def test_no_acknowledged_patch_is_lost(product: Product) -> None:
    token = product.start().partition("TOKEN=")[2].partition("\n")[0]
    body = {"customerId": 10, "name": "0", "hostname": "a.example"}
    made = [product.ask("POST", "/api/smtp-monitors", token, body)[1] for _ in range(CLIENTS)]
    paths = [f"/api/smtp-monitors/{json.loads(monitor)['publicId']}" for monitor in made]
    acknowledged = [0] * CLIENTS

    def patch_until_killed(client: int) -> None:
        while True:
            # the name counts up, so a lost patch shows as a lower number
            number = acknowledged[client] + 1
            try:
                status, _ = product.ask("PATCH", paths[client], token, {"name": f"{number}"})
            except (URLError, OSError):
                return
            if status == 200:
                acknowledged[client] = number

    for kill in range(1, KILLS + 1):
        clients = [threading.Thread(target=patch_until_killed, args=(client,)) for client in range(CLIENTS)]
        for client in clients:
            client.start()
        wait_until(lambda kill=kill: sum(acknowledged) >= kill * PATCHES_BEFORE_A_KILL)  # type: ignore[misc]
        kill_everything(product)
        for client in clients:
            client.join()
        product.start()
        for number, path in enumerate(paths):
            name = json.loads(product.ask("GET", path, token)[1])["name"]
            # one more may have been committed and its answer lost on the way
            assert int(name) in (acknowledged[number], acknowledged[number] + 1)
            acknowledged[number] = int(name)
