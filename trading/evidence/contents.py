"""What stands in a tender's evidence package: every file's name, and how its bytes are read when asked for.

All of it is on record and no longer changes but a few texts (certificates, lists, README), which
are kept under their digest when the evidence statement names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.orm import Session

from bids import package as names
from bids.package import bid_name, lines, notice_names, offer_name, sealed_name, share_name
from bids.readme import readme
from bids.receipts import Receipt
from bids.tokens import imprint_of, token_file
from signing import canonical
from signing.certificates import dump_pem
from signing.errors import SigningError
from signing.timestamps import verify_token
from trading.awards.models import PublishedAward
from trading.custody.models import Release
from trading.custody.trust import trust_material
from trading.evidence.files import published_file, record_kind
from trading.opening.models import Closing, OpenedBid, PublishedOpeningRecord
from trading.opening.record import leaves_on_record, stored_objects
from trading.opening.stages import stages_of
from trading.platform import Platform
from trading.submission.models import Bid, Withdrawal
from trading.tenders.models import PublishedNotice, Tender
from trading.timestamps.services import kept_chains
from trading.unlocking.models import UnlockWindow

Load = Callable[[], bytes]
_CHUNK = 50
_NEVER_THERE = "ciphertext-missing"


def listed_files(platform: Platform, session: Session, tender: Tender) -> dict[str, Load]:
    """Every file that the evidence statement lists, but the texts, by name."""
    files: dict[str, Load] = {}
    files.update(_notices(session, tender))
    files[names.CLOSING] = _given(session.get_one(Closing, tender.id).raw)
    files[names.LEDGER] = _given(lines(leaves_on_record(session, tender.id)))
    files.update(_bids(session, tender.id))
    files.update(_withdrawals(session, tender.id))
    for segment in tender.segment_names:
        files.update(_opened(platform, session, tender.id, segment))
        files.update(_released(session, tender.id, segment))
    files.update(_stages(platform, session, tender.id))
    files.update(_documents(platform, session, tender.id))
    return files


def texts(platform: Platform, session: Session, tender: Tender) -> dict[str, bytes]:
    """Files that might come out otherwise another day: certificates, lists, enrolments, README."""
    trust = trust_material(platform, session, tender)
    keys = platform.keys
    lists = (x509.load_der_x509_crl(each).public_bytes(Encoding.PEM) for each in trust.crls)
    enrolments = [canonical.loads(each) for each in trust.enrolments]
    outside = {names.OUTSIDE: trust.outside.encode()} if trust.outside else {}
    found = {
        **outside,
        names.ROOTS: trust.roots.encode(),
        names.CHAIN: dump_pem([keys.platform.certificate, keys.parties.certificate]),
        names.CRLS: b"".join(lists),
        names.ENROLMENTS: canonical.dumps(enrolments),
        names.README: readme(tender.id),
    }
    if _stamped_outside(platform, session, tender.id):
        found[names.TIMESTAMP] = dump_pem(kept_chains(session))
    return found


def _stamped_outside(platform: Platform, session: Session, tender_id: str) -> bool:
    """Whether an outside authority stamped any receipt of the tender."""
    withdrawn = session.scalars(select(Withdrawal.receipt).where(Withdrawal.tender_id == tender_id))
    receipts = [receipt for _, receipt in _receipts(session, tender_id)]
    return any(
        receipt.token is not None and not _is_own(platform, receipt.token, receipt.cms)
        for receipt in (*receipts, *map(Receipt.parse, withdrawn))
    )


def _is_own(platform: Platform, token: bytes, cms: bytes) -> bool:
    try:
        verify_token(token, imprint_of(cms), platform.keys.roots)
    except SigningError:
        return False
    return True


def _given(data: bytes) -> Load:
    return lambda: data


def _notices(session: Session, tender: Tender) -> dict[str, Load]:
    rows = session.execute(
        select(PublishedNotice.sha256, PublishedNotice.raw, PublishedNotice.signature).where(
            PublishedNotice.tender_id == tender.id
        )
    )
    files: dict[str, Load] = {}
    for row in rows:
        current = row.sha256 == tender.notice_digest
        notice, signature = (
            (names.NOTICE, names.NOTICE_SIGNATURE) if current else notice_names(row.sha256)
        )
        files[notice], files[signature] = _given(row.raw), _given(row.signature)
    return files


class _Chunks:
    """Rows of many bids, read a chunk at a time; files are asked for in the order of names, so bid by bid."""

    def __init__(self, ids: list[str], read: Callable[[list[str]], Mapping[str, Any]]) -> None:
        self._ids = sorted(ids)
        self._place = {bid: place for place, bid in enumerate(self._ids)}
        self._read = read
        self._chunk = -1
        self._rows: Mapping[str, Any] = {}

    def row(self, bid: str) -> Any:
        chunk = self._place[bid] // _CHUNK
        if chunk != self._chunk:
            self._rows = self._read(self._ids[chunk * _CHUNK : (chunk + 1) * _CHUNK])
            self._chunk = chunk
        return self._rows[bid]

    def column(self, bid: str, name: str) -> bytes:
        data: bytes = getattr(self.row(bid), name)
        return data


def _bids(session: Session, tender_id: str) -> dict[str, Load]:
    ids, stamped = [], []
    for bid, receipt in _receipts(session, tender_id):
        ids.append(bid)
        stamped += [bid] if receipt.token is not None else []

    def read(some: list[str]) -> Mapping[str, Any]:
        rows = session.execute(
            select(Bid.id, Bid.manifest, Bid.signature, Bid.receipt).where(Bid.id.in_(some))
        )
        return {row.id: row for row in rows}

    chunks = _Chunks(ids, read)
    members = {"manifest.json": "manifest", "manifest.p7s": "signature", "receipt.json": "receipt"}
    files: dict[str, Load] = {
        bid_name(bid, name): partial(chunks.column, bid, column)
        for bid in ids
        for name, column in members.items()
    }
    for bid in stamped:
        files[bid_name(bid, "receipt.tsr")] = partial(_token, partial(chunks.column, bid, "receipt"))
    return files


def _receipts(session: Session, tender_id: str) -> Iterator[tuple[str, Receipt]]:
    """The receipts of all bids, one after the other."""
    rows = session.execute(
        select(Bid.id, Bid.receipt).where(Bid.tender_id == tender_id), execution_options={"yield_per": 200}
    )
    for row in rows:
        yield row.id, Receipt.parse(row.receipt)


def _token(receipt: Load) -> bytes:
    return token_file(Receipt.parse(receipt()).token or b"")


def _withdrawals(session: Session, tender_id: str) -> dict[str, Load]:
    rows = session.execute(
        select(Withdrawal.bid_id, Withdrawal.raw, Withdrawal.signature, Withdrawal.receipt).where(
            Withdrawal.tender_id == tender_id
        )
    )
    files: dict[str, Load] = {}
    for row in rows:
        files[bid_name(row.bid_id, "withdrawal.json")] = _given(row.raw)
        files[bid_name(row.bid_id, "withdrawal.p7s")] = _given(row.signature)
        files[bid_name(row.bid_id, "withdrawal-receipt.json")] = _given(row.receipt)
        if Receipt.parse(row.receipt).token is not None:
            files[bid_name(row.bid_id, "withdrawal-receipt.tsr")] = partial(_token, _given(row.receipt))
    return files


def _opened(platform: Platform, session: Session, tender_id: str, segment: str) -> dict[str, Load]:
    """Of every bid whose opening was tried the sealed index, if there was one; of an opened one the offer."""
    rows = session.execute(
        select(OpenedBid.bid_id, OpenedBid.opened, OpenedBid.reason).where(
            OpenedBid.tender_id == tender_id, OpenedBid.segment == segment
        )
    ).all()

    def offers(some: list[str]) -> Mapping[str, Any]:
        found = session.execute(
            select(OpenedBid.bid_id, OpenedBid.offer).where(
                OpenedBid.tender_id == tender_id, OpenedBid.segment == segment, OpenedBid.bid_id.in_(some)
            )
        )
        return {row.bid_id: row for row in found}

    def sealed(some: list[str]) -> Mapping[str, Any]:
        return {bid: place for (bid, _), place in stored_objects(session, some, segment, "public", 0).items()}

    opened = [row.bid_id for row in rows if row.opened]
    tried = [row.bid_id for row in rows if row.reason != _NEVER_THERE]
    offer_chunks, sealed_chunks = _Chunks(opened, offers), _Chunks(tried, sealed)

    def ciphertext(bid: str) -> bytes:
        place = sealed_chunks.row(bid)
        return b"".join(platform.storage.chunks(place.key, place.parts))

    files: dict[str, Load] = {
        offer_name(bid, segment): partial(offer_chunks.column, bid, "offer") for bid in opened
    }
    files.update((sealed_name(bid, segment), partial(ciphertext, bid)) for bid in tried)
    return files


def _released(session: Session, tender_id: str, segment: str) -> dict[str, Load]:
    """Releases of the frozen set of a segment."""
    releases = session.scalars(
        select(Release).where(Release.tender_id == tender_id, Release.segment == segment, Release.frozen)
    )
    return {share_name(segment, release.custodian_id): _given(release.raw) for release in releases}


def _stages(platform: Platform, session: Session, tender_id: str) -> dict[str, Load]:
    """The opening records of the segments before the last, and their PDFs."""
    files: dict[str, Load] = {}
    for segment, row in stages_of(session, tender_id).items():
        name, pdf = names.record_names(segment)
        files[name] = _given(row.raw)
        file = published_file(session, tender_id, record_kind(segment))
        if file is not None:
            files[pdf] = partial(_stored, platform, file.storage_key, file.parts)
    return files


def _documents(platform: Platform, session: Session, tender_id: str) -> dict[str, Load]:
    """Who unlocked, the opening record, the award, and their PDFs."""
    files: dict[str, Load] = {}
    record, award = session.get(PublishedOpeningRecord, tender_id), session.get(PublishedAward, tender_id)
    if record is not None:
        files[names.OPENING_RECORD] = _given(record.raw)
    window = session.get(UnlockWindow, tender_id)
    if window is not None and window.raw is not None:
        files[names.UNLOCKING] = _given(window.raw)
    if award is not None:
        files[names.AWARD] = _given(award.raw)
    documents = (
        (names.OPENING_RECORD_PDF, "opening-record"), (names.AWARD_REPORT, "award-report"),
        (names.AWARD_NOTICE, "award-notice"),
    )
    for name, kind in documents:
        file = published_file(session, tender_id, kind)
        if file is not None:
            files[name] = partial(_stored, platform, file.storage_key, file.parts)
    return files


def _stored(platform: Platform, key: str, parts: int) -> bytes:
    return b"".join(platform.storage.chunks(key, parts))
