"""Organisations, the persons who act for them, their tokens and certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Views and jobs of this feature."""
    # RFC 6960 has its own protocol, and base64 in addresses has slashes.
    config.add_route("ocsp", "/ocsp")
    config.add_route("ocsp.request", "/ocsp/{request:.*}")
    config.add_form(
        "account.certificates", "/account/certificates", "trading.operating.forms.RevocationForm",
        ".pages.certificates", ".pages.revoke", "certificates.jinja2", permission=P.OWN_ACCOUNT,
    )  # fmt: skip
    config.scan("trading.accounts.views")
    config.scan("trading.accounts.jobs")
