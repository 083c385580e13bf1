"""Verifying an evidence package of 1,000 bids against the bare cryptographic operations of the same checks.

Measured: `bids.verification.verify` as `sunseal verify` calls it, anchored in the reader's roots and log key,
over a package that was read from a file: signatures, ledger, every bid opened again, ranking, log, digests.
Each bid is of 54 items; three custodians, two of whom open; receipts carry time-stamps.
Compared with, over the same bytes: for each bid CMS and chain of the manifest by its receipt's revocation
list and time, CMS and chain of receipt, time-stamp and enrolment, the enrolment's path to its day's root in
the log, the content key recovered from two shares and dealt again, and the index decrypted; CMS and chain of
the releases and the platform's statements; the SHA-256 of every file of the package and of the ledger's
leaves. No JSON is read but the statements whose signatures are checked.
Ratio: the verification's time / the operations' time; 2 or less is wanted.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from bids.enrolment_days import SIZE, place_of
from bids.entries import Entry
from bids.package import (
    EVIDENCE,
    LOG_ENROLMENTS,
    OPENING_RECORD,
    Package,
    read_package,
    sealed_name,
    share_name,
)
from bids.receipts import Receipt
from bids.releases import Release
from bids.tokens import imprint_of
from bids.verification import verify
from signing import canonical, cms, merkle, statements, suite
from signing.certificates import dump_pem
from signing.encoding import b64decode
from signing.timestamps import verify_token
from tests.benchmarks.bare_crypto import forget
from tests.benchmarks.ratios import Ratio, alternate, say
from tests.bids_factory import World
from tests.package_factory import Case

NAME = "verifying_vs_crypto"
BIDS = 1000
ITEMS = 54
REPETITIONS = 3
_SEGMENT = "bid"
_THRESHOLD, _COUNT = 2, 3


def run(bids: int = BIDS, repetitions: int = REPETITIONS) -> Ratio:
    """Measure with a package of `bids` bids."""
    case = Case(World(seed=1, suppliers=bids), bidders=bids, items=ITEMS)
    say(f"  {NAME}: {bids} bids sealed")
    case.run()
    data = case.package()
    say(f"  {NAME}: a package of {len(data) >> 20} MiB")
    with tempfile.TemporaryDirectory(prefix="sunseal-bench-") as name:
        path = Path(name) / "evidence.zip"
        path.write_bytes(data)
        with path.open("rb") as source:
            package = read_package(source)
            roots, log_key = dump_pem(case.world.roots), case.world.log_signer.vkey
            bare = _bare(case, package)

            def measured() -> None:
                forget()
                report = verify(package, roots, log_key)
                assert report.ok and report.anchored

            def operations() -> None:
                forget()
                assert bare.run() == bids

            # The first one of each finds modules not imported and files not read.
            measured()
            operations()
            times = alternate(measured, operations, range(repetitions), NAME)
    return Ratio(NAME, tuple(ours / theirs for ours, theirs in times), at_most=2.0)


@dataclass(frozen=True)
class _Bid:
    """One bid's bytes, as far as the operations need them."""

    party: str
    manifest: bytes
    signature: bytes
    received_at: datetime
    crl: x509.CertificateRevocationList
    receipt: bytes
    receipt_cms: bytes
    token: bytes
    enrolment: bytes
    listed: tuple[bytes, tuple[bytes, ...]]
    context: bytes
    digests: tuple[str, ...]
    shares: tuple[bytes, ...]
    index: bytes


@dataclass(frozen=True)
class _Bare:
    """The operations: `signed` are statements' files with their type and who signs them."""

    roots: Sequence[x509.Certificate]
    bids: Sequence[_Bid]
    signed: Sequence[tuple[bytes, str, str, str]]
    day: bytes
    leaves: Sequence[bytes]
    files: Sequence[bytes]

    def run(self) -> int:
        """All of them once; how many bids came open."""
        for file, kind, authority, usage in self.signed:
            statements.verify_statement(file, kind, self.roots, authority, usage)
        for file in self.files:
            hashlib.sha256(file).hexdigest()
        merkle.root([merkle.leaf_hash(leaf) for leaf in self.leaves])
        return sum(self._bid(bid) for bid in self.bids)

    def _bid(self, bid: _Bid) -> bool:
        roots, sealing = self.roots, suite.SUNSEAL_1
        cms.verify_with_chain(
            bid.manifest, bid.signature, roots, bid.received_at, "parties", "party", [bid.crl]
        )
        statements.verify_statement(
            bid.receipt, "sunseal/receipt/v1", roots, "platform", "receipt", with_token=True
        )
        verify_token(bid.token, imprint_of(bid.receipt_cms), roots)
        statements.verify_statement(bid.enrolment, "sunseal/enrolment/v1", roots, "platform", "statement")
        leaf, path = bid.listed
        merkle.verify_inclusion(place_of(bid.party), SIZE, merkle.leaf_hash(leaf), path, self.day)
        key = sealing.recover(bid.shares, _THRESHOLD, _COUNT, bid.context, bid.digests)
        return bool(sealing.decrypt(bid.index, key, bid.context, 0, True))


def _bare(case: Case, package: Package) -> _Bare:
    tender, world = case.tender, case.world
    names = [share_name(_SEGMENT, one.id) for one in world.custodians]
    files = [package.read(name) for name in names if name in package]
    releases = [Release.parse(file) for file in files]
    day = canonical.loads(package.read(LOG_ENROLMENTS))["day"]
    root = Entry.parse(b64decode(day["entry"])).digests["root"]
    listed = {
        one["party"]: (b64decode(one["leaf"]), tuple(b64decode(each) for each in one["hashes"]))
        for one in day["openings"]
    }
    bids = []
    for bid in tender.bids:
        part = bid.manifest.part(_SEGMENT, "public")
        receipt = Receipt.parse(bid.receipt)
        assert receipt.token is not None
        bids.append(
            _Bid(
                bid.supplier.id, bid.manifest.raw, bid.signature, receipt.received_at, world.crl,
                bid.receipt, receipt.cms, receipt.token, bid.supplier.enrolment, listed[bid.supplier.id],
                bid.manifest.context(_SEGMENT, "public"),
                tuple(part.share_digests), tuple(one.shares[bid.id] for one in releases[:_THRESHOLD]),
                package.read(sealed_name(bid.id, _SEGMENT)),
            )
        )  # fmt: skip
    signed = [(file, "sunseal/release/v1", "parties", "party") for file in files]
    signed += [
        (package.read(name), f"sunseal/{kind}/v1", "platform", "statement")
        for name, kind in (("closing.json", "closing"), (OPENING_RECORD, "opening-record"),
                           ("award.json", "award"), (EVIDENCE, "evidence"))
    ]  # fmt: skip
    everything = [package.read(name) for name in package.names]
    return _Bare(world.roots, bids, signed, bytes.fromhex(root), tender.leaves, everything)

