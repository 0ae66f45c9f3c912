"""How much of a history is read at once: the newest checks, incidents or alerts of a monitor."""

from server.fields.parser import Parameter
from server.http import query

FILTERS: dict[str, Parameter] = {"limit": query.number(1, 200)}
DEFAULT_LIMIT = 50
