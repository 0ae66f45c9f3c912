"""Log in, log out, choose a language."""

from typing import Any

from server.console import cookies
from server.console.visit import Visit, see_other
from server.handlers.keys import KEY_RING
from server.http.answers import Answer


async def get_log_in(visit: Visit) -> Answer:
    if visit.token and (await visit.ask("GET", "/api/session")).ok:
        return see_other(_next(visit))
    return visit.render("log_in.html", step="password", words=None, email="", next=_next(visit))


async def post_log_in(visit: Visit) -> Answer:
    """Address and password; then, where the account has one, the code of the second factor."""
    form = await visit.texts()
    ring = visit.request.app[KEY_RING]
    kept = cookies.pending_of(visit.request, ring)
    if "code" in form and kept is None:
        return visit.render("log_in.html", step="password", words="login.late", email="", next=_next(visit))
    body: dict[str, Any] = {name: form[name] for name in ("email", "password") if name in form}
    if form.get("organizationId", "").isdecimal():
        body["organizationId"] = int(form["organizationId"])
    if kept is not None and "code" in form:
        body = {**kept, "code": form["code"].replace(" ", "")}
    visit.token = ""
    reply = await visit.ask("POST", "/api/sessions", body)
    if reply.ok:
        answer = see_other(_next(visit))
        answer.own_headers |= cookies.session(visit.request, reply.body["token"])
        return answer
    if reply.code == "two_factor_required":
        answer = visit.render("log_in.html", step="code", words=None, email=body["email"], next=_next(visit))
        answer.own_headers |= cookies.pending(visit.request, ring, body)
        return answer
    words = reply.body.get("detail") or reply.body["message"]
    step = "code" if reply.code == "two_factor_wrong" else "password"
    return visit.render(
        "log_in.html", status=reply.status, step=step, words=words, email=body.get("email", ""), next=_next(visit)
    )


async def post_log_out(visit: Visit) -> Answer:
    await visit.ask("DELETE", "/api/session")
    answer = see_other("/login", notice="login.ended")
    answer.own_headers |= cookies.session(visit.request, "")
    return answer


async def post_language(visit: Visit) -> Answer:
    form = await visit.texts()
    answer = see_other(_local(form.get("next", "/")))
    chosen = form.get("language", "de")
    answer.own_headers |= cookies.language(visit.request, chosen if chosen in ("de", "en") else "de")
    return answer


def _next(visit: Visit) -> str:
    return _local(visit.request.query.get("next", "/"))


def _local(path: str) -> str:
    """A path of this site, and nothing that a browser takes for another one."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain else "/"
