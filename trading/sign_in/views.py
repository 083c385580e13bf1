"""People over HTTP: invitations, for programs that enrol whole organisations."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from trading.accounts.contexts import OrganisationContext
from trading.audit import private
from trading.sign_in.people import People, link_of
from trading.web.permissions import Permission as P


@view_config(
    route_name="api.people", request_method="POST", permission=P.PEOPLE_MANAGE, openapi=True, renderer="json"
)
def invite(context: OrganisationContext, request: Request) -> dict[str, Any]:
    """Invite a person; the link is in this answer and nowhere else."""
    body = request.openapi_validated.body
    person, secret = People(request.platform).invite(
        request.dbsession, context.organisation, body["name"], body["roles"], body.get("admin", False)
    )
    details = {"person": person.id, "roles": ",".join(body["roles"]), "admin": body.get("admin", False)}
    private.record(request.dbsession, "person.invited", request, None, details)
    request.environ["sunseal.secret_answer"] = True
    request.response.status_int = 201
    return {"person_id": person.id, "invitation": link_of(request.platform.settings, secret)}
