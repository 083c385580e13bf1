"""The facts of a tender's documents once more, from nothing but its evidence package.

A few of them no package holds, or not all of them: the platform's address, which of its project's tenders
this is, what exactly was refused of a custodian, the log's signature under the checkpoint of that moment, and
last days of periods that no calendar here knows. Those are read from the document that is being checked, each
in the narrow form that it can have, and `taken` names them. The log's signature is checked by the log's key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography import x509

from bids import package as names
from bids.awards import Award
from bids.closing import Closing
from bids.custody import Release
from bids.entries import Entry
from bids.ledger import current_bids, parse_leaf
from bids.manifest import Manifest
from bids.notice import Notice
from bids.objects import read_signed
from bids.opening_record import OpeningRecord
from bids.package import Package, bid_name, offer_name, record_names, share_name, split_lines
from bids.receipts import Receipt
from bids.stages import Stage
from bids.trust import Trust
from reports.facts import LogPosition
from signing import cms, merkle
from signing.certificates import Party
from signing.encoding import b64encode
from signing.errors import NoteError
from signing.notes import DASH, Proof, parse_checkpoint, parse_proof
from signing.profile import fingerprint
from trading.custody.standing import LATE, MISSING, REFUSALS, RELEASED, Standing
from trading.evidence.facts import Judged, Stood
from trading.evidence.notices import Notices

if TYPE_CHECKING:
    from trading.evidence.printed import Printed

ADDRESS, SERIAL, REFUSED, LAST_DAY = "address", "serial", "refused", "last-day"
_OTHER = "other"  # what is refused for any other reason is said in the same words
_BETWEEN = "; "
_SIGNATURE = 92  # base64 digits of a key's id and an Ed25519 signature


class Repeated(Notices):
    """The facts by a package that holds, for the document `printed`; the opening is that of `segment`.

    taken: what only the document says, by kind.
    """

    def __init__(self, package: Package, trust: Trust, printed: Printed, segment: str | None = None) -> None:
        self._package, self._trust, self._printed = package, trust, printed
        self.taken: dict[str, str] = {}
        self.notice = Notice.parse(package.read(names.NOTICE))
        self.closing = Closing.parse(package.read(names.CLOSING))
        self.leaves = split_lines(package.read(names.LEDGER), names.LEDGER)
        segments = self.notice.policy.segment_names
        self.segment = segment or segments[-1]
        self._place = segments.index(self.segment)
        self.record = self._record(self.segment)
        self.stages = [self._judged_in(place) for place in range(self._place)]
        first = self.stages[0].record if self.stages else self.record
        self._own = {row.supplier: row.bid for row in first.bids}
        self.names = {supplier: self._name(supplier) for supplier in self._own}
        self.public_url = self._public_url()

    @staticmethod
    def segments_of(package: Package) -> tuple[str, ...]:
        """The segments that were opened, in their order."""
        policy = Notice.parse(package.read(names.NOTICE)).policy
        return tuple(each for each in policy.segment_names if record_names(each)[0] in package)

    @staticmethod
    def digest_of(package: Package, segment: str) -> str:
        """Of a segment's opening record."""
        return OpeningRecord.parse(package.read(record_names(segment)[0])).digest

    # --- what the package has

    def current(self) -> int:
        """By the manifests that suppliers signed."""
        leaves = [parse_leaf(raw) for raw in self.leaves]
        accepted = [leaf.bid for leaf in leaves if leaf.kind == "acceptance"]
        links = {bid: Manifest.parse(self._package.read(bid_name(bid, "manifest.json"))) for bid in accepted}
        return len(current_bids(leaves, links, self.notice.policy.digest))

    def received(self) -> Mapping[str, datetime]:
        """By the platform's receipts, of the bids that any record names."""
        return self._received

    @cached_property
    def _received(self) -> dict[str, datetime]:
        return {bid: self._receipt(bid).received_at for bid in self._own.values()}

    def offers(self) -> Mapping[str, bytes | None]:
        """As anybody opens them, of those that opened."""
        return {
            row.bid: self._package.read(offer_name(row.bid, self.segment))
            for row in self.record.bids
            if row.opened
        }

    def place_of_record(self) -> LogPosition:
        """With the checkpoint of that moment, which follows from the entry's proof."""
        return self._log("tender.opened", self._place)

    def place_of_award(self) -> LogPosition:
        """As `place_of_record`."""
        return self._log("tender.awarded")

    @cached_property
    def award_statement(self) -> Award:
        """The package's."""
        return Award.parse(self._package.read(names.AWARD))

    @cached_property
    def decision(self) -> str:
        """Of the decision that the log's entry holds."""
        file = self._of("tender.awarded")[0].statement_file
        return read_signed(file or b"", "award-decision").digest

    def organisation(self, supplier: str) -> str:
        """As the supplier's certificate and enrolment name it."""
        return self._party(supplier).organisation

    def supplier_of(self, bid: str) -> str:
        """Whose bid it is; "" for a bid of nobody's here."""
        return next((supplier for supplier, own in self._own.items() if own == bid), "")

    def _record(self, segment: str) -> OpeningRecord:
        return OpeningRecord.parse(self._package.read(record_names(segment)[0]))

    def _judged_in(self, place: int) -> Judged:
        segment, entry = self.notice.policy.segment_names[place], self._of("tender.admitted")[place]
        return Judged(segment, self._record(segment), Stage.parse(entry.statement_file or b""), entry.at)

    def _receipt(self, bid: str) -> Receipt:
        return Receipt.parse(self._package.read(bid_name(bid, "receipt.json")))

    def _name(self, supplier: str) -> str:
        """As the supplier's certificate has it; one of an outside authority may have it in other width or
        case than the platform."""
        name, signer = self._party(supplier).organisation_name, self._signers[supplier]
        outside = self._trust.enrolments[fingerprint(signer)].outside
        return name if outside is None else self._printed.written(name)

    def _party(self, supplier: str) -> Party:
        return self._trust.resolve(self._signers[supplier], self._received[self._own[supplier]])

    @cached_property
    def _signers(self) -> dict[str, x509.Certificate]:
        found = {}
        for supplier, bid in self._own.items():
            files = (bid_name(bid, "manifest.json"), bid_name(bid, "manifest.p7s"))
            found[supplier] = cms.verify(*map(self._package.read, files)).certificate
        return found

    @cached_property
    def _entries(self) -> list[Entry]:
        return [Entry.parse(raw) for raw in split_lines(self._package.read(names.LOG_ENTRIES), "log")]

    @cached_property
    def _proofs(self) -> list[Proof]:
        """The entries' proofs, in the entries' order, which is that of the log."""
        files = [name for name in self._package.names if name.startswith("log/proofs/")]
        return sorted((parse_proof(self._package.read(name)) for name in files), key=lambda one: one.index)

    def _of(self, act: str) -> list[Entry]:
        return [entry for entry in self._entries if entry.act == act]

    # --- what follows from both

    def _log(self, act: str, place: int = 0) -> LogPosition:
        """An entry's place, and the log's checkpoint right after it: its root follows from the proof, the
        log's signature under it stands in the document."""
        entry = self._of(act)[place]
        proof = self._proofs[self._entries.index(entry)]
        origin, log = self._trust.log_origin, self._trust.log
        assert log is not None
        size = parse_checkpoint(proof.checkpoint, log, origin, strict=False).size
        root = root_until(proof.index, size, merkle.leaf_hash(entry.raw), proof.hashes)
        head = f"{origin}\n{proof.index + 1}\n{b64encode(root)}\n"
        line = f"{DASH}{origin} "
        signature = self._signature_after("".join((head + line).split()))
        note = f"{head}\n{line}{signature}\n"
        try:
            parse_checkpoint(note.encode(), log, origin)
        except NoteError:
            note = head  # what is no signature is not printed again, so the document differs
        return LogPosition(origin, proof.index, note)

    def _signature_after(self, squeezed: str) -> str:
        """What follows the checkpoint in the document; notices print none."""

        def look(text: str) -> str | None:
            place = text.find(squeezed)
            begin = place + len(squeezed)
            return None if place < 0 else text[begin : begin + _SIGNATURE]

        return self._printed.seek(look) or ""

    def number(self) -> str:
        """The project's number; which of its tenders it is, is the document's word."""
        number = self.notice.project.number
        serial = re.search(r"-([1-9][0-9]{0,5})\Z", self._printed.title)
        if serial is None or self._printed.title.endswith(f" {number}") or int(serial.group(1)) < 2:
            return number
        self._take(SERIAL, serial.group(1))
        return f"{number}-{serial.group(1)}"

    def _public_url(self) -> str:
        page = f"/tenders/{self.notice.tender}"

        def look(text: str) -> str | None:
            end = text.rfind(page)
            begin = max(text.rfind("http://", 0, max(end, 0)), text.rfind("https://", 0, max(end, 0)))
            return None if begin < 0 else text[begin:end]

        found = self._printed.seek(look) or ""
        if not re.fullmatch(r"https?://[!-~]+", found):
            return ""
        self._take(ADDRESS, found)
        return found

    def last_day(self, rule: str, since: date, days: int) -> date | None:
        """By the calendar here. A document may say none, if that year's holidays were not known; where they
        are not known here, it is the document's word."""
        here = super().last_day(rule, since, days)
        printed = self._printed_day("即不迟于" if rule == "contract-days" else "自本通知书发出之日起算，至")
        if printed is None or here is not None:
            return here if printed is not None else None
        self._take(LAST_DAY, printed.isoformat())
        return printed

    def _printed_day(self, words: str) -> date | None:
        pattern = rf"（{words}((?:19|20)[0-9]{{2}}年[0-9]{{1,2}}月[0-9]{{1,2}})日）"
        found = self._printed.found(pattern)
        if found is None:
            return None
        year, month, day = (int(each) for each in re.findall(r"[0-9]+", found))
        try:
            return date(year, month, day)
        except ValueError:
            return None

    def stood(self) -> Mapping[str, Stood]:
        """By the releases in the package and the log's entries. For which reason something of a custodian was
        refused, and whether a document came before that, the document alone says."""
        found: dict[str, Stood] = {}
        for custodian in self.notice.policy.custodians:
            share = share_name(self.segment, custodian.id)
            released = share in self._package
            kept = len(Release.parse(self._package.read(share)).refusals) if released else None
            states = [RELEASED] if released else self._unreleased(custodian.id)
            refused = self._by("custody.refused", custodian.id)
            codes = [None, *((*REFUSALS, _OTHER) if refused else ())]
            could = [
                Standing(custodian.id, custodian.name, custodian.role, state, code, kept)
                for state in states
                for code in codes
            ]
            stood = self._said(could)
            if len(codes) > 1:
                self._take(REFUSED, custodian.name)
            found[custodian.id] = Stood(released, stood.words() if stood.at_fault else None)
        return found

    def _take(self, kind: str, value: str) -> None:
        """Note what the document alone says: of a kind there may be several."""
        had = self.taken.get(kind)
        if had is None or value not in had.split(_BETWEEN):
            self.taken[kind] = value if had is None else f"{had}{_BETWEEN}{value}"

    def _unreleased(self, custodian: str) -> list[str]:
        return [MISSING, LATE] if self._by("custody.released", custodian) else [MISSING]

    def _by(self, act: str, organisation: str) -> bool:
        return any(entry.who and entry.who.organisation == organisation for entry in self._of(act))

    def _said(self, could: list[Standing]) -> Standing:
        """Which of these the document says of a custodian, the longest that it does; or the first."""
        for one in sorted(could, key=lambda each: -len(each.words()[0])) if len(could) > 1 else ():
            said = re.escape("".join(f"{one.name}{''.join(one.words())}".split()))
            if one.at_fault and self._printed.found(f"({said})"):
                return one
        return could[0]


def root_until(index: int, size: int, leaf: bytes, hashes: tuple[bytes, ...]) -> bytes:
    """The root of the tree that ends with the leaf hash `leaf` at `index`, from its inclusion proof in one of
    `size` leaves: of the proof's hashes, those of what stands before it."""
    root, last, place = leaf, size - 1, index
    for node in hashes:
        if place & 1 or place == last:
            root = merkle.node_hash(node, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return root
