"""Organisations and the persons who act for them: enrolment, tokens, envelope keys.

Certificates and their checking are in `certificates.py`; `Accounts` is both.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.errors import BidError
from bids.objects import read_signed
from signing import canonical
from signing.encoding import b64decode, new_id, parse_time
from signing.errors import SealingError
from signing.hpke import seal
from trading.accounts.certificates import Certificates
from trading.accounts.models import EnvelopeKey, Organisation, PartyCertificate, Person, Token
from trading.errors import Conflict, NotFound, TradingError
from trading.platform import Platform
from trading.web.permissions import Role
from trading.web.security import Actor, token_digest

TOKEN_PREFIX = "sst_"  # noqa: S105
MAX_TOKEN_DAYS = 366
_OPERATOR = ("X-SUNSEAL", "operator")


@dataclass(frozen=True)
class EnrolmentFacts:
    """What an organisation is enrolled with: scheme and identifier name it outside (CN-USCC, …)."""

    scheme: str
    identifier: str
    name: str
    roles: Sequence[str]


class Accounts(Certificates):
    """Who is who on this platform."""

    def enrol_organisation(
        self, session: Session, actor: Actor | None, address: str | None, facts: EnrolmentFacts
    ) -> Organisation:
        """Enrol an organisation; logged unless it is a supplier and nothing else.

        Raises:
            Conflict: scheme and identifier are enrolled already.
        """
        held = select(Organisation.id).where(
            Organisation.scheme == facts.scheme, Organisation.identifier == facts.identifier
        )
        if session.scalar(held) is not None:
            raise Conflict("organisation-exists", scheme=facts.scheme, identifier=facts.identifier)
        now = self._clock.now(session)
        roles = sorted(set(facts.roles))
        row = Organisation(
            id=new_id(),
            scheme=facts.scheme,
            identifier=facts.identifier,
            name=facts.name,
            roles=",".join(roles),
            enrolled_at=now,
        )
        session.add(row)
        session.flush()
        if roles != [Role.SUPPLIER]:
            members = {"id": row.id, "scheme": row.scheme, "identifier": row.identifier, "name": row.name}
            digest = canonical.digest(canonical.dumps({**members, "roles": list(roles)}))
            self._log.append(
                session,
                "organisation.enrolled",
                at=now,
                actor=actor,
                address=address,
                digests={"organisation": digest},
            )
        return row

    def change_roles(
        self, session: Session, actor: Actor, address: str | None, organisation_id: str, roles: Sequence[str]
    ) -> Organisation:
        """Other roles from now on; logged unless it was and is a supplier and nothing else."""
        row = session.get_one(Organisation, organisation_id, with_for_update=True)
        kept = sorted(set(roles))
        if roles_of(row) == kept:
            return row
        was = roles_of(row)
        row.roles = ",".join(kept)
        session.flush()
        if not was == kept == [Role.SUPPLIER]:
            members = {"id": row.id, "scheme": row.scheme, "identifier": row.identifier, "name": row.name}
            digest = canonical.digest(canonical.dumps({**members, "roles": list(kept)}))
            self._log.append(
                session,
                "organisation.changed",
                at=self._clock.now(session),
                actor=actor,
                address=address,
                digests={"organisation": digest},
            )
        return row

    def organisation(self, session: Session, organisation_id: str) -> Organisation:
        """An organisation; NotFound."""
        row = session.get(Organisation, organisation_id)
        if row is None:
            raise NotFound("organisation-not-found")
        return row

    def issue_token(
        self, session: Session, organisation: Organisation, person_name: str, role: str, days: int
    ) -> tuple[Token, str]:
        """A token for a person (found by name, or new) in one of the organisation's roles, and its secret.

        The secret ("sst_" and 43 characters, 256 random bits) is shown this once; the database keeps its
        SHA-256. Raises TradingError "token-role" or "token-days" (1 to 366).
        """
        if role not in organisation.roles.split(","):
            raise TradingError("token-role", role=role, roles=organisation.roles)
        if not 1 <= days <= MAX_TOKEN_DAYS:
            raise TradingError("token-days", days=days, most=MAX_TOKEN_DAYS)
        person = session.scalar(
            select(Person).where(Person.organisation_id == organisation.id, Person.name == person_name)
        )
        if person is None:
            person = Person(id=new_id(), organisation_id=organisation.id, name=person_name)
            session.add(person)
            session.flush()
        now = self._clock.now(session)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = Token(
            id=new_id(),
            person_id=person.id,
            role=role,
            digest=token_digest(secret),
            created_at=now,
            expires_at=now + timedelta(days=days),
            revoked_at=None,
        )
        session.add(token)
        session.flush()
        return token, secret

    def revoke_token(self, session: Session, token_id: str) -> None:
        """End a token now; again is as well. NotFound."""
        token = session.get(Token, token_id, with_for_update=True)
        if token is None:
            raise NotFound("token-not-found")
        if token.revoked_at is None:
            token.revoked_at = self._clock.now(session)

    def set_envelope_key(
        self, session: Session, actor: Actor, address: str | None, file: bytes
    ) -> EnvelopeKey:
        """Take an agency's signed statement of the key that shares of `files` parts are sealed to.

        Raises:
            BidError: malformed or not signed as it must be. TradingError: another party's, an unusable key,
            signed by a clock that is wrong.
            Conflict: older than the one kept.
        """
        read = read_signed(file, "envelope-key")
        now = self._clock.now(session)
        verified, crl = self.verify_party_signature(
            session, read.statement_bytes, read.signature, now, Role.AGENCY, actor.organisation
        )
        if read.statement["party"] != actor.organisation:
            raise TradingError("envelope-key-party")
        check_sealing_key(b64decode(read.statement["key"]))
        row = session.get(EnvelopeKey, actor.organisation, with_for_update=True)
        if row is not None and row.statement == file:
            return row
        self.judge_statement(session, "envelope-key", file, verified, crl, now)
        at = parse_time(read.statement["at"])
        if row is not None and at <= parse_time(read_signed(row.statement, "envelope-key").statement["at"]):
            raise Conflict("envelope-key-older")
        if row is None:
            row = EnvelopeKey(organisation_id=actor.organisation, statement=file, at=now)
            session.add(row)
        row.statement, row.at = file, now
        session.flush()
        self._log.append(
            session,
            "envelope-key.set",
            at=now,
            actor=actor,
            address=address,
            digests={"envelope_key": read.digest},
            statement=file,
        )
        return row

    def envelope_key(self, session: Session, organisation_id: str) -> EnvelopeKey:
        """An agency's current envelope key; NotFound."""
        row = session.get(EnvelopeKey, organisation_id)
        if row is None:
            raise NotFound("envelope-key-none")
        return row

    def can_be_sealed_to(self, session: Session, organisation_id: str) -> bool:
        """Whether custodians, who judge for themselves, would seal shares to the agency's envelope key."""
        row = session.get(EnvelopeKey, organisation_id)
        if row is None:
            return False
        own = select(PartyCertificate.fingerprint, PartyCertificate.authority).where(
            PartyCertificate.organisation_id == organisation_id, PartyCertificate.role == Role.AGENCY
        )
        issued = {row.fingerprint: row.authority for row in session.execute(own)}
        trust = self.trust(session, self.current_lists(session, issued.values()), issued)
        try:
            trust.verify_statement("envelope-key", row.statement, Role.AGENCY)
        except BidError:
            return False
        return True


