"""Time-stamps on receipts: an RFC 3161 token says that the platform's signature was there at a time.

The imprint is the SHA-256 of the signature's value, the ECDSA octets in the receipt's CMS (RFC 5126 section
6.1.1). A receipt stands without a token; a token that is there has to hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from cryptography import x509

from bids.errors import BidError, refusing
from bids.trust import SKEW, check_authority
from signing import cms
from signing.encoding import b64decode
from signing.errors import CertificateError, SigningError
from signing.profile import KIND_POLICIES, policies_of
from signing.revocations import Revocations
from signing.timestamp_messages import granted
from signing.timestamp_outside import read_outside_token, verify_outside_token
from signing.timestamp_revocations import check_revocation
from signing.timestamps import TimeStamp, verify_token

# A token made later than this after the receipt says little of when the receipt was given.
PROMPT = SKEW

Authority = Literal["own", "outside", "unrooted"]


class Given(Protocol):
    """What a time-stamp needs to know of a receipt, be it for a bid or for unlocking; times are UTC."""

    @property
    def bid(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def cms(self) -> bytes: ...

    @property
    def token(self) -> bytes | None: ...


@dataclass(frozen=True)
class Stamped:
    """A receipt's time-stamp that holds.

    `authority`: the platform's own, an outside one under a root that was given, or an outside one whose
    certificate nobody vouches for here. `late`: by how much it is from after the receipt; zero if prompt.
    `listed`: of an outside authority, whether a revocation list that was given reaches the stamp's time.
    """

    stamp: TimeStamp
    authority: Authority
    late: timedelta
    listed: bool = False

    @property
    def time(self) -> datetime:
        """When the receipt's signature was there."""
        return self.stamp.time


def imprint_of(receipt_cms: bytes) -> bytes:
    """What a token on a receipt is over: the SHA-256 of the signature value in its CMS (DER); BidError."""
    with refusing("receipt"):
        return hashlib.sha256(cms.signature_value(receipt_cms)).digest()


def imprint_of_file(receipt: bytes) -> bytes:
    """As `imprint_of`, from the file of a receipt of our own, where the signature comes first; BidError."""
    start = len('{"signature":"')
    with refusing("receipt"):
        return imprint_of(b64decode(receipt[start : receipt.index(b'"', start)].decode("ascii")))


def token_file(token: bytes) -> bytes:
    """The file `receipt.tsr`: the token in a TimeStampResp, as `openssl ts -verify` reads it."""
    return granted(token)


def examine_token(
    receipt: Given,
    roots: Sequence[x509.Certificate],
    outside: Sequence[x509.Certificate] = (),
    revocations: Revocations | None = None,
    tsa_crls: Sequence[x509.CertificateRevocationList] = (),
) -> Stamped | None:
    """Check a receipt's token; None if it has none.

    1. The imprint is the receipt's; signature and form hold.
    2. The chain as of the token's time: to the platform's own authority under `roots`, neither its
       certificate nor its issuer's revoked by then as far as `revocations` know, or that of an outside one
       to a root among `outside` (roots and intermediates in any order), not revoked by the lists `tsa_crls`
       as RFC 3161 section 4 has it; without any root it is "unrooted".
    3. It is not from before the receipt, but for what clocks differ.

    Raises BidError.
    """
    if receipt.token is None:
        return None
    imprint = imprint_of(receipt.cms)
    with refusing("time-stamp"):
        stamp, authority = _verified(receipt.token, imprint, roots, outside)
        if authority == "own" and revocations is not None:
            issuer = stamp.intermediates[0]
            revocations.check(stamp.certificate, issuer, stamp.time)
            check_authority(issuer, roots, revocations, stamp.time)
        listed = authority == "outside" and check_revocation(stamp, tsa_crls)
    slack = SKEW + (stamp.accuracy or timedelta(0))
    if stamp.time < receipt.at - slack:
        raise BidError("token-early", bid=receipt.bid)
    late = stamp.time - receipt.received_at
    return Stamped(stamp, authority, late if late > PROMPT else timedelta(0), listed)


def _verified(
    token: bytes, imprint: bytes, roots: Sequence[x509.Certificate], outside: Sequence[x509.Certificate]
) -> tuple[TimeStamp, Authority]:
    anchors = [one for one in outside if is_root(one)]
    try:
        return verify_token(token, imprint, roots), "own"
    except SigningError:
        stamp = read_outside_token(token, imprint)
        # Another platform's authority may be an outside one here; without its root it may be a false own one.
        if _claims_platform(stamp.certificate) and not _leads_to(token, imprint, anchors, outside):
            raise
    if not anchors:
        return stamp, "unrooted"
    return verify_outside_token(token, imprint, anchors, outside), "outside"


def is_root(certificate: x509.Certificate) -> bool:
    """Whether a certificate is its own issuer by name: an anchor, among roots and intermediates."""
    return certificate.subject == certificate.issuer


def _leads_to(
    token: bytes, imprint: bytes, anchors: Sequence[x509.Certificate], others: Sequence[x509.Certificate]
) -> bool:
    try:
        verify_outside_token(token, imprint, anchors, others)
    except SigningError:
        return False
    return True


def _claims_platform(certificate: x509.Certificate) -> bool:
    """Whether it says to be one of the platform's, which then has to be true."""
    try:
        return KIND_POLICIES["platform"] in policies_of(certificate)
    except CertificateError:
        return False
