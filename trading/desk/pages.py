"""The first page of who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request

from trading.desk import agency, certificates, custodian, evaluator, operator, supervisor, supplier
from trading.desk.sections import Section
from trading.sign_in.forms import ROLE_WORDS
from trading.web.permissions import Role
from trading.web.security import actor_of

_DESKS: dict[str, Callable[[Request], list[Section]]] = {
    Role.AGENCY: agency.sections,
    Role.SUPPLIER: supplier.sections,
    Role.CUSTODIAN: custodian.sections,
    Role.SUPERVISOR: supervisor.sections,
    Role.EVALUATOR: evaluator.sections,
    Role.OPERATOR: operator.sections,
}


def desk(context: Any, request: Request) -> dict[str, Any]:
    """What is due today."""
    actor = actor_of(request)
    found = _DESKS.get(actor.role)
    return {
        "role_word": ROLE_WORDS[actor.role],
        "sections": [*certificates.sections(request), *(found(request) if found else [])],
        "now": request.platform.clock.now(request.dbsession),
    }
