"""What the operator changes, with a look at what would break by it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation
from trading.accounts.services import Accounts, roles_of
from trading.errors import Conflict
from trading.platform import Platform
from trading.sign_in.forms import ROLE_WORDS
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.web.permissions import Role
from trading.web.security import Actor

_OVER = (State.AWARDED.value, State.FAILED.value, State.CANCELLED.value)


class Operating:
    """The operator's acts on organisations."""

    def __init__(self, platform: Platform) -> None:
        self._accounts = Accounts(platform)

    def change_roles(
        self, session: Session, actor: Actor, address: str, organisation: Organisation, roles: Sequence[str]
    ) -> None:
        """Give an organisation other roles.

        Raises:
            Conflict: it is agency or custodian of a tender that is not over, and would lose that role.
        """
        lost = set(roles_of(organisation)) - set(roles)
        for role in (Role.AGENCY, Role.CUSTODIAN):
            if role in lost and _in_use(session, organisation.id, role):
                raise Conflict("roles-in-use", role=ROLE_WORDS[role].zh, role_en=ROLE_WORDS[role].en)
        self._accounts.change_roles(session, actor, address, organisation.id, roles)


def _in_use(session: Session, organisation_id: str, role: str) -> bool:
    found = select(Tender.id).where(Tender.state.not_in(_OVER))
    if role == Role.AGENCY:
        found = found.where(Tender.organisation_id == organisation_id)
    else:
        found = found.join(TenderCustodian, TenderCustodian.tender_id == Tender.id).where(
            TenderCustodian.organisation_id == organisation_id
        )
    return session.scalar(found.limit(1)) is not None
