"""The demo's own SMTP server: start it and see green, stop it and see an incident."""

import json
import subprocess
import sys
from typing import Any

import psutil
import pytest

from tests.ports import free_port
from tests.product.process import RUN, Product, command_line, wait_until


def agents(product: Product) -> list[psutil.Process]:
    assert product.process is not None
    children = psutil.Process(product.process.pid).children(recursive=True)
    return [child for child in children if "agent" in (command_line(child) or [])]


@pytest.mark.slow
def test_start_it_and_see_green_stop_it_and_see_an_incident(product: Product) -> None:
    del product.environ["AGENT"]  # the default is what is shown
    token = product.start().partition("TOKEN=")[2].partition("\n")[0]

    def ask(method: str, path: str, body: object = None) -> Any:
        status, answer = product.ask(method, path, token, body)
        assert status == 200, answer
        return json.loads(answer)

    [monitor] = ask("GET", "/api/smtp-monitors?search=Demo")["items"]
    path = f"/api/smtp-monitors/{monitor['publicId']}"
    port = free_port()
    ask("PATCH", path, {"port": port})

    def check(verdict: str) -> None:
        """Trigger checks until one that began later says so."""
        ask("POST", f"{path}/trigger-check")
        wait_until(lambda: latest() == (verdict, port))

    def latest() -> tuple[str, int] | None:
        items = ask("GET", f"{path}/check-history?limit=1")["items"]
        return (items[0]["verdict"], items[0]["port"]) if items else None

    server = subprocess.Popen(
        [sys.executable, str(RUN), "demo-smtp", "--port", str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert "SMTP on" in server.stdout.readline()
        check("success")
        assert ask("GET", f"{path}/incident-history")["items"] == []
    finally:
        server.terminate()
        server.wait(10)
        assert server.stdout is not None
        server.stdout.close()
    check("failure")

    [agent] = agents(product)
    agent.kill()
    wait_until(lambda: [other.pid for other in agents(product)] not in ([], [agent.pid]))

    def incidents() -> list[Any]:
        ask("POST", f"{path}/trigger-check")
        items: list[Any] = ask("GET", f"{path}/incident-history")["items"]
        return items

    wait_until(lambda: bool(incidents()))
    assert incidents()[0]["code"] == "connect_refused"
    assert 'smtp_checks_total{location="de-nbg",verdict="failure"}' in product.ask("GET", "/metrics")[1]
    assert product.stop() == 0
    assert command_line(agent) is None
