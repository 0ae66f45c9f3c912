"""/readyz while the database answers, but nothing can be written to it."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from server.cli import embedded, migrations
from server.serving.app import create_app
from server.serving.config import Config
from tests.conftest import AiohttpClient, Api


async def test_a_database_that_can_only_be_read_is_not_ready(
    db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient
) -> None:
    read_only = "options=-c%20default_transaction_read_only%3Don"
    own = replace(config, database_url=f"{config.database_url}&{read_only}")
    api = Api(await aiohttp_client(create_app(own)), db, own)
    answer = await api.call("GET", "/readyz", None, headers={"Accept-Language": "en"})
    assert (answer.status, (await answer.json())["code"]) == (503, "database_read_only")
    assert (await api.get()).status == 200
    assert (await api.patch({"port": 26})).status == 503


async def test_a_standby_is_not_ready(tmp_path: Path, config: Config, aiohttp_client: AiohttpClient) -> None:
    with embedded.database(tmp_path, exclusive=True) as url:
        migrations.migrate(url)
    (tmp_path / "postgres" / "standby.signal").touch()
    with embedded.database(tmp_path, exclusive=True) as url:
        client = await aiohttp_client(create_app(replace(config, database_url=url)))
        async with client.get("/readyz") as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "database_read_only")
        await client.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that can be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount can fill a disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


async def test_a_full_disk_is_not_ready(
    small_disk: Path, db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient
) -> None:
    with embedded.database(small_disk, exclusive=True) as url:
        migrations.migrate(url)
        own = Api(await aiohttp_client(create_app(replace(config, database_url=url))), db, config)
        ready = await own.call("GET", "/readyz", None)
        assert ready.status == 200
        fill(small_disk / "filling")
        full = await own.call("GET", "/readyz", None)
        assert (full.status, (await full.json())["code"]) == (503, "database_read_only")
        (small_disk / "filling").unlink()
        assert (await own.call("GET", "/readyz", None)).status == 200
        await own.client.close()


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 4096):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size):
                    pass