def check_sealing_key(public: bytes, refusal: str = "envelope-key-unusable") -> None:
    """TradingError of code `refusal` unless something can be sealed to the public key."""
    try:
        seal(public, b"", b"")
    except SealingError as error:
        raise TradingError(refusal, reason=str(error)) from None


def bootstrap_operator(platform: Platform, name: str, days: int) -> str:
    """The secret of a new operator's token for the person `name`: how a fresh platform gets its first one.

    Raises TradingError for a wrong number of days.
    """
    with platform.database.transaction() as session:
        organisation = operating_organisation(platform, session)
        return Accounts(platform).issue_token(session, organisation, name, Role.OPERATOR, days)[1]


def operating_organisation(platform: Platform, session: Session) -> Organisation:
    """The operator's organisation, enrolled when it is first asked for."""
    held = select(Organisation).where(
        Organisation.scheme == _OPERATOR[0], Organisation.identifier == _OPERATOR[1]
    )
    found = session.scalar(held)
    if found is not None:
        return found
    facts = EnrolmentFacts(*_OPERATOR, platform.settings.platform_name, [Role.OPERATOR])
    return Accounts(platform).enrol_organisation(session, None, None, facts)


def roles_of(organisation: Organisation) -> list[str]:
    """The roles an organisation may act in."""
    return organisation.roles.split(",")
