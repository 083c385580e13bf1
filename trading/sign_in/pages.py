"""The pages of signing in."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select

from signing.encoding import b64decode
from signing.errors import EncodingError
from trading.accounts.models import Organisation, Person
from trading.audit import private
from trading.errors import NotFound, TradingError
from trading.sign_in import codes, passkeys
from trading.sign_in.cookies import browser_of, entered, half_of, left
from trading.sign_in.forms import (
    ROLE_WORDS,
    CertificateForm,
    CodeForm,
    InvitationForm,
    PasskeyForm,
    PasswordForm,
)
from trading.sign_in.models import ADMIN, PersonRole, WebSession
from trading.sign_in.people import People, username_of
from trading.sign_in.services import SignIn
from trading.sign_in.sessions import end
from trading.web.security import actor_of
from trading.web.sessions import set_aside

_HOME = "/desk"


def _alone(request: Request) -> AbstractContextManager[None]:
    # Attempts have transactions of their own; SQLite's one write lock must not be held meanwhile.
    return set_aside(request.dbsession, request.tm)


def _onward(request: Request) -> str:
    """Where the reader wanted to go: an address of this platform, or their desk."""
    wanted = str(request.params.get("next") or "")
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return quote(wanted, safe="/?&=%+:;,@!~*'()") if local else _HOME


def _with_next(request: Request, route: str) -> str:
    wanted = _onward(request)
    return str(request.route_path(route, _query={"next": wanted} if wanted != _HOME else {}))


def sign_in(context: Any, request: Request, form: Any) -> dict[str, Any]:
    """All ways in."""
    if not isinstance(form, PasswordForm):
        # What a passkey's or certificate's form was refused for is shown above the password's.
        shown = PasswordForm(request)
        shown.problems = form.problems
        form.problems = shown.problems
    settings = request.platform.settings
    return {
        "next": _onward(request), "by_password": form if isinstance(form, PasswordForm) else shown,
        "passkeys": passkeys.possible(settings),
        "demo": _demo_persons(request) if settings.demo_sign_in else [],
    }  # fmt: skip


def with_password(context: Any, request: Request, form: PasswordForm) -> Response:
    """Name and password; the second factor follows."""
    with _alone(request):
        opened = SignIn(request.platform).with_password(
            username_of(form.username.data), form.password.data, browser_of(request)
        )
    step = "sign-in.setup" if opened.row.stage == "setup" else "sign-in.code"
    return entered(request, opened, _with_next(request, step))


def code(context: Any, request: Request, form: CodeForm) -> Any:
    """The second step."""
    if not half_of(request):
        return HTTPSeeOther(_with_next(request, "sign-in"))
    return {"next": _onward(request), "passkeys": passkeys.possible(request.platform.settings)}


def with_code(context: Any, request: Request, form: CodeForm) -> Response:
    """The app's code."""
    with _alone(request):
        opened = SignIn(request.platform).with_code(half_of(request), form.code.data, browser_of(request))
    return entered(request, opened, _onward(request))


def setup(context: Any, request: Request, form: Any) -> Any:
    """The first second factor: an authenticator app or a passkey."""
    half = half_of(request)
    try:
        with _alone(request):
            secret, address = SignIn(request.platform).offer_code(half)
    except TradingError:
        return HTTPSeeOther(_with_next(request, "sign-in"))
    by_code = CodeForm(request)
    by_code.problems = form.problems
    if form.errors and isinstance(form, CodeForm):
        by_code.validate()
    return {
        "next": _onward(request), "secret": secret, "qr": codes.qr_code(address), "by_code": by_code,
        "address": address, "passkeys": passkeys.possible(request.platform.settings),
    }  # fmt: skip


def confirm(context: Any, request: Request, form: CodeForm) -> Response:
    """The app is set up."""
    with _alone(request):
        opened = SignIn(request.platform).confirm_code(half_of(request), form.code.data, browser_of(request))
    return entered(request, opened, _onward(request))


