"""What parties sign, checked as the platform checks it: chain, revocation, whose certificate it is."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from bids.errors import refusing
from bids.objects import read_signed
from bids.trust import Enrolment, Trust, enrolments_of
from signing import cms
from signing.certificates import Party, fingerprint, party_of, verify_chain
from signing.chains import verify_outside_chain
from signing.cms import Verified
from signing.encoding import format_time, parse_time
from signing.profile import outside_party
from trading.accounts.models import Crl, PartyCertificate
from trading.accounts.outside import PREFIX, OutsideAuthority, authorities_of
from trading.accounts.revocation_lists import RevocationLists
from trading.errors import TradingError
from trading.platform import Platform

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


class Signatures:
    """The check of parties' signatures, under the platform's root and those of outside authorities."""

    def __init__(self, platform: Platform) -> None:
        self._keys = platform.keys
        self._clock = platform.clock
        self._outside = authorities_of(platform.settings.outside_authorities_dir)
        self.lists = RevocationLists(platform)

    def trust(
        self,
        session: Session,
        crls: Iterable[str] | None = None,
        certificates: Iterable[str] | None = None,
    ) -> Trust:
        """What the platform itself trusts: its root, revocation lists by SHA-256 and enrolments by
        certificate fingerprint (None: all there are), its log."""
        lists = select(Crl.sha256, Crl.der).where(Crl.authority.not_in(("platform", "root")))
        if crls is not None:
            lists = lists.where(Crl.sha256.in_(list(crls)))
        return Trust(
            roots=self._keys.roots,
            crls={sha256: loaded_crl(der) for sha256, der in session.execute(lists)},
            enrolments=enrolments_of(self.enrolments_for(session, certificates), self._keys.roots),
            log=self._keys.log_verifier,
            log_origin=self._keys.log_origin,
            outside=tuple(each.anchor for each in self._outside.values()),
        )

    def current_lists(self, session: Session, authorities: Iterable[str]) -> list[str]:
        """The digests of the newest lists of parties' certificates: our own, and of those outside
        authorities, as rows name them, that are among `authorities`."""
        found = [self.lists.current(session, self._clock.now(session)).sha256]
        outside = sorted({each for each in authorities if each.startswith(PREFIX)})
        newest = (self.lists.newest_digest(session, each) for each in outside)
        return found + [each for each in newest if each is not None]

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
        trust = self.trust_in(session, verified, crl)
        trust.verify_statement(name, file, trust.enrolments[fingerprint(verified.certificate)].role)

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

        1. The CMS over `data` holds, and its chain leads to our root under `parties` as of `now`, or, if it
        is enrolled so, to the root of an outside authority.
        2. The certificate is not on its issuer's current revocation list.
        3. It is enrolled here, and not revoked since that list by the database.
        4. It names the organisation and the role that act.

        Raises BidError (1, 2) or TradingError (3, 4).
        """
        signed = self.check_signature(session, data, signature, now)
        row = session.execute(_STANDING, {"fingerprint": signed.fingerprint}).one_or_none()
        refuse_unfit(signed, Standing(*row) if row is not None else None, now, role, organisation_id)
        return signed.verified, signed.crl

    def check_signature(self, session: Session, data: bytes, signature: bytes, now: datetime) -> SignedBy:
        """Steps 1 and 2 of `verify_party_signature`; `refuse_unfit` does the others.

        Raises BidError; TradingError where there is no list of an outside authority that is current.
        """
        with refusing("signature"):
            verified = cms.verify(data, signature)
        leaf, above = verified.certificate, verified.intermediates
        print_ = fingerprint(leaf)
        if leaf.issuer == self._keys.parties.certificate.subject:
            crl = self.lists.current(session, now)
            with refusing("signature"):
                verify_chain(leaf, above, self._keys.roots, now, "parties", "party", [loaded_crl(crl.der)])
                return SignedBy(verified, party_of(leaf), print_, crl)
        row = session.get(PartyCertificate, print_)
        if row is None or not row.authority.startswith(PREFIX):
            raise TradingError("certificate-unknown")
        authority = self.outside_authority(row.authority)
        crl = self.lists.fetched(session, now, row.authority)
        enrolment = Enrolment.parse(row.enrolment)
        with refusing("signature"):
            verify_outside_chain(leaf, above, authority.anchor, now, [loaded_crl(crl.der)])
            party, _ = outside_party(
                leaf, authority.attribute, enrolment.party, enrolment.organisation, enrolment.role
            )
        return SignedBy(verified, party, print_, crl)

    def outside_authority(self, key: str) -> OutsideAuthority:
        """The outside authority of a row ("outside:" and its name); TradingError if it is not configured."""
        found = self._outside.get(key.removeprefix(PREFIX))
        if found is None:
            raise TradingError("outside-authority-gone", name=key.removeprefix(PREFIX))
        return found


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
def loaded_crl(der: bytes) -> x509.CertificateRevocationList:
    """A kept list, parsed."""
    return x509.load_der_x509_crl(der)
