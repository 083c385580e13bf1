"""What a supplier, or whoever it accuses the platform before, needs to judge a receipt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bids import package as names
from bids.closing import Closing
from bids.entries import Entry
from bids.errors import BidError
from bids.package import Package, bid_name, read_package, split_lines
from bids.promise import Judgement, judge
from bids.receipt_bundle import Kept, parse_receipt, read_bundle
from bids.receipts import Receipt
from bids.trust import Trust
from bids.unlock_receipts import is_unlock_receipt
from bids.verification.anchors import load_crls
from signing.certificates import load_pem
from signing.encoding import b64decode
from signing.errors import SigningError
from signing.notes import NoteVerifier
from trading.client.api import Api, ApiProblem, unfile
from trading.client.errors import ClientError
from trading.client.files import open_file, read_file

_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Anchors:
    """The reader's own, None where the file's, the package's or the platform's are to do."""

    roots: tuple[x509.Certificate, ...] | None = None
    log: NoteVerifier | None = None
    tsa: tuple[x509.Certificate, ...] = ()
    tsa_crls: tuple[x509.CertificateRevocationList, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing rests on the word of what is judged."""
        return self.roots is not None and self.log is not None


def open_receipt(path: Path) -> list[Kept]:
    """The receipts of a file: a receipt itself, a bundle of proofs, or a proof against the platform.

    Raises:
        ClientError, BidError: it is none of them.
    """
    with open_file(path) as source:
        start = source.read(len(_ZIP))
        if start == _ZIP:
            return read_bundle(source)
    data = read_file(path)
    if b'"sunseal/' not in data:
        raise ClientError("receipt-none", path=path)
    parse_receipt(data)
    return [Kept(data)]


def with_document(kept: Kept, document: bytes, signature: bytes) -> Kept:
    """The receipt with the manifest that its holder signed."""
    return replace(kept, document=document, signature=signature)


def with_package(kept: Kept, path: Path) -> Kept:
    """What an evidence package says of the ledger, of the closing and of the log.

    Raises:
        ClientError, BidError: no evidence package, or not of the receipt's tender.
    """
    tender = parse_receipt(kept.receipt).tender
    with open_file(path) as source:
        package = read_package(source)
        closing = package.read(names.CLOSING)
        if Closing.parse(closing).tender != tender:
            raise ClientError("receipt-other-tender", tender=tender)
        if is_unlock_receipt(kept.receipt):
            unlocking = package.read(names.UNLOCKING) if names.UNLOCKING in package else None
            entry, proof = _logged(package, "opening.unlocked")
            told = replace(kept, unlocking=unlocking, entry=entry, entry_proof=proof)
        else:
            entry, proof = _logged(package, "tender.closed")
            ledger = split_lines(package.read(names.LEDGER), names.LEDGER)
            told = replace(kept, closing=closing, ledger=ledger, entry=entry, entry_proof=proof)
        return replace(
            told,
            log_key=package.read(names.LOG_KEY),
            roots=package.read(names.ROOTS),
            crls=package.read(names.CRLS),
            tsa=package.read(names.TIMESTAMP) if names.TIMESTAMP in package else None,
        )


def _logged(package: Package, act: str) -> tuple[bytes | None, bytes | None]:
    """The one entry of an act and its proof: proofs are named by position, in the entries' order."""
    entries = split_lines(package.read(names.LOG_ENTRIES), names.LOG_ENTRIES)
    found = [raw for raw in entries if Entry.parse(raw).act == act]
    proofs = sorted(
        (name for name in package.names if name.startswith("log/proofs/")),
        key=lambda name: int(name.removeprefix("log/proofs/").partition(".")[0]),
    )
    if len(found) != 1 or len(proofs) != len(entries):
        return None, None
    return found[0], package.read(proofs[entries.index(found[0])])


def fetch_published(kept: Kept, api: Api) -> Kept:
    """What the platform shows everybody of the tender now: ledger, closing, its place in the log; for a
    receipt for unlocking the statement that ended the window, and its place.

    Before the closing there is nothing but roots, lists and the log's key. Raises ApiProblem, ClientError.
    """
    tender = parse_receipt(kept.receipt).tender
    told = replace(
        kept, roots=api.raw("/certificates/roots.pem"), log_key=api.raw("/log/key"), crls=_crls(api, tender)
    )
    if api.get(f"/tenders/{tender}/opening")["state"] in ("published", "draft"):
        return told
    if is_unlock_receipt(kept.receipt):
        return _fetch_unlocking(told, api, tender)
    logged = api.get(f"/tenders/{tender}/closing")
    leaves: list[bytes] = []
    start: int | None = 0
    while start is not None:
        page = api.get(f"/tenders/{tender}/ledger", start=start)
        leaves += [unfile(item, "leaf") for item in page["items"]]
        after = page["next"]
        if after is not None and (not isinstance(after, int) or after <= start):
            raise ClientError("answer-malformed", what="ledger")
        start = after
    return replace(
        told,
        closing=unfile(logged),
        entry=unfile(logged, "entry"),
        entry_proof=str(logged["proof"]).encode(),
        ledger=tuple(leaves),
    )


def _fetch_unlocking(told: Kept, api: Api, tender: str) -> Kept:
    try:
        file = api.get(f"/tenders/{tender}/unlocking")["file"]
    except ApiProblem as problem:
        if problem.code != "unlocking-not-found":
            raise
        return told
    entries = api.get("/log/entries", tender=tender)["entries"]
    for position, entry in [(one["position"], b64decode(str(one["raw"]))) for one in entries]:
        if Entry.parse(entry).act == "opening.unlocked":
            proof = api.raw("/log/proof/inclusion", position=position)
            told = replace(told, entry=entry, entry_proof=proof)
    return told if file is None else replace(told, unlocking=b64decode(str(file)))


def judge_kept(kept: Kept, anchors: Anchors) -> Judgement:
    """Judge by the reader's anchors, and by what came with the receipt where there are none.

    Raises:
        ClientError: no roots at all.
    """
    roots = anchors.roots or _certificates(kept.roots)
    if not roots:
        raise ClientError("roots-missing")
    log = anchors.log or _verifier(kept.log_key)
    try:
        crls = {} if kept.crls is None else load_crls(kept.crls)
    except BidError:
        crls = {}
    trust = Trust(tuple(roots), crls, log=log, log_origin="" if log is None else log.name)
    outside = anchors.tsa or _certificates(kept.tsa)
    return judge(kept, trust, outside, anchors.tsa_crls)


def stands_in(path: Path, kept: Kept) -> bool | None:
    """Whether an evidence package holds the receipt's document as the holder has it; None without that."""
    if kept.document is None:
        return None
    receipt = parse_receipt(kept.receipt)
    kind = receipt.kind if isinstance(receipt, Receipt) else "manifest"
    name = bid_name(receipt.bid, f"{kind}.json")
    with open_file(path) as source:
        package = read_package(source)
        return name in package and package.read(name) == kept.document


def _crls(api: Api, tender: str) -> bytes | None:
    lists = api.get(f"/tenders/{tender}/trust")["crls"]
    ders = [x509.load_der_x509_crl(b64decode(str(one))) for one in lists]
    return b"".join(one.public_bytes(Encoding.PEM) for one in ders)


def _certificates(pem: bytes | None) -> tuple[x509.Certificate, ...]:
    try:
        return () if pem is None else tuple(load_pem(pem))
    except SigningError:
        return ()


def _verifier(key: bytes | None) -> NoteVerifier | None:
    try:
        return None if key is None else NoteVerifier.from_vkey(key.decode("utf-8", "replace").strip())
    except SigningError:
        return None
