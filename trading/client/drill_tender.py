"""A test tender of one's own: agency, supplier, platform and log, all made here and gone afterwards.

It goes through the steps of a real one, so that a custodian's keys show that they open it: notice, sealed
bid, receipt, closing, the custodian's own checks, release, opening. Two stand-ins are the other custodians;
its id and its root are new ones, so that nothing signed here says anything elsewhere.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

from cryptography.hazmat.primitives.serialization import Encoding

from bids.closing import Closing, build_closing
from bids.custody import BidFiles, ClosedTender, Release, build_release, check_closed, check_release
from bids.entries import build_entry
from bids.envelope import seal
from bids.ledger import acceptance_leaf, ledger_origin
from bids.manifest import Manifest
from bids.notice import Notice, build_notice, build_policy
from bids.offer import build_offer
from bids.opening import Outcome, open_bid
from bids.receipts import Receipt, build_receipt
from bids.sealing_keys import sign_sealing_key
from bids.segments import BID
from bids.trust import Trust, build_enrolment, enrolments_of
from signing import canonical, cms, merkle
from signing.canonical import JSON
from signing.certificates import (
    Party,
    PlatformSubject,
    issue,
    make_crl,
    new_issuing_authority,
    new_root,
)
from signing.encoding import b64encode, new_id
from signing.hpke import SealingKey
from signing.keys import Signer, SigningKey, generate_signing_key, require_p256, spki
from signing.notes import (
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    format_checkpoint,
    format_proof,
    generate_note_key,
)
from signing.statements import sign_statement
from signing.suite import by_name

LOG = "drill.invalid/log"
PRICE, QUANTITY = "12.50", "8"
TOTAL = "100.00"
_SUITE = "sunseal-1"


class DrillTender:
    """A tender for one custodian with two stand-ins, two of three to open.

    Args:
        custodian: whom the keys belong to. key: its signing key. sealing: one of its sealing keys.
        now: UTC; the tender closed an hour before.
    """

    def __init__(self, custodian: Party, key: SigningKey, sealing: SealingKey, now: datetime) -> None:
        self.id = new_id()
        self._now = now
        self._made, self._at, self._deadline = (now - timedelta(hours=each) for each in (4, 3, 1))
        self._root = new_root("Drill", self._made)
        self._platform = new_issuing_authority(self._root, "platform", self._made)
        self._parties = new_issuing_authority(self._root, "parties", self._made)
        self._statements = self._office("statement")
        self._receipts = self._office("receipt")
        self._enrolments: list[bytes] = []
        self._agency = self._party("agency", generate_signing_key())
        self._supplier = self._party("supplier", generate_signing_key())
        self._custodians = [
            self._party("custodian", key, custodian),
            *(self._party("custodian", generate_signing_key()) for _ in range(2)),
        ]
        suite = by_name(_SUITE)
        self._keys = [sealing, *(suite.sealing_key(suite.new_sealing_seed()) for _ in range(2))]
        self._crl = make_crl(self._parties, (), self._made, now + timedelta(days=1))
        self._log_key = generate_note_key()
        self._log = NoteSigner(LOG, self._log_key)
        self._entries: list[bytes] = []
        self._objects: dict[str, bytes] = {}

    def open(self) -> Outcome:
        """Everything from the notice to the opened bid, the custodian's keys and one stand-in's releasing.

        Raises:
            BidError, SigningError: whatever the keys fail at.
        """
        raw = self._notice()
        signature = cms.sign(raw, self._agency[1], self._at)
        notice = Notice.parse(raw)
        digests = {"notice": notice.digest, "policy": notice.policy.digest}
        published = build_entry(at=self._at, act="tender.published", tender=self.id, digests=digests)
        self._entries.append(published)
        files, leaf, manifest = self._bid(notice)
        closed = self._close(notice, signature, files, leaf, manifest.bid)
        trust = self._trust()
        checked = check_closed(closed, trust, notice.policy.digest, self._now)
        releases: list[Release] = []
        for (party, signer), key in list(zip(self._custodians, self._keys, strict=True))[:2]:
            statement, _ = build_release(checked, party.id, key, BID, self._now)
            releases.append(check_release(sign_statement(statement, signer, self._now), checked, trust))
        public = self._objects["objects/bid-public-0"]
        return open_bid(checked.current[0], notice.policy, notice, releases, public)

    def _office(self, usage: Literal["statement", "receipt"]) -> Signer:
        key = generate_signing_key()
        subject = PlatformSubject(f"Drill {usage}", usage)
        certificate = issue(self._platform, key.public_key(), subject, self._made, 2)
        return Signer(key, certificate, self._platform.chain)

    def _party(self, role: str, key: SigningKey, party: Party | None = None) -> tuple[Party, Signer]:
        id = new_id()
        party = party or Party(id, f"X-DRILL:{id}", role, f"Drill {role}", f"Drill {role}")
        certificate = issue(self._parties, require_p256(key.public_key()), party, self._made, 2)
        enrolment = build_enrolment(at=self._made, certificate=certificate, party=party)
        self._enrolments.append(sign_statement(enrolment, self._statements, self._made))
        return party, Signer(key, certificate, self._parties.chain)

    def _notice(self) -> bytes:
        buyer = self._agency[0]
        members = []
        for (party, signer), key in zip(self._custodians, self._keys, strict=True):
            signature = sign_sealing_key(signer.key, self.id, party.id, key.public)
            members.append(
                {
                    "id": party.id, "role": "notary", "name": party.name,
                    "signing_key": b64encode(spki(require_p256(signer.certificate.public_key()))),
                    "sealing_key": b64encode(key.public), "sealing_key_signature": b64encode(signature),
                }
            )  # fmt: skip
        policy = build_policy(
            tender=self.id, threshold=2, custodians=members, opens_at=self._deadline, minimum_bidders=1,
            independent=False,
        )  # fmt: skip
        return build_notice(
            tender=self.id, project={"id": new_id(), "number": "DRILL", "title": "Drill"}, at=self._at,
            sandbox=True, title="Drill", category="works",
            buyer={"id": buyer.id, "organisation": buyer.organisation, "name": buyer.name},
            items=[
                {"number": "1", "code": "", "description": "Drill", "unit": "1", "quantity": QUANTITY}
            ],
            currency="CNY", deadline=self._deadline, rules={"pack": "generic", "version": "1"},
            documents=[], policy=policy,
        )  # fmt: skip

    def _bid(self, notice: Notice) -> tuple[BidFiles, bytes, Manifest]:
        supplier, signer = self._supplier
        raw = seal(
            notice, supplier.id, new_id(), build_offer(notice, {"1": PRICE}), [], None, self._write
        )
        manifest, at = Manifest.parse(raw), self._at + timedelta(minutes=30)
        signature = cms.sign(raw, signer, at)
        receipt = sign_statement(
            build_receipt(
                at=at, tender=self.id, policy=notice.policy.digest, bid=manifest.bid,
                manifest=manifest.digest, signature=canonical.digest(signature),
                crl=self._crl_digest, received_at=at,
            ),
            self._receipts, at,
        )  # fmt: skip
        leaf = acceptance_leaf(
            manifest.bid, supplier.id, manifest.digest, canonical.digest(signature),
            Receipt.parse(receipt).digest,
        )  # fmt: skip
        return BidFiles(raw, signature, receipt), leaf, manifest

    @contextmanager
    def _write(self, path: str, size: int) -> Iterator[io.BytesIO]:
        place = io.BytesIO()
        yield place
        self._objects[path] = place.getvalue()

    def _close(
        self, notice: Notice, signature: bytes, files: BidFiles, leaf: bytes, bid: str
    ) -> ClosedTender:
        origin = ledger_origin(LOG, self.id)
        checkpoint = format_checkpoint(
            Checkpoint(origin, 1, merkle.leaf_hash(leaf)), NoteSigner(origin, self._log_key)
        )
        statement: dict[str, JSON] = build_closing(
            at=self._deadline, tender=self.id, policy=notice.policy.digest, deadline=self._deadline,
            checkpoint=checkpoint, log=LOG,
        )  # fmt: skip
        file = sign_statement(statement, self._statements, self._deadline)
        digests = {"closing": Closing.parse(file).digest, "closing_file": canonical.digest(file)}
        entry = build_entry(at=self._deadline, act="tender.closed", tender=self.id, digests=digests)
        self._entries.append(entry)
        tree = merkle.MemoryTree()
        for one in self._entries:
            tree.append(merkle.leaf_hash(one))
        size = len(self._entries)
        note = format_checkpoint(Checkpoint(LOG, size, tree.root(size)), self._log)
        return ClosedTender(
            notice=notice.raw, notice_signature=signature, closing=file, leaves=(leaf,), bids={bid: files},
            closing_proof=format_proof(size - 1, tree.inclusion(size - 1, size), note), closing_entry=entry,
            earlier=(), entries=tuple(self._entries),
        )  # fmt: skip

    @property
    def _crl_digest(self) -> str:
        return canonical.digest(self._crl.public_bytes(Encoding.DER))

    def _trust(self) -> Trust:
        roots = (self._root.certificate,)
        return Trust(
            roots, {self._crl_digest: self._crl}, enrolments_of(self._enrolments, roots),
            NoteVerifier.from_vkey(self._log.vkey), LOG,
        )  # fmt: skip

