"""A signed-in person's own account: sessions, password, passkeys, role."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from trading.audit import private
from trading.errors import NotFound, TradingError
from trading.sign_in import passkeys as keys
from trading.sign_in.cookies import browser_of
from trading.sign_in.forms import ROLE_WORDS, ChangeForm, PasskeyForm
from trading.sign_in.models import Login, Passkey, WebSession
from trading.sign_in.pages import answer_in
from trading.sign_in.passwords import hash_password, verify_password
from trading.sign_in.people import People
from trading.sign_in.services import SignIn
from trading.sign_in.sessions import end, own_session, roles_of_person, sessions_of, switch_role
from trading.web.security import actor_of
from trading.web.sessions import set_aside


def overview(context: Any, request: Request) -> dict[str, Any]:
    """Who one is here, and from where one is signed in."""
    actor, session = actor_of(request), request.dbsession
    now = request.platform.clock.now(session)
    return {
        "sessions": sessions_of(session, actor.person, now), "login": session.get(Login, actor.person),
        "passkeys": keys.passkeys_of(session, actor.person), "roles": roles_of_person(session, actor.person),
        "role_words": ROLE_WORDS, "possible": keys.possible(request.platform.settings),
    }  # fmt: skip


def end_session(context: Any, request: Request) -> Response:
    """End one of one's own sessions; the present one ends by signing out."""
    actor, session = actor_of(request), request.dbsession
    row = own_session(session, actor.person, str(request.POST.get("session", ""))[:32])
    end(session, row, request.platform.clock.now(session))
    private.record(session, "session.ended", request, None, {"session": row.id})
    return HTTPSeeOther(request.route_path("account"))


def switch(context: Any, request: Request) -> Response:
    """Act in another role from now on."""
    actor, session = actor_of(request), request.dbsession
    row = session.get(WebSession, actor.token)
    if row is None:
        raise NotFound("session-not-found")
    switch_role(session, row, str(request.POST.get("role", ""))[:20])
    private.record(session, "role.switched", request, None, {"role": row.role})
    return HTTPSeeOther(request.route_path("desk"))


def change(context: Any, request: Request, form: ChangeForm) -> dict[str, Any]:
    """The form for a new password."""
    return {}


def change_password(context: Any, request: Request, form: ChangeForm) -> Response:
    """A new password; sessions elsewhere end."""
    actor, session = actor_of(request), request.dbsession
    login = session.get(Login, actor.person)
    kept = login.password if login is not None else None
    with set_aside(session, request.tm):
        right = verify_password(kept, form.old.data)
        encoded = hash_password(form.password.data)
    if not right:
        raise TradingError("password-old", status=403)
    People(request.platform).change_password(session, actor.person, encoded, actor.token)
    private.record(session, "password.changed", request)
    return HTTPSeeOther(request.route_path("account"))


def passkeys(context: Any, request: Request, form: PasskeyForm) -> dict[str, Any]:
    """The page for a further passkey."""
    return {"possible": keys.possible(request.platform.settings)}


def add_passkey(context: Any, request: Request, form: PasskeyForm) -> Response:
    """Keep a further passkey."""
    actor, answer = actor_of(request), answer_in(form)
    with set_aside(request.dbsession, request.tm):
        SignIn(request.platform).add_passkey(
            actor.person, answer, form.label.data or "1", browser_of(request)
        )
    return HTTPSeeOther(request.route_path("account"))


def remove_passkey(context: Any, request: Request) -> Response:
    """Take a passkey away, but not the last second factor."""
    actor, session = actor_of(request), request.dbsession
    row = session.get(Passkey, str(request.POST.get("passkey", ""))[:64])
    if row is None or row.person_id != actor.person:
        raise NotFound("passkey-not-found")
    login = session.get(Login, actor.person)
    if len(keys.passkeys_of(session, actor.person)) == 1 and (login is None or login.totp is None):
        raise TradingError("passkey-last")
    session.delete(row)
    private.record(session, "passkey.removed", request, None, {"passkey": row.id})
    return HTTPSeeOther(request.route_path("account"))
