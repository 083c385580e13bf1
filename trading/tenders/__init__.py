"""Projects, tenders, bidding documents, notices: from the draft to the cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.tenders.rules import pack_named, pack_names
from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses of this feature. Every rule pack is read now, so that a malformed one stops the start."""
    for name in pack_names():
        pack_named(name)
    config.scan("trading.tenders.views")
    config.add_page(
        "agency.tenders", "/agency/tenders", ".pages.own_tenders", "own.jinja2", None, P.TENDER_DRAFT
    )
    config.add_form(
        "agency.draft",
        "/agency/tenders/new",
        ".forms.draft_form",
        ".pages.draft",
        ".pages.create",
        "draft.jinja2",
        permission=P.TENDER_DRAFT,
    )
    config.add_act("agency.findings", "/agency/findings", ".pages.findings", permission=P.TENDER_DRAFT)
    here, place = ".contexts.AgencyTenderContext", "/agency/tenders/{tender}"
    config.add_page("agency.tender", place, ".pages.tender", "desk.jinja2", here, P.TENDER_MANAGE)
    config.add_form(
        "agency.edit",
        place + "/draft",
        ".forms.draft_form",
        ".pages.draft",
        ".pages.change",
        "draft.jinja2",
        here,
        P.TENDER_MANAGE,
    )
    amending = place + "/amendment"
    config.add_form(
        "agency.amendment",
        amending,
        ".amendment_pages.form",
        ".amendment_pages.page",
        ".amendment_pages.prepare",
        "amendment.jinja2",
        here,
        P.TENDER_MANAGE,
    )
    for name in ("findings", "drop"):
        act = f".amendment_pages.{name}"
        config.add_act(f"agency.amendment-{name}", f"{amending}/{name}", act, here, P.TENDER_MANAGE)
    config.add_act("agency.documents", place + "/documents", ".pages.add_document", here, P.TENDER_MANAGE)
