"""A URL of several hosts as one URL for each."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def one_by_one(dsn: str) -> list[str]:
    """In the order in which *dsn* names them, before its path or as ``host`` in its query, with their ports."""
    parts = urlsplit(dsn)
    account, at, hosts = parts.netloc.rpartition("@")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "," in hosts:
        return [urlunsplit(parts._replace(netloc=f"{account}{at}{host}")) for host in hosts.split(",")]
    if hosts or "," not in query.get("host", ""):
        return [dsn]
    names = query["host"].split(",")
    ports = query["port"].split(",") if "port" in query else []
    if len(ports) == 1:
        ports *= len(names)
    queries = [{**query, "host": name} for name in names]
    for each, port in zip(queries, ports, strict=False):
        each["port"] = port
    return [urlunsplit(parts._replace(query=urlencode(each))) for each in queries]
