"""The page of an organisation's persons, for its own administrators and the operator."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from trading.accounts.contexts import OrganisationContext
from trading.accounts.models import Person
from trading.audit import private
from trading.errors import NotFound
from trading.sign_in.forms import ROLE_WORDS, InviteForm, invite_form
from trading.sign_in.people import INVITED, People, link_of, persons_of
from trading.web.pages import shown_page
from trading.web.security import actor_of


def people(context: OrganisationContext, request: Request, form: InviteForm) -> dict[str, Any]:
    """Everybody who acts for the organisation, and the form to invite one more."""
    return {
        "organisation": context.organisation, "role_words": ROLE_WORDS, "link": None,
        "people": persons_of(request.dbsession, context.organisation.id), "days": INVITED.days,
        "invited": None,
    }  # fmt: skip


def invite(context: OrganisationContext, request: Request, form: InviteForm) -> Any:
    """Invite a person; the link is shown this once."""
    person, secret = People(request.platform).invite(
        request.dbsession, context.organisation, form.name.data, form.roles.data, form.admin.data
    )
    private.record(
        request.dbsession, "person.invited", request, None,
        {"person": person.id, "roles": ",".join(form.roles.data), "admin": form.admin.data},
    )  # fmt: skip
    return _with_link(context, request, person, secret)


def again(context: OrganisationContext, request: Request) -> Any:
    """A new link for who lost password or second factor."""
    person = _person(context, request)
    secret = People(request.platform).invite_again(request.dbsession, person.id)
    private.record(request.dbsession, "person.invited-again", request, None, {"person": person.id})
    return _with_link(context, request, person, secret)


def disable(context: OrganisationContext, request: Request) -> Response:
    """The person signs in no more."""
    person = _person(context, request)
    People(request.platform).disable(request.dbsession, person)
    private.record(request.dbsession, "person.disabled", request, None, {"person": person.id})
    return HTTPSeeOther(request.route_path("people", organisation=context.organisation.id))


def _person(context: OrganisationContext, request: Request) -> Person:
    row: Person | None = request.dbsession.get(Person, str(request.POST.get("person", ""))[:32])
    if row is None or row.organisation_id != context.organisation.id:
        raise NotFound("person-not-found")
    if row.id == actor_of(request).person:
        raise NotFound("person-oneself")
    return row


def _with_link(context: OrganisationContext, request: Request, person: Person, secret: str) -> Response:
    # Shown in the answer itself: a link in an address or cookie would be kept in histories.
    link = link_of(request.platform.settings, secret)
    form = invite_form(request, empty=True)
    facts = {**people(context, request, form), "form": form, "link": link, "invited": person}
    return shown_page(request, "trading.sign_in:templates/people.jinja2", facts)
