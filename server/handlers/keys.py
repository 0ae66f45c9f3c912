"""What the application and a request carry, by typed key."""

from collections.abc import Sequence

import asyncpg
from aiohttp import web

from server.access.caller import Caller
from server.access.callers import Callers
from server.access.fair_slots import FairSlots
from server.access.key_ring import KeyRing
from server.access.passwords import Hasher
from server.access.session_uses import SessionUses
from server.access.signer import Signer
from server.http.requests import ADDRESS, Network
from server.resources.audit import Actor
from server.resources.smtp_checks import Probe
from server.resources.smtp_monitor_changes import ChangeKeeper
from sql.batches import Batcher
from sql.shared_reads import SharedReads
from sql.smtp_monitor_lookups import Lookup
from sql.smtp_monitor_patches import Patch

POOL = web.AppKey("POOL", asyncpg.Pool)
PATCHES = web.AppKey("PATCHES", Batcher[Patch])
LOOKUPS = web.AppKey("LOOKUPS", Batcher[Lookup])
LISTS = web.AppKey("LISTS", SharedReads)
KEY_RING = web.AppKey("KEY_RING", KeyRing)
CHANGES = web.AppKey("CHANGES", ChangeKeeper)
TRUSTED_PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("TRUSTED_PROXIES")

CALLERS = web.AppKey("CALLERS", Callers)
CALLER = web.RequestKey("CALLER", Caller)
USES = web.AppKey("USES", SessionUses)
SIGNER = web.AppKey("SIGNER", Signer)
SESSION_HOURS = web.AppKey("SESSION_HOURS", int)
HASHER = web.AppKey("HASHER", Hasher)

PROBE: web.AppKey[Probe] = web.AppKey("PROBE")
PROBING = web.AppKey("PROBING", FairSlots)


def actor(request: web.Request) -> Actor:
    """Who makes the change that a request asks for, for the audit."""
    return Actor.of(request[CALLER], request[ADDRESS])
