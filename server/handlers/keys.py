"""What the application and a request carry, by typed key."""

import asyncio

import asyncpg
from aiohttp import web

from server.access.caller import Caller
from server.access.callers import Callers
from server.access.token_uses import TokenUses
from server.checks.probe import Probe
from server.serving.config import Config
from sql.batches import Batcher
from sql.shared_reads import SharedReads
from sql.smtp_monitor_lookups import Lookup
from sql.smtp_monitor_patches import Patch

CONFIG = web.AppKey("CONFIG", Config)
POOL = web.AppKey("POOL", asyncpg.Pool)
COMMITS = web.AppKey("COMMITS", Batcher[Patch])
READS = web.AppKey("READS", Batcher[Lookup])
LISTS = web.AppKey("LISTS", SharedReads)
CALLERS = web.AppKey("CALLERS", Callers)
TOKEN_USES = web.AppKey("TOKEN_USES", TokenUses)
CALLER = web.RequestKey("CALLER", Caller)
# Attempts to log in count while they are judged, so few are judged at once; argon2 fills the cores anyway.
JUDGING = web.AppKey("JUDGING", asyncio.Semaphore)
# Probes that people ask for and wait for, as many at once.
PROBING = web.AppKey("PROBING", asyncio.Semaphore)
PROBE: web.AppKey[Probe] = web.AppKey("PROBE")
