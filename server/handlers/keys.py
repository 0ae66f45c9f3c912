"""What the application and a request carry, by typed key."""

from collections.abc import Sequence

import asyncpg
from aiohttp import web

from server.access.caller import Caller
from server.access.callers import Callers
from server.access.cells import Cell, Cells
from server.access.fair_slots import FairSlots
from server.access.key_ring import KeyRing
from server.access.listeners import Listeners
from server.access.passwords import Hasher
from server.access.reached_cells import ReachedCells
from server.access.signer import Signer
from server.http.requests import ADDRESS, Network
from server.resources.audit import Actor
from server.resources.smtp_checks import Probe
from server.resources.smtp_monitor_changes import ChangeKeeper
from server.resources.status_page_cache import StatusPages
from sql.shared_reads import SharedReads

DIRECTORY = web.AppKey("DIRECTORY", asyncpg.Pool)  # of cell 0
CELLS = web.AppKey("CELLS", Cells)
CELL = web.RequestKey("CELL", Cell)  # that the request is about
LISTENERS = web.AppKey("LISTENERS", Listeners)
LISTS = web.AppKey("LISTS", SharedReads)
STATUS_PAGES = web.AppKey("STATUS_PAGES", StatusPages)
KEY_RING = web.AppKey("KEY_RING", KeyRing)
CHANGES = web.AppKey("CHANGES", ChangeKeeper)
TRUSTED_PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("TRUSTED_PROXIES")

CALLERS = web.AppKey("CALLERS", Callers)
CALLER = web.RequestKey("CALLER", Caller)
SIGNER = web.AppKey("SIGNER", Signer)
SESSION_HOURS = web.AppKey("SESSION_HOURS", int)
HASHER = web.AppKey("HASHER", Hasher)

PROBE: web.AppKey[Probe] = web.AppKey("PROBE")
PROBING = web.AppKey("PROBING", FairSlots)


def reached(request: web.Request) -> ReachedCells:
    """The cells that the caller reaches."""
    return ReachedCells(request.app[CELLS], request[CELL], request[CALLER].reach)


async def home_of(request: web.Request) -> Cell:
    """Where the caller lives, who may ask about another cell."""
    return await request.app[CELLS].of_organization(request[CALLER].organization_id)


def actor(request: web.Request) -> Actor:
    """Who makes the change that a request asks for, for the audit."""
    return Actor.of(request[CALLER], request[ADDRESS])
