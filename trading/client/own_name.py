"""What public material shows in a party's name: certificates, and whatever they signed.

The platform's authority can certify a key in anybody's name. Every certificate that counts stands in the
public log, so its owner finds it there: an agency's or custodian's as an entry of its own, a supplier's in
its own place under the daily root (`bids.enrolment_days`), which the platform opens for it alone. What such a
certificate signed is looked up as well: statements in the log, notices, and the ledgers of tenders that are
closed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from bids.enrolment_days import ACT as DAY_ACT
from bids.enrolment_days import Listed, day_digest, read_opening
from bids.entries import Entry
from bids.errors import BidError
from bids.examination import PUBLISHING_ACTS
from bids.ledger import parse_leaf
from bids.notice import Notice
from bids.receipts import Receipt
from bids.trust import Enrolment, verify_enrolment
from signing import canonical, cms
from signing.certificates import Party, fingerprint, load_pem, party_of
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.errors import SigningError
from signing.keys import require_p256, spki
from signing.notes import NoteVerifier
from trading.client.api import Api, ApiProblem, JsonObject, unfile
from trading.client.closed import fetch_notice_file
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.log_follower import LogFollower
from trading.client.own_memory import OwnMemory, Sighting

_DAYS = 30  # roots that one answer opens
_BACK = 40  # days: how old the day of a root may be when it is logged


@dataclass(frozen=True)
class Looked:
    """What a look came to: all that was ever met, and what does not hold or could not be seen.

    `withheld` are certificates that the log names and the platform does not show; `latest` is what the newest
    root says of the party, None if none was opened.
    """

    size: int
    sightings: tuple[Sighting, ...]
    faults: tuple[BidError | ClientError, ...]
    withheld: tuple[str, ...]
    opened: int
    latest: Listed | None
    signed_in: bool


class OwnName:
    """A party's look at the log; what it met is on its own disk.

    Args:
        api: with a token of the party, or without: then the daily roots stay shut. roots: the reader's own.
        log: the verifier of the log. party: whose name it is; `since`: when its first certificate was
        enrolled, as far as is known.
    """

    def __init__(
        self,
        api: Api,
        state: CustodianState,
        roots: Sequence[x509.Certificate],
        log: NoteVerifier,
        party: Party,
        since: datetime,
    ) -> None:
        self._api = api
        self._state = state
        self._roots = tuple(roots)
        self._party = party
        self._since = since
        self._faults: list[BidError | ClientError] = []
        self._memory = OwnMemory.load(state, party)
        self._fresh = OwnMemory(party.id)
        self.follower = LogFollower(api, state, log, self)

    # --- what the follower tells

    @property
    def heard(self) -> int:
        """See `Listener`."""
        return self._memory.heard

    def hear(self, position: int, entry: Entry) -> None:
        """See `Listener`."""
        fresh = self._fresh
        if entry.act == "certificate.issued" and "certificate" in entry.digests:
            # By position: a second entry of the same certificate does not stand for the first.
            fresh.issued[str(position)] = [entry.digests["certificate"], b64encode(entry.raw)]
        elif entry.act == DAY_ACT and "day" in entry.digests:
            fresh.days[str(position)] = b64encode(entry.raw)
        elif entry.act in PUBLISHING_ACTS and entry.tender is not None and "notice" in entry.digests:
            fresh.notices.append([entry.tender, entry.digests["notice"], position])
        elif entry.act == "tender.closed" and entry.tender is not None:
            fresh.closed.append(entry.tender)
        if entry.statement_file is not None:
            fresh.met += self._stated(position, entry)

    def keep(self, size: int) -> None:
        """See `Listener`."""
        self._memory.add(self._fresh)
        self._memory.heard = size
        self._memory.save(self._state)
        self._fresh = OwnMemory(self._party.id)

    def forget(self) -> None:
        """See `Listener`."""
        self._fresh = OwnMemory(self._party.id)

    def _stated(self, position: int, entry: Entry) -> list[Sighting]:
        """A statement in an entry that somebody signed in the party's name."""
        assert entry.statement is not None
        try:
            stated = canonical.dumps(entry.statement["statement"])
            signed = cms.verify(stated, b64decode(str(entry.statement["signature"])))
        except SigningError:
            return []
        if not self._named(signed.certificate):
            return []
        what = str(entry.statement["statement"].get("type", ""))
        files = {f"log/{position}.json": b64encode(entry.raw)}
        at = format_time(entry.at)
        return [_sighting(signed.certificate, "statement", at, position, entry.tender, what, files)]

    # --- a look

    def look(self, signed_in: bool) -> Looked:
        """Follow the log to its end, and look up all that is new in it.

        Raises:
            BidError, ClientError: the log does not hold, or the token is another party's. ApiProblem,
            ConnectionFailed: not reached, refused.
        """
        self._faults = []
        if signed_in and (me := self._api.get("/me"))["organisation"] != self._party.id:
            raise ClientError("own-token", found=me["organisation_name"])
        size = self.follower.follow().size
        withheld = self._look_issued()
        self._look_notices()
        self._look_closed()
        latest, mine = None, []
        if signed_in:
            mine = list(self._held())
            latest = self._look_days(mine)
        self._memory.save(self._state)
        met = tuple({(one.certificate, one.kind, one.what, one.position): one
                     for one in (*self._memory.met, *mine)}.values())  # fmt: skip
        opened = len(self._memory.opened)
        return Looked(size, met, tuple(self._faults), tuple(withheld), opened, latest, signed_in)

    def _named(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate names the party, or another party under the same organisation's id."""
        try:
            found = party_of(certificate)
        except SigningError:
            return False  # an outside authority's: it is beyond the platform
        return self._is(found.id, found.organisation)

    def _may_name(self, certificate: x509.Certificate) -> bool:
        """As `_named`, or it is from outside the platform."""
        try:
            party_of(certificate)
        except SigningError:
            return True
        return self._named(certificate)

    def _is(self, party: str, organisation: str) -> bool:
        return party == self._party.id or organisation.lower() == self._party.organisation.lower()

    def _look_issued(self) -> list[str]:
        """Whose each certificate in the log is: the enrolment that its entry names says so."""
        withheld = []
        for position, (name, raw) in list(self._memory.issued.items()):
            try:
                file = b64decode(str(self._api.get(f"/certificates/{name}/enrolment")["file"]))
                enrolment = verify_enrolment(file, self._roots)
            except (ApiProblem, BidError, KeyError):
                withheld.append(name)
                continue
            entry = Entry.parse(b64decode(raw))
            if (enrolment.certificate, enrolment.digest) != (name, entry.digests.get("enrolment")):
                withheld.append(name)
                continue
            if self._is(enrolment.party, enrolment.organisation):
                files = {"enrolment.json": b64encode(file), f"log/{position}.json": raw}
                at = format_time(enrolment.at)
                self._memory.met.append(
                    Sighting(name, "issued", at, None, int(position), None, enrolment.role, files)
                )
            del self._memory.issued[position]
        return withheld

    def _look_notices(self) -> None:
        """Notices in the party's name, and those that name it as a custodian."""
        left = []
        for tender, digest, position in self._memory.notices:
            try:
                shown = fetch_notice_file(self._api, tender, digest)
            except (ApiProblem, BidError, ClientError):
                self._faults.append(ClientError("own-notice-withheld", tender=tender))
                left.append([tender, digest, position])
                continue
            notice, at = shown.notice, format_time(shown.notice.at)
            files = {"notice.json": b64encode(shown.raw), "notice.p7s": b64encode(shown.signature)}
            if self._is(notice.buyer.id, notice.buyer.organisation):
                try:
                    signed = cms.verify(shown.raw, shown.signature).certificate
                except SigningError:
                    self._faults.append(ClientError("own-notice-unsigned", tender=tender))
                else:
                    met = _sighting(signed, "notice", at, position, tender, notice.title, files)
                    self._memory.met.append(met)
            self._memory.met += self._as_custodian(notice, at, position, files)
        self._memory.notices = left

    def _as_custodian(
        self, notice: Notice, at: str, position: int, files: Mapping[str, str]
    ) -> Iterator[Sighting]:
        for each in notice.policy.custodians:
            if each.id == self._party.id:
                key = hashlib.sha256(each.signing_key).hexdigest()
                yield Sighting(key, "custodian", at, key, position, notice.tender, notice.title, files)

    def _look_closed(self) -> None:
        """Bids in the party's name in the ledgers that are public by now."""
        left = []
        for tender in self._memory.closed:
            try:
                self._memory.met += list(self._bids(tender))
            except ApiProblem:
                self._faults.append(ClientError("own-ledger-withheld", tender=tender))
                left.append(tender)
        self._memory.closed = left

    def _bids(self, tender: str) -> Iterator[Sighting]:
        enrolments: dict[str, bytes] | None = None
        for item in self._ledger(tender):
            leaf = parse_leaf(unfile(item, "leaf"))
            if leaf.kind != "acceptance":
                continue
            raw, signature, receipt = (unfile(item, name) for name in ("manifest", "signature", "receipt"))
            try:
                signed = cms.verify(raw, signature).certificate
            except SigningError:
                if leaf.supplier == self._party.id:
                    self._faults.append(ClientError("own-bid-unsigned", bid=leaf.bid, tender=tender))
                continue
            if leaf.supplier != self._party.id and not self._may_name(signed):
                continue
            if enrolments is None:
                enrolments = self._enrolments(tender)
            if leaf.supplier != self._party.id and not self._named(signed):
                # From outside the platform: its enrolment says whose it is.
                shown = enrolments.get(fingerprint(signed))
                if shown is None:
                    self._faults.append(ClientError("own-bid-unnamed", bid=leaf.bid, tender=tender))
                    continue
                said = Enrolment.parse(shown)
                if not self._is(said.party, said.organisation):
                    continue
            files = {"manifest.json": raw, "manifest.p7s": signature, "receipt.json": receipt}
            if (enrolment := enrolments.get(fingerprint(signed))) is not None:
                files["enrolment.json"] = enrolment
            texts = {name: b64encode(data) for name, data in files.items()}
            at = format_time(Receipt.parse(receipt).received_at)
            yield _sighting(signed, "bid", at, None, tender, leaf.bid, texts)

    def _enrolments(self, tender: str) -> dict[str, bytes]:
        """The enrolments that the platform shows everybody of a closed tender, by certificate."""
        files = [b64decode(str(one)) for one in self._api.get(f"/tenders/{tender}/trust")["enrolments"]]
        return {Enrolment.parse(file).certificate: file for file in files}

    def _ledger(self, tender: str) -> Iterator[JsonObject]:
        start: int | None = 0
        while start is not None:
            page = self._api.get(f"/tenders/{tender}/ledger", start=start)
            yield from page["items"]
            after = page["next"]
            if after is not None and (not isinstance(after, int) or after <= start):
                raise ClientError("answer-malformed", what="ledger")
            start = after

    # --- what the platform shows the party alone

    def _held(self) -> Iterator[Sighting]:
        """What the platform says was enrolled in the party's name."""
        for item in self._api.pages("/certificates"):
            file = b64decode(str(item["enrolment"]))
            enrolment = verify_enrolment(file, self._roots)
            certificate = load_pem(str(item["certificate"]).encode())[0]
            if enrolment.party != self._party.id or enrolment.certificate != fingerprint(certificate):
                raise ClientError("answer-malformed", what="certificates")
            files = {
                "enrolment.json": b64encode(file),
                "certificate.pem": b64encode(item["certificate"].encode()),
            }
            at, what = format_time(enrolment.at), enrolment.role
            yield _sighting(certificate, "listed", at, None, None, what, files)

    def _look_days(self, held: Sequence[Sighting]) -> Listed | None:
        """The party's own place under every root since its first certificate."""
        known = {canonical.digest(b64decode(one.files["enrolment.json"])): one for one in held}
        self._since = min([self._since, *(parse_time(one.at) for one in held)])
        latest: Listed | None = None
        for item in self._day_pages():
            position = int(item["position"])
            raw = self._memory.days.get(str(position))
            if raw is None:
                continue  # not in the log that was followed: what is not there proves nothing
            entry, leaf = Entry.parse(b64decode(raw)), b64decode(str(item["leaf"]))
            hashes = [b64decode(str(each)) for each in item["hashes"]]
            try:
                listed = read_opening(entry, leaf, hashes, self._party.id)
            except BidError as error:
                self._faults.append(error)
                continue
            self._memory.opened[str(position)] = listed.day
            latest = listed
            files = {
                f"log/{position}.json": raw,
                "day/leaf.json": b64encode(leaf),
                "day/hashes.json": b64encode(json.dumps([b64encode(each) for each in hashes]).encode()),
            }
            at = format_time(entry.at)
            for digest in listed.enrolments:
                one = known.get(digest)
                more = {} if one is None else {"enrolment.json": one.files["enrolment.json"]}
                name, key = (digest, None) if one is None else (one.certificate, one.key)
                met = Sighting(name, "day", at, key, position, None, listed.day, {**files, **more})
                if all((each.certificate, each.kind) != (name, "day") for each in self._memory.met):
                    self._memory.met.append(met)
        self._check_days(latest, known)
        return latest

    def _day_pages(self) -> Iterator[JsonObject]:
        """From the first root on that is not opened yet, or else the newest once more."""
        shut = [int(each) for each in self._memory.days if each not in self._memory.opened]
        after = min(shut or [max(map(int, self._memory.opened), default=0)]) - 1
        while True:
            items = self._api.get("/certificates/days", after=after)["items"]
            yield from items
            if len(items) < _DAYS:
                return
            if int(items[-1]["position"]) <= after:
                raise ClientError("answer-malformed", what="days")
            after = int(items[-1]["position"])

    def _check_days(self, latest: Listed | None, known: Mapping[str, Sighting]) -> None:
        """Every root of a day that the party was there for was opened, and the newest has all it should.

        Roots come in the order of their days, one of each. Another of a day before the party was there might
        list anything in its place, and evidence rest on it.
        """
        memory = self._memory
        first = min(map(int, memory.opened), default=None)
        for position, raw in list(memory.days.items()):
            if position in memory.opened:
                continue
            day = _day_of(Entry.parse(b64decode(raw)))
            early = day is not None and day.until <= self._since and day.day > memory.before
            if day is not None and early and (first is None or int(position) < first):
                memory.before = day.day
                del memory.days[position]
            else:
                self._faults.append(ClientError("own-day-shut", position=position))
        if latest is None:
            return
        for digest, one in known.items():
            enrolled = parse_time(one.at)
            if one.what == "supplier" and enrolled < latest.until and digest not in latest.enrolments:
                self._faults.append(ClientError("own-unlisted", certificate=one.certificate, day=latest.day))


def _day_of(entry: Entry) -> Listed | None:
    """The day that a root's entry names by its digest; None if it is no day before it."""
    for back in range(_BACK):
        listed = Listed((entry.at - timedelta(days=back)).date().isoformat(), "", ())
        if day_digest(listed.day) == entry.digests.get("day"):
            return listed
    return None


def _sighting(
    certificate: x509.Certificate,
    kind: str,
    at: str,
    position: int | None,
    tender: str | None,
    what: str | None,
    files: Mapping[str, str],
) -> Sighting:
    key = hashlib.sha256(spki(require_p256(certificate.public_key()))).hexdigest()
    return Sighting(fingerprint(certificate), kind, at, key, position, tender, what, files)
