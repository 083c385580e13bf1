"""Suppliers register; the operator checks them."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from trading.audit import private
from trading.sign_in import throttle
from trading.sign_in.forms import RefusalForm, RegistrationForm
from trading.sign_in.passwords import hash_password
from trading.sign_in.people import username_of
from trading.sign_in.registrations import Registrations, Wish
from trading.web.addresses import address_of
from trading.web.pages import shown_page
from trading.web.security import actor_of
from trading.web.sessions import set_aside


def register(context: Any, request: Request, form: RegistrationForm) -> dict[str, Any]:
    """The form."""
    return {"done": None}


def ask(context: Any, request: Request, form: RegistrationForm) -> Response:
    """Keep the wish; registering is free (Order 20 art. 9), but not without limit from one address."""
    platform, address = request.platform, address_of(request)
    counted = [throttle.Counter(f"register:{throttle.by_address(address).key}"[:80], 20)]
    with set_aside(request.dbsession, request.tm):
        with platform.database.transaction() as session:
            now = platform.clock.now(session)
            throttle.refuse_many(session, counted, now)
            throttle.count(session, counted, now)
        encoded = hash_password(form.password.data)
    wish = Wish(
        form.identifier.data.upper(), form.name.data, form.person.data, form.contact.data,
        username_of(form.username.data), encoded,
    )  # fmt: skip
    row = Registrations(platform).ask(request.dbsession, wish)
    private.record(request.dbsession, "registration.asked", request, None, {"registration": row.id})
    return shown_page(request, "trading.sign_in:templates/register.jinja2", {"form": form, "done": row})


def pending(context: Any, request: Request, form: RefusalForm) -> dict[str, Any]:
    """All that wait for the check."""
    service = Registrations(request.platform)
    rows = service.pending(request.dbsession)
    return {"rows": rows, "enrolled": service.enrolled_already(request.dbsession, rows)}


def refuse(context: Any, request: Request, form: RefusalForm) -> Response:
    """Refuse one, with the reason."""
    chosen = str(form.registration.data or "")[:32]
    Registrations(request.platform).refuse(request.dbsession, actor_of(request), chosen, form.reason.data)
    private.record(request.dbsession, "registration.refused", request, None, {"registration": chosen})
    return HTTPSeeOther(request.route_path("registrations"))


def accept(context: Any, request: Request) -> Response:
    """Enrol one."""
    chosen = str(request.POST.get("registration", ""))[:32]
    organisation = Registrations(request.platform).accept(
        request.dbsession, actor_of(request), address_of(request), chosen
    )
    details = {"registration": chosen, "organisation": organisation.id}
    private.record(request.dbsession, "registration.accepted", request, None, details)
    return HTTPSeeOther(request.route_path("registrations"))
