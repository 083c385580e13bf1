"""What the operator watches and keeps in order: organisations, certificates, tokens, jobs, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The pages of this feature. Organisations have no context of their own: nothing here is a member's."""
    config.add_page("operating", "/operating", ".pages.watch", "health.jinja2", None, P.PLATFORM_WATCH)
    config.add_page("operating.jobs", "/operating/jobs", ".pages.work", "jobs.jinja2", None, P.PLATFORM_WATCH)
    place = "/operating/organisations"
    config.add_page(
        "operating.organisations", place, ".organisation_pages.organisations", "organisations.jinja2", None,
        P.ORGANISATION_MANAGE,
    )  # fmt: skip
    config.add_form(
        "operating.enrol", place + "/new", ".forms.EnrolForm", ".organisation_pages.blank",
        ".organisation_pages.enrol", "enrol.jinja2", permission=P.ORGANISATION_ENROL,
    )  # fmt: skip
    one = place + "/{organisation}"
    config.add_form(
        "operating.organisation", one, ".forms.roles_form", ".organisation_pages.organisation",
        ".organisation_pages.change_roles", "organisation.jinja2", permission=P.ORGANISATION_MANAGE,
    )  # fmt: skip
    config.add_form(
        "operating.certificate", one + "/certificates", ".forms.RevocationForm",
        ".organisation_pages.revoking", ".organisation_pages.revoke_certificate", "organisation.jinja2",
        permission=P.CERTIFICATE_REVOKE,
    )  # fmt: skip
    config.add_act(
        "operating.token", one + "/tokens/revoke", ".organisation_pages.revoke_token",
        permission=P.TOKEN_REVOKE,
    )  # fmt: skip
