"""aiohttp still has the private parts that ``server.serving.protocol`` reaches into, and they mean what they did."""

import inspect
import re
from importlib.metadata import requires, version

import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

# where each part is written, as a text that the class's source has in it
PARTS = [
    (RequestHandler, "_reading_paused", r"if self\._reading_paused|def resume_reading"),
    (RequestHandler, "_current_request", r"self\._current_request = "),
    (RequestHandler, "_request_in_progress", r"self\._request_in_progress = "),
    (RequestHandler, "_task_handler", r"self\._task_handler = "),
    (RequestHandler, "_request_count", r"self\._request_count"),
    (web.AppRunner, "_reg_site", r"def _reg_site\(self, site: BaseSite\)"),
    (web.SockSite, "_backlog", r"backlog=self\._backlog"),
    (web.AppRunner, "_make_server", r"async def _make_server\(self\)"),
    (web.Server, "_loop", r"self\._loop = "),
    (web.Server, "_connections", r"self\._connections: dict\[RequestHandler"),
    (web.Server, "_kwargs", r"self\._kwargs = "),
    (web.Application, "_handle", r"async def _handle\(self, request"),
    (web.BaseRequest, "_message", r"self\._message = message"),
    (web.Request, "_match_info", r"self\._match_info"),
    (UrlMappingMatchInfo, "add_app", r"def add_app\(self, app"),
    (UrlMappingMatchInfo, "freeze", r"def freeze\(self\)"),
]


@pytest.mark.parametrize(
    ("owner", "part", "written"), PARTS, ids=[f"{owner.__name__}.{part}" for owner, part, _ in PARTS]
)
def test_the_part_is_there(owner: type, part: str, written: str) -> None:
    source = "".join(inspect.getsource(one) for one in owner.__mro__ if one.__module__.startswith("aiohttp"))
    moved = (
        f"aiohttp {version('aiohttp')}: {owner.__name__}.{part} has moved; read it again, then mend serving/protocol"
    )
    assert re.search(written, source), moved


def test_the_servers_class_can_be_changed() -> None:
    assert "__slots__" not in vars(web.Server), "web.Server has got slots: ``server.__class__ = Server`` fails"


def test_aiohttp_is_pinned_to_the_minor_release_that_was_read() -> None:
    [pinned] = [one for one in requires("smtp-monitors") or () if re.match(r"aiohttp[<>=~]", one)]
    minor = ".".join(version("aiohttp").split(".")[:2])
    assert set(re.findall(r"[<>=~]+[0-9.]+", pinned)) == {f">={minor}", f"<3.{int(minor.split('.')[1]) + 1}"}
