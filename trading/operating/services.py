"""What the operator does to organisations beyond enrolling them, and finds them by."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from trading.accounts.models import Organisation, Person, Token
from trading.accounts.services import Accounts, roles_of
from trading.errors import Conflict, TradingError
from trading.platform import Platform
from trading.sign_in.models import PersonRole
from trading.tenders.lifecycle import State
from trading.tenders.models import Tender, TenderCustodian
from trading.web.permissions import Role
from trading.web.security import Actor

PAGE = 50


class Operating:
    """Organisations in the operator's hands."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._accounts = Accounts(platform)

    def find(
        self, session: Session, words: str, role: str, after: str
    ) -> tuple[Sequence[Organisation], str | None]:
        """A page of organisations by name, and the key of the page that follows.

        Args:
            words: part of a name, or an identifier's beginning. after: id of the last one before.
        """
        found = select(Organisation)
        if words:
            like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            found = found.where(
                or_(Organisation.name.ilike(like, escape="\\"),
                    Organisation.identifier.ilike(like[1:], escape="\\"))
            )  # fmt: skip
        if role:
            # No role's name is a part of another's.
            found = found.where(Organisation.roles.contains(role))
        place = session.get(Organisation, after) if after else None
        if place is not None:
            found = found.where(tuple_(Organisation.name, Organisation.id) > (place.name, place.id))
        rows = session.scalars(found.order_by(Organisation.name, Organisation.id).limit(PAGE + 1)).all()
        return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None

    def change_roles(
        self, session: Session, actor: Actor, address: str, organisation_id: str, roles: Sequence[str]
    ) -> Organisation:
        """Give and take roles; who acts in one that is taken away does so no more, by token or session.

        The operator's role is neither given nor taken here.

        Raises:
            NotFound. TradingError: no role is left. Conflict: it is agency or custodian of a tender that is
            not over, and would lose that role.
        """
        row = self._accounts.organisation(session, organisation_id)
        before = set(roles_of(row))
        after = {role for role in roles if role != Role.OPERATOR} | (before & {Role.OPERATOR.value})
        if not after:
            raise TradingError("roles-none")
        lost = before - after
        for role in (Role.AGENCY, Role.CUSTODIAN):
            if role in lost and _in_use(session, organisation_id, role):
                raise Conflict(f"{role}-in-use")
        persons = select(Person.id).where(Person.organisation_id == row.id)
        session.execute(
            update(Token)
            .where(Token.person_id.in_(persons), Token.role.in_(lost), Token.revoked_at.is_(None))
            .values(revoked_at=self._clock.now(session))
        )
        session.execute(
            delete(PersonRole).where(PersonRole.person_id.in_(persons), PersonRole.role.in_(lost))
        )
        return self._accounts.change_roles(session, actor, address, organisation_id, sorted(after))


def _in_use(session: Session, organisation_id: str, role: str) -> bool:
    found = select(Tender.id).where(Tender.state.not_in([state.value for state in State if state.final]))
    if role == Role.AGENCY:
        found = found.where(Tender.organisation_id == organisation_id)
    else:
        found = found.join(TenderCustodian, TenderCustodian.tender_id == Tender.id).where(
            TenderCustodian.organisation_id == organisation_id
        )
    return session.scalar(found.limit(1)) is not None


def tokens_of(session: Session, organisation_id: str) -> Sequence[tuple[Token, str]]:
    """An organisation's tokens with their persons' names, the newest first."""
    found = (
        select(Token, Person.name)
        .join(Person, Person.id == Token.person_id)
        .where(Person.organisation_id == organisation_id)
        .order_by(Token.created_at.desc(), Token.id)
        .limit(200)
    )
    return [(row.Token, row.name) for row in session.execute(found)]
