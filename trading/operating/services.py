"""What the operator does to organisations beyond enrolling them, and finds them by."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from signing import canonical
from trading.accounts.models import Organisation, Person, Token
from trading.accounts.services import roles_of
from trading.audit.services import AuditLog
from trading.errors import NotFound, TradingError
from trading.platform import Platform
from trading.sign_in.models import PersonRole
from trading.web.permissions import Role
from trading.web.security import Actor

PAGE = 50


class Operating:
    """Organisations in the operator's hands."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._log = AuditLog(platform)

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

        The operator's role is neither given nor taken here. In the public log unless it is, before and
        after, a supplier alone.

        Raises:
            NotFound. TradingError: no role is left.
        """
        row = session.get(Organisation, organisation_id, with_for_update=True)
        if row is None:
            raise NotFound("organisation-not-found")
        before = set(roles_of(row))
        after = {role for role in roles if role != Role.OPERATOR} | (before & {Role.OPERATOR.value})
        if not after:
            raise TradingError("roles-none")
        if after == before:
            return row
        row.roles = ",".join(sorted(after))
        now = self._clock.now(session)
        persons = select(Person.id).where(Person.organisation_id == row.id)
        lost = before - after
        session.execute(
            update(Token)
            .where(Token.person_id.in_(persons), Token.role.in_(lost), Token.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        session.execute(
            delete(PersonRole).where(PersonRole.person_id.in_(persons), PersonRole.role.in_(lost))
        )
        session.flush()
        if before | after != {Role.SUPPLIER.value}:
            facts = {"id": row.id, "roles": sorted(after)}
            self._log.append(
                session, "organisation.changed", at=now, actor=actor, address=address,
                digests={"organisation": canonical.digest(canonical.dumps(facts))},
            )  # fmt: skip
        return row


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
