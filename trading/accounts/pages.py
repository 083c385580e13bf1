"""Certificates in the organisation's name: how long they hold, where the log has them, revoking them."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select

from signing.encoding import is_digest
from trading.accounts.certificates import NEARLY_OVER
from trading.accounts.holdings import positions_of
from trading.accounts.models import PartyCertificate, Person
from trading.accounts.outside import authorities_of
from trading.accounts.services import Accounts
from trading.audit import private
from trading.errors import NotFound
from trading.operating.forms import REASONS, RevocationForm
from trading.sign_in.forms import ROLE_WORDS
from trading.web.addresses import address_of
from trading.web.security import actor_of

_MOST = 200


def certificates(context: Any, request: Request, form: RevocationForm) -> dict[str, Any]:
    """All of the organisation, newest first: a colleague who sees one that nobody asked for can say so."""
    actor, session = actor_of(request), request.dbsession
    found = (
        select(PartyCertificate, Person.name)
        .join(Person, Person.id == PartyCertificate.person_id)
        .where(PartyCertificate.organisation_id == actor.organisation)
        .order_by(PartyCertificate.issued_at.desc(), PartyCertificate.fingerprint)
        .limit(_MOST + 1)
    )
    rows = session.execute(found).all()
    more, rows = len(rows) > _MOST, rows[:_MOST]
    now = request.platform.clock.now(session)
    outside = authorities_of(request.platform.settings.outside_authorities_dir).values()
    return {
        "certificates": rows, "most": _MOST if more else None, "now": now, "soon": now + NEARLY_OVER,
        "positions": positions_of(session, [row for row, _ in rows]), "actor": actor,
        "role_words": ROLE_WORDS, "reasons": dict(REASONS), "revoking": form,
        "outside": [each.title for each in outside],
    }  # fmt: skip


def revoke(context: Any, request: Request, form: RevocationForm) -> Response:
    """Revoke one of them."""
    actor, session, name = actor_of(request), request.dbsession, form.fingerprint.data or ""
    row = session.get(PartyCertificate, name) if is_digest(name) else None
    own = row is not None and (
        row.person_id == actor.person or (actor.admin and row.organisation_id == actor.organisation)
    )
    if not own:
        raise NotFound("certificate-not-found")
    Accounts(request.platform).revoke_certificate(session, actor, address_of(request), name, form.reason.data)
    private.record(session, "certificate.revoked", request, None, {"certificate": name})
    return HTTPSeeOther(request.route_path("account.certificates"))
