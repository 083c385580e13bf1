"""Parties' certificates: issuing, enrolment, revocation lists, and the check of what parties sign."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bids.errors import refusing
from bids.objects import read_signed
from bids.trust import Trust, build_enrolment, enrolments_of
from signing import canonical, merkle
from signing.certificates import AuthorityName, Party, dump_pem, fingerprint, issue, party_of, read_csr
from signing.cms import Verified, verify_with_chain
from signing.encoding import format_time, parse_time
from signing.keys import spki
from signing.statements import sign_statement
from trading.accounts.models import Crl, EnrolmentDay, Organisation, PartyCertificate
from trading.accounts.revocation_lists import RevocationLists
from trading.audit.services import AuditLog
from trading.clock import SHANGHAI
from trading.errors import Conflict, Forbidden, NotFound, TradingError
from trading.keys import locations
from trading.platform import Platform
from trading.queue import insert_if_missing
from trading.web.permissions import Role
from trading.web.security import Actor

CERTIFICATE_DAYS = 730
# What is signed may be signed off-line some days before it is sent; no client's clock is much ahead.
OLDEST_SIGNING = timedelta(days=7)
CLOCK_AHEAD = timedelta(minutes=5)

_STANDING = select(
    PartyCertificate.organisation_id, PartyCertificate.role, PartyCertificate.revoked_at
).where(PartyCertificate.fingerprint == bindparam("fingerprint"))


@dataclass(frozen=True)
class Standing:
    """What the database says of a certificate: whose it is, for which role, since when revoked."""

    organisation: str
    role: str
    revoked_at: datetime | None


@dataclass(frozen=True)
class SignedBy:
    """A signature that holds: its certificate, the party that names, and the revocation list used."""

    verified: Verified
    party: Party
    fingerprint: str
    crl: Crl

    @property
    def certificate(self) -> x509.Certificate:
        """The signer's certificate."""
        return self.verified.certificate


