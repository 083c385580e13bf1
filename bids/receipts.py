"""Receipts and withdrawals: what a supplier holds in hand, and how it takes a bid back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509

from bids.errors import BidError
from bids.manifest import Manifest
from bids.objects import build_statement, file_of, read_object, read_signed, write_object
from bids.trust import verify_platform
from signing import canonical
from signing.canonical import JSON
from signing.encoding import format_time, parse_time
from signing.revocations import Revocations
from signing.statements import Statement


@dataclass(frozen=True)
class Withdrawal:
    """A supplier's withdrawal of one bid, signed beside itself; `policy` is the digest of the current one."""

    raw: bytes
    digest: str
    tender: str
    policy: str
    supplier: str
    bid: str
    reason: str

    @classmethod
    def parse(cls, raw: bytes) -> Withdrawal:
        """A withdrawal from its file; BidError."""
        members = read_object(raw, "withdrawal")
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            tender=members["tender"],
            policy=members["policy"],
            supplier=members["supplier"],
            bid=members["bid"],
            reason=members["reason"],
        )


def build_withdrawal(tender: str, policy: str, supplier: str, bid: str, reason: str) -> bytes:
    """The canonical bytes of a withdrawal, to be signed by the supplier; BidError for a malformed member."""
    return write_object(
        "withdrawal",
        {"tender": tender, "policy": policy, "supplier": supplier, "bid": bid, "reason": reason},
    )


@dataclass(frozen=True)
class Receipt:
    """The platform's receipt for a manifest or a withdrawal (`kind`, and `document`, its digest).

    `raw` is the file, `digest` that of the statement; `crl` is the digest of the revocation list that the
    supplier's certificate was judged by, as of `received_at` (UTC), now and for ever after. `cms` is the
    platform's own signature (DER), `token` the time-stamp over it (DER), or None: a receipt stands without.
    """

    raw: bytes
    digest: str
    at: datetime
    tender: str
    policy: str
    bid: str
    kind: Literal["manifest", "withdrawal"]
    document: str
    signature: str
    crl: str
    received_at: datetime
    cms: bytes
    token: bytes | None

    @classmethod
    def parse(cls, source: bytes | Statement) -> Receipt:
        """A receipt from its file's bytes (or as `signing` read it), the signature unchecked; BidError."""
        read = read_signed(source, "receipt")
        members = read.statement
        kinds = [kind for kind in ("manifest", "withdrawal") if kind in members]
        if len(kinds) != 1:
            raise BidError("receipt-kind")
        receipt = cls(
            raw=source if isinstance(source, bytes) else file_of(read),
            digest=read.digest,
            at=parse_time(members["at"]),
            tender=members["tender"],
            policy=members["policy"],
            bid=members["bid"],
            kind="manifest" if kinds == ["manifest"] else "withdrawal",
            document=members[kinds[0]],
            signature=members["signature"],
            crl=members["crl"],
            received_at=parse_time(members["received_at"]),
            cms=read.signature,
            token=read.token,
        )
        if receipt.at < receipt.received_at:
            raise BidError("receipt-before-receiving", bid=receipt.bid)
        return receipt


def build_receipt(
    *,
    at: datetime,
    tender: str,
    policy: str,
    bid: str,
    signature: str,
    crl: str,
    received_at: datetime,
    manifest: str | None = None,
    withdrawal: str | None = None,
) -> dict[str, JSON]:
    """A receipt statement for exactly one of `manifest` and `withdrawal` (digests, as `signature`, `crl`)."""
    if (manifest is None) == (withdrawal is None):
        raise BidError("receipt-kind")
    members: dict[str, JSON] = {
        "at": format_time(at),
        "tender": tender,
        "policy": policy,
        "bid": bid,
        "signature": signature,
        "crl": crl,
        "received_at": format_time(received_at),
    }
    document: dict[str, JSON] = {"withdrawal": withdrawal} if manifest is None else {"manifest": manifest}
    return build_statement("receipt", {**members, **document})


def check_receipt(
    receipt_file: bytes, document: bytes, signature: bytes, roots: Sequence[x509.Certificate]
) -> Receipt:
    """Check that the platform gave this receipt for this manifest (or withdrawal) and its signature.

    1. The receipt's own signature, by a receipt key under the platform authority, as of its `at`.
    2. It names tender, policy and bid of the document, and the digests of document and signature.

    Raises BidError.
    """
    receipt = verify_receipt(receipt_file, roots)
    match_receipt(receipt, document, signature)
    return receipt


def verify_receipt(
    data: bytes, roots: Sequence[x509.Certificate], revocations: Revocations | None = None
) -> Receipt:
    """A receipt that the platform's receipt key signed, judged as of its `at`; its token is read, not checked
    (see `tokens`). BidError."""
    return Receipt.parse(verify_platform(data, "receipt", "receipt", roots, revocations))


def match_receipt(receipt: Receipt, document: bytes, signature: bytes) -> Manifest | Withdrawal:
    """Step 2 of `check_receipt`; the document as parsed."""
    parsed = Manifest.parse(document) if receipt.kind == "manifest" else Withdrawal.parse(document)
    for name, stated, found in (
        ("tender", receipt.tender, parsed.tender),
        ("policy", receipt.policy, parsed.policy),
        ("bid", receipt.bid, parsed.bid),
        (receipt.kind, receipt.document, parsed.digest),
        ("signature", receipt.signature, canonical.digest(signature)),
    ):
        if stated != found:
            raise BidError("receipt-mismatch", member=name, bid=receipt.bid)
    return parsed
