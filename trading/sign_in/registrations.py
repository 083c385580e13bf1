"""Suppliers register by themselves; the operator checks them (Order 20 art. 24)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from signing.encoding import new_id
from trading.accounts.models import Organisation, Person
from trading.accounts.services import Accounts, EnrolmentFacts
from trading.errors import Conflict, NotFound
from trading.platform import Platform
from trading.sign_in.models import ADMIN, Login, PersonRole, Registration
from trading.web.permissions import Role
from trading.web.security import Actor

SCHEME = "CN-USCC"


@dataclass(frozen=True)
class Wish:
    """What a supplier registers with; the password is hashed already."""

    identifier: str
    name: str
    person: str
    contact: str
    username: str
    password: str


def is_uscc(identifier: str) -> bool:
    """Whether the check character of a unified social credit code holds (GB 32100)."""
    return bool(uscc.is_valid(identifier))


class Registrations:
    """From a wish to an enrolled organisation with its first person."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock
        self._accounts = Accounts(platform)

    def ask(self, session: Session, wish: Wish) -> Registration:
        """Keep the wish. Whether the organisation is enrolled or has asked already is not told: it would show
        who is about to bid; the operator sees it.

        Raises:
            Conflict: "username-taken".
        """
        taken = select(Login.person_id).where(Login.username == wish.username)
        asked = select(Registration).where(
            Registration.username == wish.username, Registration.state != "refused"
        )
        if session.scalar(taken) is not None or session.scalar(asked.limit(1)) is not None:
            raise Conflict("username-taken", username=wish.username)
        row = Registration(
            id=new_id(), scheme=SCHEME, identifier=wish.identifier, name=wish.name, person=wish.person,
            contact=wish.contact, username=wish.username, password=wish.password, state="pending",
            reason=None, created_at=self._clock.now(session), decided_at=None, decided_by=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    def pending(self, session: Session) -> list[Registration]:
        """Those to be checked, the oldest first."""
        found = select(Registration).where(Registration.state == "pending").order_by(Registration.created_at)
        return list(session.scalars(found.limit(200)))

    def enrolled_already(self, session: Session, rows: list[Registration]) -> set[str]:
        """The ids of those whose organisation is enrolled."""
        found = select(Registration.id).join(
            Organisation,
            (Organisation.scheme == Registration.scheme)
            & (Organisation.identifier == Registration.identifier),
        )
        return set(session.scalars(found.where(Registration.id.in_([row.id for row in rows]))))

    def registration(self, session: Session, registration_id: str) -> Registration:
        """One of them, locked; NotFound."""
        row = session.get(Registration, registration_id, with_for_update=True)
        if row is None:
            raise NotFound("registration-not-found")
        return row

    def accept(
        self, session: Session, actor: Actor, address: str, registration_id: str
    ) -> Organisation:
        """Enrol the supplier and let its person sign in.

        Raises:
            Conflict: "registration-decided", "organisation-exists" meanwhile.
        """
        row = self._undecided(session, registration_id)
        facts = EnrolmentFacts(row.scheme, row.identifier, row.name, [Role.SUPPLIER])
        organisation = self._accounts.enrol_organisation(session, actor, address, facts)
        now = self._clock.now(session)
        person = Person(id=new_id(), organisation_id=organisation.id, name=row.person)
        session.add(person)
        session.flush()
        session.add_all(PersonRole(person_id=person.id, role=role) for role in (Role.SUPPLIER, ADMIN))
        session.add(
            Login(
                person_id=person.id, username=row.username, password=row.password, totp=None, totp_step=0,
                created_at=now, disabled_at=None,
            )  # fmt: skip
        )
        row.state, row.decided_at, row.decided_by = "accepted", now, actor.person
        session.flush()
        return organisation

    def refuse(self, session: Session, actor: Actor, registration_id: str, reason: str) -> None:
        """Refuse it with a reason, which the applicant reads when signing in."""
        row = self._undecided(session, registration_id)
        row.state, row.reason, row.decided_by = "refused", reason, actor.person
        row.decided_at = self._clock.now(session)

    def _undecided(self, session: Session, registration_id: str) -> Registration:
        row = self.registration(session, registration_id)
        if row.state != "pending":
            raise Conflict("registration-decided")
        return row