class Certificates:
    """What the platform's authority `parties` does, and what is checked against it."""

    def __init__(self, platform: Platform) -> None:
        self._keys = platform.keys
        self._clock = platform.clock
        self._public_url = platform.settings.public_url
        self.lists = RevocationLists(platform)
        self._log = AuditLog(platform)

    # -- issuing

    def issue_certificate(
        self, session: Session, actor: Actor, address: str | None, csr_pem: bytes
    ) -> PartyCertificate:
        """A certificate for the actor in their present role, with its signed enrolment statement.

        The subject comes from the account; the request contributes its key alone. The same key again, for
        the same person and role, gives the certificate already issued.

        Raises:
            BidError: the request is malformed, not P-256, or not signed by its own key.
            Conflict: the key is certified for somebody else. Forbidden: the role signs nothing.
        """
        if actor.role not in (Role.AGENCY, Role.SUPPLIER, Role.CUSTODIAN):
            raise Forbidden("certificate-role", role=actor.role)
        with refusing("certificate request"):
            key = read_csr(csr_pem)
        key_digest = hashlib.sha256(spki(key)).hexdigest()
        now = self._clock.now(session)
        for held in session.scalars(
            select(PartyCertificate).where(PartyCertificate.key_digest == key_digest)
        ):
            same = (held.person_id, held.role) == (actor.person, actor.role)
            if not same or held.revoked_at is not None:
                raise Conflict("certificate-key-in-use")
            if held.expires_at > now + timedelta(days=30):
                return held
        organisation = session.get_one(Organisation, actor.organisation)
        party = Party(
            id=organisation.id,
            organisation=organisation.reference,
            role=actor.role,
            name=actor.name,
            organisation_name=organisation.name,
        )
        with refusing("certificate"):
            certificate = issue(
                self._keys.parties, key, party, now, CERTIFICATE_DAYS, locations(self._public_url, "parties")
            )
        statement = build_enrolment(at=now, certificate=certificate, party=party)
        row = PartyCertificate(
            fingerprint=fingerprint(certificate),
            organisation_id=organisation.id,
            person_id=actor.person,
            role=actor.role,
            serial=f"{certificate.serial_number:x}",
            key_digest=key_digest,
            der=certificate.public_bytes(Encoding.DER),
            issued_at=now,
            expires_at=certificate.not_valid_after_utc,
            enrolment=sign_statement(statement, self._keys.statement, now),
            enrolment_day=None,
            revoked_at=None,
            revocation_reason=None,
        )
        session.add(row)
        self.lists.current(session, now)
        session.flush()
        if actor.role != Role.SUPPLIER:
            digests = {
                "certificate": row.fingerprint,
                "enrolment": canonical.digest(canonical.dumps(statement)),
            }
            self._log.append(
                session, "certificate.issued", at=now, actor=actor, address=address, digests=digests
            )
        return row

    def revoke_certificate(
        self, session: Session, actor: Actor, address: str | None, fingerprint: str, reason: str
    ) -> PartyCertificate:
        """Revoke now, for an RFC 5280 reason ("keyCompromise", …); the next list on schedule says so too.

        Again changes nothing. NotFound.
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

    # -- the daily root of suppliers' enrolments

    def log_day(self, session: Session, day: str) -> EnrolmentDay | None:
        """Log the Merkle root over the enrolments of suppliers' certificates issued until the day's end.

        Its leaves are the enrolment files in order of their digests, then 32 random bytes, so that the root
        does not tell a day without enrolments. None if the day is logged already or has not ended.
        """
        now = self._clock.now(session)
        end = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1)
        filler = secrets.token_bytes(32)
        # The row is taken first: of two workers the later one waits here and then finds it there.
        values = {"day": day, "filler": filler, "root": "", "log_position": 0, "at": now}
        if now < end or not insert_if_missing(session, EnrolmentDay, **values):
            return None
        rows = session.scalars(
            select(PartyCertificate).where(
                PartyCertificate.role == Role.SUPPLIER,
                PartyCertificate.enrolment_day.is_(None),
                PartyCertificate.issued_at < end,
            )
        ).all()
        for row in rows:
            row.enrolment_day = day
        leaves = sorted(merkle.leaf_hash(row.enrolment) for row in rows)
        entry = session.get_one(EnrolmentDay, day)
        entry.root = merkle.root([*leaves, merkle.leaf_hash(filler)]).hex()
        session.flush()
        logged = self._log.append(session, "certificates.day", at=now, digests={"root": entry.root})
        entry.log_position = logged.position
        return entry

    # -- checking

    def trust(
        self,
        session: Session,
        crls: Iterable[str] | None = None,
        certificates: Iterable[str] | None = None,
    ) -> Trust:
        """What the platform itself trusts: its root, revocation lists by SHA-256 and enrolments by
        certificate fingerprint (None: all there are), its log."""
        lists = select(Crl.sha256, Crl.der).where(Crl.authority == "parties")
        if crls is not None:
            lists = lists.where(Crl.sha256.in_(list(crls)))
        return Trust(
            roots=self._keys.roots,
            crls={sha256: x509.load_der_x509_crl(der) for sha256, der in session.execute(lists)},
            enrolments=enrolments_of(self.enrolments_for(session, certificates), self._keys.roots),
            log=self._keys.log_verifier,
            log_origin=self._keys.log_origin,
        )

    def trust_in(self, session: Session, verified: Verified, crl: Crl) -> Trust:
        """As `trust`, for judging one party's signature by that list, as everybody else will."""
        return self.trust(session, [crl.sha256], [fingerprint(verified.certificate)])

    def judge_statement(
        self, session: Session, name: str, file: bytes, verified: Verified, crl: Crl, now: datetime
    ) -> None:
        """Refuse a party's signed statement that nobody else would believe, or that spoils the evidence.

        `verified` and `crl` are what `verify_party_signature` found by the clock of now. All others have
        nothing but the statement's own `at` to judge by, so that must be near now, and the signature, chain,
        revocation and enrolment must hold as of then.

        Raises TradingError "signing-time", BidError.
        """
        check_signing_time(parse_time(read_signed(file, name).statement["at"]), now)
        role = party_of(verified.certificate).role
        self.trust_in(session, verified, crl).verify_statement(name, file, role)

    def enrolments_for(self, session: Session, fingerprints: Iterable[str] | None) -> list[bytes]:
        """Signed enrolment statements of these certificates (None: of all), by fingerprint."""
        found = select(PartyCertificate.enrolment).order_by(PartyCertificate.fingerprint)
        if fingerprints is not None:
            found = found.where(PartyCertificate.fingerprint.in_(list(fingerprints)))
        return list(session.scalars(found))

    def verify_party_signature(
        self,
        session: Session,
        data: bytes,
        signature: bytes,
        now: datetime,
        role: str,
        organisation_id: str,
    ) -> tuple[Verified, Crl]:
        """Check what a party signed, and return the revocation list it was judged by.

        1. The CMS over `data` holds, and its chain leads to our root under `parties` as of `now`.
        2. The certificate is not on the current revocation list.
        3. It is one of ours, and not revoked since that list by the database.
        4. It names the organisation and the role that act.

        Raises BidError (1, 2) or TradingError (3, 4).
        """
        signed = self.check_signature(session, data, signature, now)
        row = session.execute(_STANDING, {"fingerprint": signed.fingerprint}).one_or_none()
        refuse_unfit(signed, Standing(*row) if row is not None else None, now, role, organisation_id)
        return signed.verified, signed.crl

    def check_signature(self, session: Session, data: bytes, signature: bytes, now: datetime) -> SignedBy:
        """Steps 1 and 2 of `verify_party_signature`; `refuse_unfit` does the others. Raises BidError."""
        crl = self.lists.current(session, now)
        with refusing("signature"):
            loaded = _loaded_crl(crl.der)
            verified = verify_with_chain(data, signature, self._keys.roots, now, "parties", "party", [loaded])
            party = party_of(verified.certificate)
        return SignedBy(verified, party, fingerprint(verified.certificate), crl)


