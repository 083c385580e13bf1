"""An operator's desk: what the platform needs from somebody."""

from __future__ import annotations

from pyramid.request import Request
from sqlalchemy import select

from trading.desk.sections import MOST, Line, Section
from trading.operating.health import findings
from trading.sign_in.models import Registration
from trading.web.forms import Both


def sections(request: Request) -> list[Section]:
    """What is broken, and who waits to be checked."""
    return [_health(request), _registrations(request)]


def _health(request: Request) -> Section:
    lines = [
        Line("/operating", request.writer.t(*each.part), each.said, urgent=each.how == "bad")
        for each in findings(request.platform, request.dbsession)
        if each.how != "good"
    ]
    return Section(
        "health",
        Both("平台状况", "The platform's health"),
        lines,
        Both("一切正常。", "All is well."),
        "/operating",
    )


def _registrations(request: Request) -> Section:
    found = select(Registration).where(Registration.state == "pending").order_by(Registration.created_at)
    note = Both("注册待核验", "Registration to be checked")
    lines = [
        Line("/registrations", row.name, note, row.created_at)
        for row in request.dbsession.scalars(found.limit(MOST))
    ]
    return Section(
        "registrations",
        Both("注册核验", "Registrations"),
        lines,
        Both("没有待核验的注册申请。", "No registration waits for the check."),
        "/registrations",
    )
