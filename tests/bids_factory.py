"""Makes whole tenders for tests: authorities, parties, notices, sealed bids, receipts, ledgers, closings.

    world = World(seed=1)                          # clock, root, platform, agency, suppliers, custodians
    tender = world.tender(items=4, minimum_bidders=1)
    bid = tender.submit(world.suppliers[0])        # sealed, signed, received
    tender.close()                                 # ledger frozen, closing statement logged
    tender.trust()                                 # bids.trust.Trust as a verifier would have it

Ids, party keys and sealing seeds follow from the seed; certificates, content keys and signatures do not.
Times are arguments; by default a notice is at `world.now`, its deadline an hour later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bids.closing import Closing, build_closing
from bids.entries import build_entry
from bids.envelope import Contents, seal
from bids.ledger import acceptance_leaf, ledger_origin, withdrawal_leaf
from bids.manifest import Manifest
from bids.notice import Custodian, Notice, build_notice, build_policy, sign_sealing_key
from bids.offer import Offer, build_announcement, build_offer
from bids.receipts import Receipt, Withdrawal, build_receipt, build_withdrawal
from bids.trust import Enrolment, Trust, enrolments_of
from signing import canonical, merkle, statements
from signing.canonical import JSON
from signing.encoding import b64encode
from signing.keys import spki
from signing.notes import Checkpoint, NoteSigner, NoteVerifier, format_checkpoint
from signing.suite import SUNSEAL_1
from tests.bids_platform import HOUR, LOG_ORIGIN, NOW, Actor, Memory, Platform, attach, refused
from tests.bids_received import Bid, Stamp, Withdrawn, stamped


class World(Platform):
    """A platform on which tenders are published."""

    def tender(self, **facts: Any) -> Tender:
        """A published tender; see Tender for the facts."""
        return Tender(self, **facts)


@dataclass
class Tender:
    """A tender of `world`: `notice` (parsed), `signature`, `bids`, `withdrawals`, `leaves`; then the closing.
    Of the segments before the one with the prices, bids have an announcement and an attachment each.

    `changes` override members of the notice.
    """

    world: World
    items: int = 3
    threshold: int = 2
    minimum_bidders: int = 1
    at: datetime | None = None
    deadline: datetime | None = None
    grace_seconds: int = 10
    independent: bool = True
    lock: bool = False
    segments: tuple[str, ...] = ("bid",)
    id: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    seeds: list[bytes] = field(default_factory=list)
    notice: Notice = field(init=False)
    signature: bytes = b""

    def __post_init__(self) -> None:
        world = self.world
        self.id = self.id or world.new_id()
        self.at = self.at or world.now
        self.deadline = self.deadline or self.at + HOUR
        self.stamp: Stamp | None = world.timestamps.stamp
        self.seeds = self.seeds or [world.secret(f"{self.id} {one.id}") for one in world.custodians]
        self.sealing_keys = [SUNSEAL_1.sealing_key(seed) for seed in self.seeds]
        self.project = world.new_id()
        # ECDSA signs differently each time; an amendment repeats the keys of the first notice to the byte.
        self._members: dict[int, dict[str, str]] = {}
        self.bids: list[Bid] = []
        self.withdrawals: list[Withdrawn] = []
        self.leaves: list[bytes] = []
        self.tree = merkle.MemoryTree()
        self.origin = ledger_origin(world.log_origin, self.id)
        self.ledger_signer = NoteSigner(self.origin, world.log_key)
        self.old_notices: list[tuple[Notice, bytes]] = []
        self.closing_file = b""
        self.closing_entry = b""
        self.closing_position = -1
        self.publish(self.notice_bytes(**self.changes), self.at)

    # --- notice

    def policy(self, **changes: Any) -> dict[str, JSON]:
        """The sealing policy's members."""
        facts: dict[str, Any] = {
            "tender": self.id,
            "threshold": self.threshold,
            "custodians": [self.custodian_member(n) for n in range(len(self.seeds))],
            "opens_at": self.deadline,
            "minimum_bidders": self.minimum_bidders,
            "grace_seconds": self.grace_seconds,
            "independent": self.independent,
            "lock": self.lock,
            "segments": self.segments,
        }
        return build_policy(**{**facts, **changes})

    def custodian_member(self, n: int) -> dict[str, str]:
        """The policy's member for the n-th custodian (from 0)."""
        if n not in self._members:
            self._members[n] = self._custodian_member(n)
        return self._members[n]

    def _custodian_member(self, n: int) -> dict[str, str]:
        actor, key = self.world.custodians[n], self.sealing_keys[n]
        signature = sign_sealing_key(actor.signer.key, self.id, actor.id, key.public)
        return {
            "id": actor.id,
            "role": ("agency", "supervisor", "operator", "notary")[n % 4],
            "name": actor.party.name,
            "signing_key": b64encode(spki(actor.signer.key.public_key())),
            "sealing_key": b64encode(key.public),
            "sealing_key_signature": b64encode(signature),
        }

    def facts(self, **changes: Any) -> dict[str, Any]:
        """Arguments for `build_notice`."""
        agency = self.world.agency.party
        return {
            "tender": self.id,
            "project": {"id": self.project, "number": "2026-007", "title": "城市道路护栏工程"},
            "at": self.at,
            "sandbox": True,
            "title": "护栏安装 Guard rail, lot 1",
            "category": "works",
            "buyer": {"id": agency.id, "organisation": agency.organisation, "name": agency.name},
            "items": [
                {
                    "number": str(n),
                    "code": f"{74000 + n:06d}" if n % 2 else "",
                    "description": f"分项 {n}",
                    "unit": "LF",
                    "quantity": ("1", "2.5", "88", "1000.125")[n % 4],
                }
                for n in range(1, self.items + 1)
            ],
            "currency": "CNY",
            "deadline": self.deadline,
            "rules": {"pack": "generic", "version": "1"},
            "documents": [{"name": "招标文件.pdf", "sha256": "ab" * 32, "size": 1234}],
            "policy": self.policy() if "policy" not in changes else changes["policy"],
            "estimate": "215488.00",
            **changes,
        }

    def notice_bytes(self, **changes: Any) -> bytes:
        """A notice's bytes with members changed."""
        return build_notice(**self.facts(**changes))

    def publish(self, raw: bytes, at: datetime | None = None) -> Notice:
        """Sign and log a notice, the first or an amendment."""
        amended = bool(self.signature)
        if amended:
            self.old_notices.append((self.notice, self.signature))
        self.notice = Notice.parse(raw)
        at = at or self.notice.at
        self.signature = self.world.agency.sign(raw, at)
        self.log(
            "tender.amended" if amended else "tender.published",
            at,
            {"notice": self.notice.digest, "policy": self.notice.policy.digest},
        )
        return self.notice

    def amend(self, at: datetime | None = None, **changes: Any) -> Notice:
        """Publish an amendment; a new `deadline` makes a new policy, under which old bids are void."""
        at = at or self.notice.at + timedelta(minutes=1)
        if "deadline" in changes:
            self.deadline = changes["deadline"]
        return self.publish(self.notice_bytes(at=at, replaces=self.notice.digest, **changes), at)

    @property
    def custodians(self) -> tuple[Custodian, ...]:
        return self.notice.policy.custodians

    # --- bids

    def prices(self, supplier: Actor) -> dict[str, str]:
        """Unit prices that follow from the supplier's id: no two suppliers' totals are alike."""
        base = int(supplier.id[:6], 16) % 9000 + 1000
        return {item.number: f"{base + 7 * n}.{n % 100:02d}" for n, item in enumerate(self.notice.items)}

    def seal(
        self,
        supplier: Actor,
        *,
        prices: Mapping[str, str] | None = None,
        offer: bytes | None = None,
        attachments: Mapping[str, bytes] | None = None,
        replaces: str | None = None,
        bid: str | None = None,
        at: datetime | None = None,
        announced: Mapping[str, str | int] | None = None,
        before: Mapping[str, Contents] | None = None,
    ) -> Bid:
        """A sealed and signed bid that nobody received yet."""
        if attachments is None:
            attachments = {"技术方案.pdf": b"%PDF-1.7 " + supplier.id.encode() * 30}
        if offer is None:
            given = {"delivery_days": 30} if announced is None else announced
            offer = build_offer(self.notice, prices or self.prices(supplier), **given)
        memory = Memory()
        secret = SUNSEAL_1.lock_secret() if self.notice.policy.lock else None
        raw = seal(
            self.notice,
            supplier.id,
            bid or self.world.new_id(),
            offer,
            [attach(name, data) for name, data in attachments.items()],
            replaces,
            memory.write,
            secret,
            before or self.earlier(supplier),
        )
        signature = supplier.sign(raw, at or self.notice.at)
        bid = Bid(supplier, offer, Manifest.parse(raw), signature, memory.objects, dict(attachments))
        return replace(bid, secret=secret)

    def earlier(self, supplier: Actor) -> dict[str, Contents]:
        """What goes into the segments before the one with the prices."""
        return earlier_contents(self.notice, supplier.id)

    def receive(self, bid: Bid, at: datetime | None = None) -> Bid:
        """Accept a bid: receipt and leaf. Checks nothing, so that tests can have a platform that lies."""
        at = at or self.notice.at + timedelta(minutes=5, seconds=len(self.leaves))
        statement = build_receipt(
            at=at,
            tender=bid.manifest.tender,
            policy=bid.manifest.policy,
            bid=bid.id,
            manifest=bid.manifest.digest,
            signature=canonical.digest(bid.signature),
            crl=self.crl_of(bid.supplier),
            received_at=at,
        )
        receipt = stamped(statements.sign_statement(statement, self.world.receipt_signer, at), self.stamp, at)
        leaf = acceptance_leaf(
            bid.id,
            bid.supplier.id,
            bid.manifest.digest,
            canonical.digest(bid.signature),
            Receipt.parse(receipt).digest,
        )
        received = Bid(**{**bid.__dict__, "receipt": receipt, "leaf": leaf})
        self.bids.append(received)
        self.add_leaf(leaf)
        return received

    def submit(self, supplier: Actor, *, received_at: datetime | None = None, **facts: Any) -> Bid:
        """Seal and receive."""
        return self.receive(self.seal(supplier, **facts), received_at)

    def withdraw(self, bid: Bid, at: datetime | None = None, supplier: Actor | None = None) -> Withdrawn:
        """Withdraw a bid, signed by its supplier (or by another, for tests of refusals)."""
        supplier = supplier or bid.supplier
        at = at or self.notice.at + timedelta(minutes=5, seconds=len(self.leaves))
        raw = build_withdrawal(self.id, self.notice.policy.digest, bid.supplier.id, bid.id, "另有安排")
        signature = supplier.sign(raw, at)
        statement = build_receipt(
            at=at,
            tender=self.id,
            policy=self.notice.policy.digest,
            bid=bid.id,
            withdrawal=canonical.digest(raw),
            signature=canonical.digest(signature),
            crl=self.crl_of(supplier),
            received_at=at,
        )
        receipt = stamped(statements.sign_statement(statement, self.world.receipt_signer, at), self.stamp, at)
        leaf = withdrawal_leaf(
            bid.id,
            bid.supplier.id,
            canonical.digest(raw),
            canonical.digest(signature),
            Receipt.parse(receipt).digest,
        )
        withdrawn = Withdrawn(supplier, Withdrawal.parse(raw), signature, receipt, leaf)
        self.withdrawals.append(withdrawn)
        self.add_leaf(leaf)
        return withdrawn

    def add_leaf(self, leaf: bytes) -> int:
        """Append a leaf to the tender's ledger."""
        self.leaves.append(leaf)
        return self.tree.append(merkle.leaf_hash(leaf))

    # --- closing

    @property
    def ledger_checkpoint(self) -> bytes:
        """The ledger's signed checkpoint."""
        size = len(self.tree)
        return format_checkpoint(Checkpoint(self.origin, size, self.tree.root(size)), self.ledger_signer)

    def closing_statement(self, **changes: Any) -> dict[str, JSON]:
        """The closing statement, unsigned."""
        facts: dict[str, Any] = {
            "at": self.notice.deadline,
            "tender": self.id,
            "policy": self.notice.policy.digest,
            "deadline": self.notice.deadline,
            "checkpoint": self.ledger_checkpoint,
            "log": self.world.log_origin,
        }
        return build_closing(**{**facts, **changes})

    def close(self, at: datetime | None = None, file: bytes | None = None) -> Closing:
        """Sign and log the closing statement (or log `file`, for tests of a platform that lies)."""
        at = at or self.notice.deadline
        self.closing_file = file or self.world.state(self.closing_statement(at=at), at)
        closing = Closing.parse(self.closing_file)
        digests = {"closing": closing.digest, "closing_file": canonical.digest(self.closing_file)}
        self.closing_position = self.log("tender.closed", at, digests)
        self.closing_entry = self.world.log_entries[self.closing_position]
        return closing

    @property
    def closing_proof(self) -> bytes:
        """The tlog-proof that the closing's entry is in the log as it is now."""
        return self.world.proof(self.closing_position)

    @property
    def closing(self) -> Closing:
        return Closing.parse(self.closing_file)

    def log(self, act: str, at: datetime, digests: Mapping[str, str], statement: bytes | None = None) -> int:
        """Log an act of this tender."""
        return self.world.log(
            build_entry(at=at, act=act, tender=self.id, digests=digests, statement=statement)
        )

    # --- what a verifier has

    @property
    def crl_digest(self) -> str:
        return digest_of(self.world.crl)

    def crl_of(self, actor: Actor) -> str:
        """The digest of the list that judges an actor's certificate."""
        return self.crl_digest if actor.crl is None else digest_of(actor.crl)

    @property
    def actors(self) -> list[Actor]:
        world = self.world
        return [world.agency, *world.custodians, *world.suppliers]

    def enrolments(self) -> dict[str, Enrolment]:
        """The verified enrolments of everybody in the world."""
        return enrolments_of((actor.enrolment for actor in self.actors), self.world.roots)

    def trust(self, **changes: Any) -> Trust:
        """What a verifier of this tender trusts."""
        facts: dict[str, Any] = {
            "roots": self.world.roots,
            "crls": {self.crl_digest: self.world.crl} | {digest_of(crl): crl for crl in self.world.more_crls},
            "enrolments": self.enrolments(),
            "log": NoteVerifier.from_vkey(self.world.log_signer.vkey),
            "log_origin": self.world.log_origin,
            "outside": self.world.outside,
        }
        return Trust(**{**facts, **changes})

    def offer(self, bid: Bid) -> Offer:
        """The bid's offer as its supplier made it."""
        return Offer.parse(bid.offer, self.notice)


def digest_of(crl: x509.CertificateRevocationList) -> str:
    """A list's SHA-256, as receipts name it."""
    return canonical.digest(crl.public_bytes(Encoding.DER))


def earlier_contents(notice: Notice, supplier: str) -> dict[str, Contents]:
    """For each segment before the one with the prices an announcement and an attachment."""
    return {
        segment: Contents(
            build_announcement(notice, quality=f"{segment} 合格"),
            [attach(f"{segment}.pdf", b"%PDF-1.7 " + segment.encode() + supplier.encode())],
        )
        for segment in notice.policy.segment_names[:-1]
    }


def strangers() -> World:
    """Another platform with another root, for forgeries."""
    return World(seed=99, suppliers=1)


__all__ = ["HOUR", "LOG_ORIGIN", "NOW", "Actor", "Bid", "Memory", "Tender", "Withdrawn", "World", "attach"]
__all__ += ["refused", "strangers"]