def check_signing_time(at: datetime, now: datetime) -> None:
    """TradingError "signing-time" if the time `at` that a party signed is not near the platform's."""
    if not now - OLDEST_SIGNING <= at <= now + CLOCK_AHEAD:
        raise TradingError(
            "signing-time", at=format_time(at), days=OLDEST_SIGNING.days, minutes=CLOCK_AHEAD.seconds // 60
        )


def refuse_unfit(
    signed: SignedBy, standing: Standing | None, now: datetime, role: str, organisation_id: str
) -> None:
    """Steps 3 and 4 of `Certificates.verify_party_signature`. Raises TradingError."""
    if standing is None:
        raise TradingError("certificate-unknown")
    if standing.revoked_at is not None and standing.revoked_at <= now:
        raise TradingError("certificate-revoked-now")
    owner = hmac.compare_digest(signed.party.id, organisation_id) and standing.organisation == organisation_id
    if not owner or signed.party.role != role or standing.role != role:
        raise TradingError("certificate-not-yours", role=role)


@lru_cache(maxsize=8)
def _loaded_crl(der: bytes) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(der)


def day_due(session: Session, now: datetime) -> str | None:
    """The oldest day (Asia/Shanghai, "2026-06-01") that has ended and whose enrolments have no root yet.

    Days count from the first organisation's on, with suppliers' certificates or without.
    """
    first = session.scalar(select(Organisation.enrolled_at).order_by(Organisation.enrolled_at).limit(1))
    if first is None:
        return None
    day = first.astimezone(SHANGHAI).date()
    last = session.scalar(select(EnrolmentDay.day).order_by(EnrolmentDay.day.desc()).limit(1))
    if last is not None:
        day = date.fromisoformat(last) + timedelta(days=1)
    return day.isoformat() if day < now.astimezone(SHANGHAI).date() else None
