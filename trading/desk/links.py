"""What the layout offers to each role."""

from __future__ import annotations

from trading.web.forms import Both
from trading.web.permissions import Role
from trading.web.security import Actor

_LINKS: dict[str, tuple[tuple[str, Both], ...]] = {
    Role.AGENCY: (("/agency/tenders", Both("本单位标段", "Our tenders")),),
    Role.EVALUATOR: (("/evaluator/key", Both("我的密钥", "My key")),),
    Role.SUPERVISOR: (("/supervision", Both("进度监督", "Where tenders stand")),),
    Role.OPERATOR: (
        ("/operating", Both("平台状况", "Health")),
        ("/operating/organisations", Both("机构", "Organisations")),
        ("/registrations", Both("注册核验", "Registrations")),
    ),
}


def links(actor: Actor) -> list[tuple[str, Both]]:
    """Addresses with their words, in order."""
    people = [(f"/organisations/{actor.organisation}/people", Both("人员", "People"))] if actor.admin else []
    return [("/desk", Both("我的工作", "My work")), *_LINKS.get(actor.role, ()), *people]
