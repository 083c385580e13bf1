"""The cryptographic operations that the protocol asks for when a tender of many bids is opened, and no more.

Inputs are bytes and parsed certificates; nothing is read from a database, no JSON is parsed but the
statements whose signatures are checked, no statement is made. `signing` remembers which paths from
certificate to root hold; a custodian begins knowing none, because each has to find out for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from bids import manifest
from bids.ledger import parse_leaf
from signing import chains, cms, statements
from signing.hpke import SealingKey
from signing.suite import Suite


def forget() -> None:
    """As in a process that has verified and parsed nothing yet."""
    for remembering in (chains._verified_path, parse_leaf, manifest._remembered):
        remembering.cache_clear()


@dataclass(frozen=True)
class SealedPart:
    """A part's context C, and its shares as sealed, by custodian."""

    context: bytes
    shares: tuple[bytes, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class BareBid:
    """One bid's bytes, as far as the operations need them."""

    manifest: bytes
    signature: bytes
    received_at: datetime
    crl: x509.CertificateRevocationList
    receipt: bytes
    enrolment: bytes
    public: SealedPart
    files: SealedPart
    ciphertext: bytes


@dataclass(frozen=True)
class BareOpening:
    """A tender's bids, the custodians' keys in the policy's order, the agency's public envelope key, and what
    is trusted."""

    suite: Suite
    roots: Sequence[x509.Certificate]
    keys: Sequence[SealingKey]
    envelope: bytes
    threshold: int
    bids: Sequence[BareBid]

    def run(self) -> int:
        """All operations once; how many bids came open.

        1. Each custodian, each bid: CMS and chain of the manifest by its receipt's revocation list and time,
           CMS and chain of the receipt and of the signer's enrolment, HPKE opening of its two shares, HPKE
           sealing of the one of the files to the agency.
        2. The opener, each bid: the key recovered from two shares and dealt again, the index decrypted.
        """
        released = [self._custodian(position, key) for position, key in enumerate(self.keys, 1)]
        opened = 0
        for number, bid in enumerate(self.bids):
            shares = [each[number] for each in released[: self.threshold]]
            part = bid.public
            key = self.suite.recover(shares, self.threshold, len(self.keys), part.context, part.digests)
            opened += bool(self.suite.decrypt(bid.ciphertext, key, part.context, 0, True))
        return opened

    def _custodian(self, position: int, key: SealingKey) -> list[bytes]:
        shares = []
        forget()
        for bid in self.bids:
            cms.verify_with_chain(
                bid.manifest, bid.signature, self.roots, bid.received_at, "parties", "party", [bid.crl]
            )
            for file, kind, usage in (
                (bid.receipt, "sunseal/receipt/v1", "receipt"),
                (bid.enrolment, "sunseal/enrolment/v1", "statement"),
            ):
                stamped = usage == "receipt"
                statements.verify_statement(file, kind, self.roots, "platform", usage, with_token=stamped)
            shares.append(self._open(position, key, bid.public))
            share = self._open(position, key, bid.files)
            self.suite.seal_share(self.envelope, bid.files.context, position, share)
        return shares

    def _open(self, position: int, key: SealingKey, part: SealedPart) -> bytes:
        return self.suite.open_share(key, part.context, position, part.shares[position - 1])
