"""The operator's pages: organisations, their certificates, jobs, health. Of bids they show nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The pages of this feature."""
    context = "trading.accounts.contexts.OrganisationContext"
    config.add_page("operating", "/operating", ".pages.health", "health.jinja2", None, P.PLATFORM_WATCH)
    config.add_form(
        "operating.organisations",
        "/operating/organisations",
        ".forms.enrolment_form",
        ".pages.organisations",
        ".pages.enrol",
        "organisations.jinja2",
        permission=P.ORGANISATION_ENROL,
    )
    place = "/operating/organisations/{organisation}"
    config.add_form(
        "operating.organisation",
        place,
        ".forms.roles_form",
        ".pages.organisation",
        ".pages.change_roles",
        "organisation.jinja2",
        context,
        P.ORGANISATION_ENROL,
    )
    config.add_act(
        "operating.revoke-certificate",
        place + "/certificates",
        ".pages.revoke_certificate",
        context,
        P.CERTIFICATE_REVOKE,
    )
    config.add_act(
        "operating.revoke-token", place + "/tokens", ".pages.revoke_token", context, P.TOKEN_REVOKE
    )