def setup_passkey(context: Any, request: Request, form: PasskeyForm) -> Response:
    """The passkey is set up."""
    answer = answer_in(form)
    with _alone(request):
        opened = SignIn(request.platform).setup_passkey(
            half_of(request), answer, form.label.data or "1", browser_of(request)
        )
    return entered(request, opened, _onward(request))


def with_passkey(context: Any, request: Request, form: PasskeyForm) -> Response:
    """Signed in by a passkey."""
    answer = answer_in(form)
    with _alone(request):
        opened = SignIn(request.platform).with_passkey(answer, browser_of(request))
    return entered(request, opened, _onward(request))


def with_certificate(context: Any, request: Request, form: CertificateForm) -> Response:
    """Signed in by a certificate."""
    try:
        file = b64decode(form.file.data or "")
    except EncodingError:
        raise TradingError("certificate-answer-none") from None
    with _alone(request):
        opened = SignIn(request.platform).with_certificate(file, browser_of(request))
    return entered(request, opened, _onward(request))


def challenge(context: Any, request: Request) -> Response:
    """What the browser's script needs: for a passkey to sign in with or to make, or for a certificate."""
    kind = request.POST.get("kind")
    actor = request.identity
    with _alone(request):
        service = SignIn(request.platform)
        if kind == "passkey":
            facts = service.challenge_passkey()
        elif kind == "certificate":
            facts = service.challenge_certificate()
        elif kind == "new-passkey" and actor is not None:
            facts = service.offer_passkey(actor.person)
        elif kind == "new-passkey":
            facts = service.offer_passkey(service.person_of_half(half_of(request), "setup"))
        else:
            raise NotFound("not-found")
    return Response(json.dumps(facts), content_type="application/json", charset="utf-8")


def answer_in(form: PasskeyForm) -> dict[str, Any]:
    """The browser's answer. TradingError "passkey-none" if there is none that can be read."""
    try:
        answer = json.loads(form.answer.data or "")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise TradingError("passkey-none")
    return answer


def sign_out(context: Any, request: Request) -> Response:
    """The session is over."""
    actor = actor_of(request)
    row = request.dbsession.get(WebSession, actor.token)
    if row is not None:
        end(request.dbsession, row, request.platform.clock.now(request.dbsession))
    private.record(request.dbsession, "signed-out", request, None, {"session": actor.token})
    return left(request, "/")


def _demo_persons(request: Request) -> list[tuple[str, str, str, Any]]:
    """Of the demo only: persons to sign in as with one click."""
    found = (
        select(Person.id, Person.name, Organisation.name, PersonRole.role)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role != ADMIN)
        .order_by(PersonRole.role, Organisation.name)
        .limit(40)
    )
    rows = request.dbsession.execute(found).all()
    return [(*names, ROLE_WORDS.get(role, (role, role))) for *names, role in rows]


def demo(context: Any, request: Request) -> Response:
    """Of the demo only: in without a password."""
    if not request.platform.settings.demo_sign_in:
        raise NotFound("not-found")
    wanted = str(request.POST.get("person", ""))
    if wanted not in {person for person, *_ in _demo_persons(request)}:
        raise NotFound("not-found")
    with _alone(request):
        opened = SignIn(request.platform).of_demo(wanted, browser_of(request))
    return entered(request, opened, _onward(request))


def invitation(context: Any, request: Request, form: InvitationForm) -> dict[str, Any]:
    """Who was invited, and for whom they will act."""
    person = People(request.platform).invited(request.dbsession, request.matchdict["secret"])
    return {"person": person, "organisation": request.dbsession.get_one(Organisation, person.organisation_id)}


def accept(context: Any, request: Request, form: InvitationForm) -> Response:
    """Name and password are chosen; the second factor follows."""
    with _alone(request):
        opened = SignIn(request.platform).with_invitation(
            request.matchdict["secret"], username_of(form.username.data), form.password.data,
            browser_of(request),
        )  # fmt: skip
    return entered(request, opened, request.route_path("sign-in.setup"))
