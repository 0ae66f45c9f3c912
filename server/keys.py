"""What the application and a request carry, by typed key."""

import asyncio

import asyncpg
from aiohttp import web

from server.auth import Caller, Callers
from server.checks.probe import Probe
from server.config import Config
from server.shared_reads import SharedReads
from server.token_uses import TokenUses
from sql.group_commit import GroupCommit
from sql.smtp_monitor_lookups import Lookup
from sql.smtp_monitor_patches import Patch

CONFIG = web.AppKey("CONFIG", Config)
POOL = web.AppKey("POOL", asyncpg.Pool)
COMMITS = web.AppKey("COMMITS", GroupCommit[Patch])
READS = web.AppKey("READS", GroupCommit[Lookup])
LISTS = web.AppKey("LISTS", SharedReads)
CALLERS = web.AppKey("CALLERS", Callers)
TOKEN_USES = web.AppKey("TOKEN_USES", TokenUses)
CALLER = web.RequestKey("CALLER", Caller)
# Attempts to log in count while they are judged, so few are judged at once; argon2 fills the cores anyway.
JUDGING = web.AppKey("JUDGING", asyncio.Semaphore)
# Probes that people ask for and wait for, as many at once.
PROBING = web.AppKey("PROBING", asyncio.Semaphore)
PROBE: web.AppKey[Probe] = web.AppKey("PROBE")
