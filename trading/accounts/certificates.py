"""Parties' certificates: issued here, renewed, brought from outside authorities, revoked."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bids.errors import BidError, refusing
from bids.objects import read_signed
from bids.trust import Outside, build_enrolment
from signing import canonical, cms, der
from signing.certificates import (
    AuthorityName,
    Party,
    dump_pem,
    fingerprint,
    issue,
    load_pem,
    read_csr,
)
from signing.chains import verify_outside_chain
from signing.encoding import parse_time
from signing.keys import PublicKey, require_p256, spki
from signing.profile import outside_party
from signing.statements import sign_statement
from trading.accounts.models import Organisation, PartyCertificate, Person, Token
from trading.accounts.outside import OutsideAuthority
from trading.accounts.signatures import CLOCK_AHEAD, Signatures, loaded_crl
from trading.audit.services import AuditLog
from trading.errors import Conflict, Forbidden, NotFound, TradingError
from trading.keys import locations
from trading.platform import Platform
from trading.sign_in.models import Login, PersonRole
from trading.web.permissions import Role
from trading.web.security import Actor

CERTIFICATE_DAYS = 730
# How long before its end a key's certificate is issued anew without being asked to, and reminders begin.
NEARLY_OVER = timedelta(days=30)
# A renewal asked for again so soon is the same one, whose answer was lost.
_SAME_RENEWAL = timedelta(hours=1)
_DAY = timedelta(days=1)
MOST_A_DAY = 20  # certificates for one person
_SIGNERS = (Role.AGENCY, Role.SUPPLIER, Role.CUSTODIAN)


@dataclass(frozen=True)
class Holder:
    """Whom a certificate is for: a person who acts for an organisation in a role."""

    person: str
    organisation: str
    role: str
    name: str


@dataclass(frozen=True)
class Renewal:
    """A renewal that holds by itself: the certificate whose key asks for it (SHA-256), and for which key."""

    fingerprint: str
    key: PublicKey


class Certificates(Signatures):
    """What the platform's authority `parties` does, and what is checked against it."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self._public_url = platform.settings.public_url.rstrip("/")
        self._log = AuditLog(platform)

    # -- issuing

    def issue_certificate(
        self, session: Session, actor: Actor, address: str | None, csr_pem: bytes, renew: bool = False
    ) -> PartyCertificate:
        """A certificate for the actor in their present role, with its signed enrolment statement.

        The subject comes from the account; the request contributes its key alone. The same key again, for
        the same person and role, gives the certificate already issued until that is nearly over, or, with
        `renew`, a new one at once; the old one stays good to its end.

        Raises:
            BidError: the request is malformed, not P-256, or not signed by its own key.
            Conflict: the key is certified for somebody else. Forbidden: the role signs nothing.
        """
        holder = Holder(actor.person, actor.organisation, actor.role, actor.name)
        with refusing("certificate request"):
            key = read_csr(csr_pem)
        return self._issue(session, holder, actor, address, key, renew)

    def judge_renewal(self, session: Session, csr_pem: bytes, file: bytes) -> Renewal:
        """Check all that needs no lock of a renewal: a request, and a statement `sunseal/renewal/v1` over it.

        Raises:
            BidError: request or statement does not hold. TradingError: signed for another platform or
            request, too old, or under a certificate that is unknown.
        """
        read = read_signed(file, "renewal")
        now = self._clock.now(session)
        self._check_asked(read.statement, now)
        if read.statement["request"] != hashlib.sha256(csr_pem).hexdigest():
            raise TradingError("renewal-other-request")
        with refusing("certificate request"):
            key = read_csr(csr_pem)
        signed = self.check_signature(session, read.statement_bytes, read.signature, now)
        return Renewal(signed.fingerprint, key)

    def renew_certificate(self, session: Session, renewal: Renewal) -> PartyCertificate:
        """A new certificate for whoever holds the key of another, as `judge_renewal` found.

        No token or session is asked for. The request may be for the same key or another. The old certificate
        stays good to its end.

        Raises:
            TradingError: the certificate is unknown or revoked, or the person has had too many of late.
            Forbidden: the person is disabled, or has the role no more.
        """
        row = session.get(PartyCertificate, renewal.fingerprint)
        if row is None:
            raise TradingError("certificate-unknown", status=403)
        if row.revoked_at is not None:
            raise TradingError("certificate-revoked-now", status=403)
        person = session.get_one(Person, row.person_id)
        login = session.get(Login, person.id)
        if login is not None and login.disabled_at is not None:
            raise Forbidden("person-disabled")
        organisation = session.get_one(Organisation, row.organisation_id)
        if row.role not in organisation.roles.split(","):
            raise Forbidden("certificate-role-gone", role=row.role)
        if login is not None and not self._acts_as(session, person.id, row.role):
            raise Forbidden("renewal-role-gone", role=row.role)
        holder = Holder(person.id, organisation.id, row.role, person.name)
        return self._issue(session, holder, None, None, renewal.key, renew=True)

    def _acts_as(self, session: Session, person: str, role: str) -> bool:
        """Whether a person who signs in has the role still, or a token for it."""
        token = select(Token.id).where(
            Token.person_id == person, Token.role == role, Token.revoked_at.is_(None),
            Token.expires_at > self._clock.now(session),
        )  # fmt: skip
        held = session.get(PersonRole, (person, role)) is not None
        return held or session.scalar(token.limit(1)) is not None

    def _check_asked(self, statement: dict[str, object], now: datetime) -> None:
        """For this platform's address, and of the present time."""
        if statement["origin"] != self._public_url:
            raise TradingError("proof-origin", origin=statement["origin"], wanted=self._public_url)
        if abs(parse_time(str(statement["at"])) - now) > CLOCK_AHEAD:
            raise TradingError("proof-time", at=statement["at"], minutes=CLOCK_AHEAD.seconds // 60)

    def _issue(
        self,
        session: Session,
        holder: Holder,
        actor: Actor | None,
        address: str | None,
        key: PublicKey,
        renew: bool,
    ) -> PartyCertificate:
        if holder.role not in _SIGNERS:
            raise Forbidden("certificate-role", role=holder.role)
        now = self._clock.now(session)
        for held in self._of_key(session, holder, key):
            lately = held.issued_at > now - _SAME_RENEWAL if renew else held.expires_at > now + NEARLY_OVER
            if held.authority == "parties" and lately:
                return held
        self._refuse_many(session, holder, now)
        organisation = session.get_one(Organisation, holder.organisation)
        party = Party(
            id=organisation.id,
            organisation=organisation.reference,
            role=holder.role,
            name=holder.name,
            organisation_name=organisation.name,
        )
        with refusing("certificate"):
            place = locations(self._public_url, "parties")
            certificate = issue(self._keys.parties, key, party, now, CERTIFICATE_DAYS, place)
        self.lists.current(session, now)
        return self._enrol(session, holder, actor, address, certificate, party, now)

    def _refuse_many(self, session: Session, holder: Holder, now: datetime) -> None:
        # Each is kept for ever, and those of agencies and custodians are entries of the public log.
        lately = (
            select(func.count())
            .select_from(PartyCertificate)
            .where(
                PartyCertificate.organisation_id == holder.organisation,
                PartyCertificate.person_id == holder.person,
                PartyCertificate.issued_at > now - _DAY,
            )
        )
        if (session.scalar(lately) or 0) >= MOST_A_DAY:
            raise TradingError("certificates-many", status=429, most=MOST_A_DAY)

    def _of_key(self, session: Session, holder: Holder, key: PublicKey) -> Sequence[PartyCertificate]:
        """The holder's certificates for a key, newest first; Conflict if it is anybody else's, or revoked."""
        found = (
            select(PartyCertificate)
            .where(PartyCertificate.key_digest == _digest_of(key))
            .order_by(PartyCertificate.issued_at.desc())
        )
        rows = session.scalars(found).all()
        for row in rows:
            if (row.person_id, row.role) != (holder.person, holder.role) or row.revoked_at is not None:
                raise Conflict("certificate-key-in-use")
        return rows

    def _enrol(
        self,
        session: Session,
        holder: Holder,
        actor: Actor | None,
        address: str | None,
        certificate: x509.Certificate,
        party: Party,
        now: datetime,
        outside: Outside | None = None,
        source: tuple[str, bytes | None] = ("parties", None),
    ) -> PartyCertificate:
        """Keep a certificate with the statement of whose it is; logged at once unless it is a supplier's."""
        statement = build_enrolment(at=now, certificate=certificate, party=party, outside=outside)
        row = PartyCertificate(
            fingerprint=fingerprint(certificate),
            organisation_id=holder.organisation,
            person_id=holder.person,
            role=holder.role,
            authority=source[0],
            chain=source[1],
            serial=f"{certificate.serial_number:x}",
            key_digest=_digest_of(require_p256(certificate.public_key())),
            der=certificate.public_bytes(Encoding.DER),
            issued_at=now,
            expires_at=certificate.not_valid_after_utc,
            enrolment=sign_statement(statement, self._keys.statement, now),
            enrolment_day=None,
            revoked_at=None,
            revocation_reason=None,
        )
        session.add(row)
        session.flush()
        if holder.role != Role.SUPPLIER:
            digests = {
                "certificate": row.fingerprint,
                "enrolment": canonical.digest(canonical.dumps(statement)),
            }
            self._log.append(
                session, "certificate.issued", at=now, actor=actor, address=address, digests=digests
            )
        return row

    # -- from outside authorities

    def enrol_outside(
        self, session: Session, actor: Actor, address: str | None, pem: bytes, proof: bytes
    ) -> PartyCertificate:
        """Enrol a certificate of an outside authority for the actor in their present role.

        1. It leads to an authority that the operator accepts for that role, is current, and not revoked.
        2. It keeps that authority's constraints: policies, subject, key usage.
        3. Organisation id and name in it are the account's.
        4. Its key signed `sunseal/certificate-proof/v1` for this platform, this party and role, just now.

        The same certificate again, for the same person and role, gives the enrolment that is there.

        Raises:
            BidError (1, 4), TradingError (1-4). Conflict: certificate or key are somebody else's.
        """
        if actor.role not in _SIGNERS:
            raise Forbidden("certificate-role", role=actor.role)
        holder = Holder(actor.person, actor.organisation, actor.role, actor.name)
        now = self._clock.now(session)
        with refusing("certificate"):
            leaf, *above = load_pem(pem)
            key = require_p256(leaf.public_key())
        authority = self._issuer_of(session, leaf, above, now)
        if actor.role not in authority.roles:
            raise TradingError("outside-role", name=authority.title, role=actor.role)
        with refusing("certificate"):
            broken = authority.unfit(leaf)
        if broken is not None:
            raise TradingError(f"outside-{broken}", name=authority.title)
        organisation = session.get_one(Organisation, actor.organisation)
        party, value = self._named(leaf, authority, organisation, actor.role)
        self._check_proof(proof, leaf, actor, now)
        for row in self._of_key(session, holder, key):
            if row.fingerprint == fingerprint(leaf):
                return row
        outside = Outside(fingerprint(authority.anchor), authority.attribute, value)
        chain = b"".join(each.public_bytes(Encoding.DER) for each in above)
        source = (authority.key, chain)
        return self._enrol(session, holder, actor, address, leaf, party, now, outside, source)

    def _issuer_of(
        self, session: Session, leaf: x509.Certificate, above: list[x509.Certificate], now: datetime
    ) -> OutsideAuthority:
        """The accepted authority that issued `leaf`; what refuses it there is said, else TradingError."""
        refused: Exception | None = None
        for authority in self._outside.values():
            if leaf.issuer != authority.issuer.subject:
                continue
            try:
                crl = self.lists.fetched(session, now, authority.key)
                with refusing("certificate"):
                    verify_outside_chain(leaf, above, authority.anchor, now, [loaded_crl(crl.der)])
            except (BidError, TradingError) as error:
                refused = error  # another may have the same name: an authority's keys change
                continue
            return authority
        if refused is not None:
            raise refused
        accepted = ", ".join(each.title for each in self._outside.values())
        raise TradingError("outside-authority-unknown", accepted=accepted or "–")

    def _named(
        self, leaf: x509.Certificate, authority: OutsideAuthority, organisation: Organisation, role: str
    ) -> tuple[Party, str]:
        """The party, as account and certificate both have it; TradingError if they differ."""
        with refusing("certificate"):
            party, value = outside_party(
                leaf, authority.attribute, organisation.id, organisation.reference, role
            )
        wanted = authority.prefix + organisation.identifier
        if organisation.scheme != authority.scheme or value != wanted:
            raise TradingError("outside-organisation", found=value, wanted=wanted)
        if _plain(party.organisation_name) != _plain(organisation.name):
            raise TradingError("outside-name", found=party.organisation_name, wanted=organisation.name)
        return party, value

    def _check_proof(self, proof: bytes, leaf: x509.Certificate, actor: Actor, now: datetime) -> None:
        read = read_signed(proof, "certificate-proof")
        self._check_asked(read.statement, now)
        if (read.statement["party"], read.statement["role"]) != (actor.organisation, actor.role):
            raise TradingError("proof-party")
        with refusing("certificate-proof"):
            signed = cms.verify(read.statement_bytes, read.signature)
        if signed.certificate != leaf:
            raise TradingError("proof-key")

    # -- revoking

    def revoke_certificate(
        self, session: Session, actor: Actor, address: str | None, fingerprint: str, reason: str
    ) -> PartyCertificate:
        """Revoke now, for an RFC 5280 reason ("keyCompromise", …); the next list on schedule says so too.

        Who may do so the address decides: the holder, their organisation's administrator, the operator.
        What was received by now stands. Again changes nothing. NotFound.
        """
        row = session.get(PartyCertificate, fingerprint, with_for_update=True)
        if row is None:
            raise NotFound("certificate-not-found")
        if row.revoked_at is not None:
            return row
        row.revoked_at, row.revocation_reason = self._clock.now(session), reason
        session.flush()
        if row.role != Role.SUPPLIER:
            self._log.append(
                session,
                "certificate.revoked",
                at=row.revoked_at,
                actor=actor,
                address=address,
                digests={"certificate": fingerprint},
            )
        return row

    # -- reading

    @property
    def roots_pem(self) -> bytes:
        """The root in PEM."""
        return dump_pem(self._keys.roots)

    @property
    def chain_pem(self) -> bytes:
        """Both issuing authorities in PEM."""
        return dump_pem([self._keys.platform.certificate, self._keys.parties.certificate])

    def authority(self, name: AuthorityName) -> x509.Certificate:
        """The certificate of the root or of an issuing authority."""
        of = {"root": self._keys.root, "platform": self._keys.platform.certificate}
        return of.get(name, self._keys.parties.certificate)

    @property
    def outside_pem(self) -> bytes:
        """The anchors of the outside authorities accepted, in PEM; empty if none are."""
        return dump_pem([each.anchor for each in self._outside.values()])

    def signs_until(self, session: Session, organisation_id: str, key: bytes, until: datetime) -> bool:
        """Whether a custodian has a certificate for its signing key (SPKI) that holds at least until then."""
        found = select(PartyCertificate.fingerprint).where(
            PartyCertificate.organisation_id == organisation_id,
            PartyCertificate.role == Role.CUSTODIAN,
            PartyCertificate.key_digest == hashlib.sha256(key).hexdigest(),
            PartyCertificate.revoked_at.is_(None),
            PartyCertificate.expires_at >= until,
        )
        return session.scalar(found.limit(1)) is not None


def chain_of(row: PartyCertificate) -> list[x509.Certificate]:
    """What leads up from an outside authority's certificate, issuer first."""
    reader = der.Reader(row.chain or b"")
    return [x509.load_der_x509_certificate(each) for each in reader.elements()]


def _digest_of(key: PublicKey) -> str:
    return hashlib.sha256(spki(key)).hexdigest()


def _plain(name: str) -> str:
    """A name as two people would write it alike: width, spaces and brackets of either script."""
    folded = unicodedata.normalize("NFKC", name)
    return "".join(folded.split()).casefold()
