"""What anybody needs to check a tender: roots, revocation lists, enrolments of those who signed.

Suppliers are among them only after the closing, since before it nobody may learn who has bid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from signing.certificates import dump_pem, fingerprint
from signing.cms import verify
from signing.encoding import b64encode
from trading.accounts.models import Crl, PartyCertificate
from trading.accounts.outside import PREFIX
from trading.accounts.services import Accounts
from trading.opening.models import Closing
from trading.platform import Platform
from trading.submission.models import Bid, Withdrawal
from trading.tenders.models import PublishedNotice, Tender, TenderCustodian


@dataclass(frozen=True)
class TrustMaterial:
    """Roots in PEM; every authority's revocation lists in DER, oldest first; signed enrolment statements, by
    certificate."""

    roots: str
    crls: tuple[bytes, ...]
    enrolments: tuple[bytes, ...]
    outside: str = ""  # PEM: anchors of outside authorities that enrolments name

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "roots": self.roots,
            "crls": [b64encode(each) for each in self.crls],
            "enrolments": [b64encode(each) for each in self.enrolments],
            "outside": self.outside,
        }


def trust_material(platform: Platform, session: Session, tender: Tender) -> TrustMaterial:
    """Everything that a check of this tender needs now."""
    fingerprints = _public_parties(session, tender)
    named: set[str | None] = set(
        session.scalars(select(PublishedNotice.crl_sha256).where(PublishedNotice.tender_id == tender.id))
    )
    if session.get(Closing, tender.id) is not None:
        fingerprints |= _suppliers(session, tender.id)
        for column, of in ((Bid.crl_sha256, Bid.tender_id), (Withdrawal.crl_sha256, Withdrawal.tender_id)):
            named |= set(session.scalars(select(column).where(of == tender.id).distinct()))
    first = session.scalar(
        select(PublishedNotice.published_at)
        .where(PublishedNotice.tender_id == tender.id)
        .order_by(PublishedNotice.sequence)
        .limit(1)
    )
    accounts = Accounts(platform)
    outside = _outside_authorities(session, fingerprints)
    # Lists of outside authorities may be large and come each hour. Each says all that was revoked before it:
    # the newest of those under whom somebody signs is enough beside those that judged something.
    own = Crl.authority.not_like(f"{PREFIX}%")
    named |= {accounts.lists.newest_digest(session, each) for each in outside}
    lists = session.scalars(
        select(Crl.der)
        .where(or_(Crl.sha256.in_(named), and_(Crl.next_update >= first, own)))
        .order_by(Crl.issued_at, Crl.sha256)
    )
    return TrustMaterial(
        roots=dump_pem(platform.keys.roots).decode(),
        crls=tuple(lists),
        enrolments=tuple(accounts.enrolments_for(session, sorted(fingerprints))),
        outside=accounts.outside_pem.decode() if outside else "",
    )


def _outside_authorities(session: Session, fingerprints: set[str]) -> list[str]:
    """Those outside authorities, as rows name them, that certified any of these."""
    found = select(PartyCertificate.authority).where(
        PartyCertificate.fingerprint.in_(fingerprints), PartyCertificate.authority.like(f"{PREFIX}%")
    )
    return sorted(set(session.scalars(found.distinct())))


def _public_parties(session: Session, tender: Tender) -> set[str]:
    """Certificates of the agency and of the custodians, who stand in the public notice."""
    custodians = select(TenderCustodian.organisation_id).where(TenderCustodian.tender_id == tender.id)
    return set(
        session.scalars(
            select(PartyCertificate.fingerprint).where(
                or_(
                    (PartyCertificate.organisation_id == tender.organisation_id)
                    & (PartyCertificate.role == "agency"),
                    PartyCertificate.organisation_id.in_(custodians) & (PartyCertificate.role == "custodian"),
                )
            )
        )
    )


def _suppliers(session: Session, tender_id: str) -> set[str]:
    """Certificates that signed what stands in the ledger."""
    found = set(session.scalars(select(Bid.certificate).where(Bid.tender_id == tender_id).distinct()))
    withdrawals = session.execute(
        select(Withdrawal.raw, Withdrawal.signature).where(Withdrawal.tender_id == tender_id)
    )
    return found | {_signer(row.raw, row.signature) for row in withdrawals}


@lru_cache(maxsize=1024)
def _signer(document: bytes, signature: bytes) -> str:
    """Who signed what was checked when it was received, by the certificate's SHA-256."""
    return fingerprint(verify(document, signature).certificate)
