"""Persons of an organisation: invited, given roles, disabled; by the operator or the organisation's own."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from signing.encoding import new_id
from trading.accounts.models import Organisation, Person
from trading.accounts.services import operating_organisation
from trading.audit import private
from trading.config import Settings
from trading.errors import Conflict, NotFound, TradingError
from trading.platform import Platform
from trading.sign_in.models import ADMIN, Invitation, Login, Passkey, PersonRole, Registration
from trading.sign_in.sessions import end_all
from trading.web.forms import tidy
from trading.web.permissions import Role
from trading.web.security import token_digest

INVITED = timedelta(days=3)
USERNAME = r"[a-z0-9][a-z0-9._@+-]{2,99}"


def username_of(typed: str) -> str:
    """A username as it is kept: small letters, half width."""
    return tidy(typed).casefold()


class People:
    """Who acts for whom."""

    def __init__(self, platform: Platform) -> None:
        self._clock = platform.clock

    def invite(
        self, session: Session, organisation: Organisation, name: str, roles: Collection[str], admin: bool
    ) -> tuple[Person, str]:
        """A person, found by name or new, with exactly these roles, and the secret of a one-time link.

        Raises:
            TradingError: "token-role" for a role the organisation has not.
        """
        held = organisation.roles.split(",")
        for role in roles:
            if role not in held:
                raise TradingError("token-role", role=role, roles=organisation.roles)
        if not roles:
            raise TradingError("person-without-role")
        person = session.scalar(
            select(Person).where(Person.organisation_id == organisation.id, Person.name == name)
        )
        if person is None:
            person = Person(id=new_id(), organisation_id=organisation.id, name=name)
            session.add(person)
            session.flush()
        session.execute(delete(PersonRole).where(PersonRole.person_id == person.id))
        held_now = {*roles, ADMIN} if admin else set(roles)
        session.add_all(PersonRole(person_id=person.id, role=role) for role in sorted(held_now))
        return person, self.invite_again(session, person.id)

    def invite_again(self, session: Session, person_id: str) -> str:
        """A new link for who lost password or second factor; earlier links are void."""
        now = self._clock.now(session)
        session.execute(delete(Invitation).where(Invitation.person_id == person_id))
        secret = secrets.token_urlsafe(32)
        session.add(
            Invitation(
                digest=token_digest(secret),
                person_id=person_id,
                created_at=now,
                expires_at=now + INVITED,
                used_at=None,
            )
        )
        session.flush()
        return secret

    def invited(self, session: Session, secret: str) -> Person:
        """The person that a link is for. NotFound "invitation-over"."""
        row = session.get(Invitation, token_digest(secret))
        if row is None or row.used_at is not None or self._clock.now(session) >= row.expires_at:
            raise NotFound("invitation-over")
        return session.get_one(Person, row.person_id)

    def accept(self, session: Session, secret: str, username: str, encoded: str) -> Person:
        """Use the link up: the person signs in by this name and password; a second factor is to be set up.

        Raises:
            NotFound: "invitation-over". Conflict: "username-taken".
        """
        row = session.get(Invitation, token_digest(secret), with_for_update=True)
        person = self.invited(session, secret)
        assert row is not None
        now = self._clock.now(session)
        taken = session.scalar(select(Login.person_id).where(Login.username == username))
        if (taken is not None and taken != person.id) or _wanted_by_others(session, username):
            raise Conflict("username-taken", username=username)
        login = session.get(Login, person.id)
        if login is None:
            login = Login(person_id=person.id, created_at=now, totp_step=0)
            session.add(login)
        login.username, login.password, login.totp, login.totp_step = username, encoded, None, 0
        login.disabled_at = None
        session.execute(delete(Passkey).where(Passkey.person_id == person.id))
        end_all(session, person.id, now)
        row.used_at = now
        session.flush()
        return person

    def disable(self, session: Session, person: Person) -> None:
        """The person signs in no more; sessions and links end now."""
        now = self._clock.now(session)
        login = session.get(Login, person.id)
        if login is not None:
            login.disabled_at = now
        session.execute(delete(Invitation).where(Invitation.person_id == person.id))
        end_all(session, person.id, now)

    def change_password(self, session: Session, person_id: str, encoded: str, but: str) -> None:
        """A new password; other sessions end."""
        session.get_one(Login, person_id, with_for_update=True).password = encoded
        end_all(session, person_id, self._clock.now(session), but)


def invite_operator(platform: Platform, name: str) -> str:
    """A one-time link by which the person `name` signs in as an operator who manages the operator's people:
    how a fresh platform gets its first one, and one who lost everything comes back in."""
    with platform.database.transaction() as session:
        organisation = operating_organisation(platform, session)
        secret = People(platform).invite(session, organisation, name, [Role.OPERATOR], True)[1]
        now = platform.clock.now(session)
        private.record(session, "operator.invited", None, None, {"organisation": organisation.id}, at=now)
    return link_of(platform.settings, secret)


def link_of(settings: Settings, secret: str) -> str:
    """The address that an invitation's secret is in."""
    return f"{settings.public_url.rstrip('/')}/invitations/{secret}"


def persons_of(session: Session, organisation_id: str) -> list[tuple[Person, list[str], Login | None]]:
    """An organisation's persons with their roles, by name."""
    found = (
        select(Person, Login)
        .outerjoin(Login, Login.person_id == Person.id)
        .where(Person.organisation_id == organisation_id)
        .order_by(Person.name)
    )
    rows = session.execute(found).all()
    roles: dict[str, list[str]] = {}
    owned = select(PersonRole).join(Person, Person.id == PersonRole.person_id)
    for each in session.scalars(owned.where(Person.organisation_id == organisation_id)):
        roles.setdefault(each.person_id, []).append(each.role)
    return [(person, sorted(roles.get(person.id, ())), login) for person, login in rows]


def _wanted_by_others(session: Session, username: str) -> bool:
    found = select(Registration.id).where(Registration.username == username, Registration.state == "pending")
    return session.scalar(found.limit(1)) is not None
