"""The tender notice and the sealing policy inside it: what everything else of a tender is bound to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from cryptography import x509

from bids import names
from bids.errors import BidError, refusing
from bids.money import minor_digits, parse_amount, parse_decimal
from bids.objects import read_object, write_object
from bids.schemas import POLICY, check
from bids.sealing_keys import sealing_key_statement, sign_sealing_key, verify_sealing_key
from bids.segments import BID, Segment, read_segments, segment_members
from signing import canonical, cms, suite
from signing.canonical import JSON
from signing.certificates import Party, party_of
from signing.encoding import b64decode, format_time, parse_time

__all__ = [
    "Buyer",
    "Custodian",
    "Document",
    "Item",
    "Notice",
    "Policy",
    "Project",
    "Rules",
    "Segment",
    "VerifiedNotice",
    "build_notice",
    "build_policy",
    "sealing_key_statement",
    "sign_sealing_key",
    "verify_notice",
]


@dataclass(frozen=True)
class Item:
    """A line of the bill of quantities; `number` is a string of the agency's own ("1", "2.3")."""

    number: str
    code: str
    description: str
    unit: str
    quantity: Decimal


@dataclass(frozen=True)
class Document:
    """A bidding document: its name, SHA-256 (hex) and size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Custodian:
    """A custodian of this tender; `position` counts from 1 and is the x of its shares."""

    position: int
    id: str
    role: str
    name: str
    signing_key: bytes
    sealing_key: bytes
    sealing_key_signature: bytes

    @property
    def sealing_key_digest(self) -> str:
        """SHA-256 of the public sealing key: its fingerprint for people, and what an erasure names."""
        return canonical.digest(self.sealing_key)


@dataclass(frozen=True)
class Policy:
    """The sealing policy; `raw` are the canonical bytes of the notice's `policy`, `digest` their SHA-256.

    `threshold` of the custodians open a bid; `grace_seconds` are waited for the rest of them. With `lock`
    each bid also wants its bidder's own secret.
    """

    raw: bytes
    digest: str
    suite: str
    tender: str
    threshold: int
    custodians: tuple[Custodian, ...]
    segments: tuple[Segment, ...]
    minimum_bidders: int
    grace_seconds: int
    lock: bool
    independent: bool

    @property
    def opens_at(self) -> datetime:
        """When the first segment opens: the tender's deadline."""
        first = self.segments[0].opens_at
        assert first is not None
        return first

    @property
    def segment_names(self) -> tuple[str, ...]:
        """The segments in the order of their opening; the last one holds the prices."""
        return tuple(segment.name for segment in self.segments)

    def place(self, segment: str) -> int:
        """The segment's place in that order, from 0; BidError "segment-unknown"."""
        if segment not in self.segment_names:
            raise BidError("segment-unknown", segment=segment)
        return self.segment_names.index(segment)

    def custodian(self, custodian_id: str) -> Custodian:
        """The custodian with that id; BidError "custodian-unknown"."""
        for custodian in self.custodians:
            if custodian.id == custodian_id:
                return custodian
        raise BidError("custodian-unknown", custodian=custodian_id)

    @classmethod
    def parse(cls, members: Mapping[str, Any]) -> Policy:
        """A policy from the notice's member, every rule of the protocol checked, keys' signatures too."""
        check(members, POLICY)
        with refusing("policy"):
            raw = canonical.dumps(members)
            sealing = suite.by_name(members["suite"])
        segments = read_segments(members["segments"])
        threshold, count = members["threshold"], len(members["custodians"])
        if not count < 2 * threshold <= 2 * count:
            raise BidError("threshold", threshold=threshold, count=count)
        if members["independent"] and threshold == 1:
            raise BidError("independent-alone")
        custodians = tuple(
            _custodian(position, members["tender"], one, sealing.public_key_size)
            for position, one in enumerate(members["custodians"], 1)
        )
        for attribute in ("id", "signing_key", "sealing_key"):
            if len({getattr(one, attribute) for one in custodians}) != count:
                raise BidError("custodian-duplicate", member=attribute)
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            suite=members["suite"],
            tender=members["tender"],
            threshold=threshold,
            custodians=custodians,
            segments=segments,
            minimum_bidders=members["minimum_bidders"],
            grace_seconds=members["grace_seconds"],
            lock=members["lock"],
            independent=members["independent"],
        )


@dataclass(frozen=True)
class Project:
    """The project that groups tenders: its id, its number for people, its title."""

    id: str
    number: str
    title: str


@dataclass(frozen=True)
class Buyer:
    """The agency: party id, organisation id (scheme and number), name."""

    id: str
    organisation: str
    name: str


@dataclass(frozen=True)
class Rules:
    """The rule pack a tender is pinned to."""

    pack: str
    version: str


@dataclass(frozen=True)
class Notice:
    """A tender notice; `digest` is the SHA-256 of the file `raw`. Times UTC; amounts in `currency`.

    `sandbox` is always there, so that nobody can take a rehearsal for a tender by leaving it out.
    """

    raw: bytes
    digest: str
    tender: str
    project: Project
    at: datetime
    sandbox: bool
    title: str
    category: str
    buyer: Buyer
    items: tuple[Item, ...]
    currency: str
    estimate: Decimal | None
    ceiling: Decimal | None
    deadline: datetime
    rules: Rules
    documents: tuple[Document, ...]
    policy: Policy
    replaces: str | None

    @property
    def digits(self) -> int:
        """The currency's minor digits."""
        return minor_digits(self.currency)

    @classmethod
    def parse(cls, raw: bytes) -> Notice:
        """A notice from its file; BidError for anything that the protocol does not allow in one."""
        members = read_object(raw, "notice")
        digits = minor_digits(members["currency"])
        policy = Policy.parse(members["policy"])
        at, deadline = parse_time(members["at"]), parse_time(members["deadline"])
        if policy.tender != members["tender"]:
            raise BidError("policy-tender")
        if members["policy"]["segments"][0]["opens_at"] != members["deadline"]:
            raise BidError("segments-deadline")
        if policy.threshold == 1 and not members["sandbox"]:
            raise BidError("threshold-rehearsal")
        if deadline <= at:
            raise BidError("deadline-before-notice")
        _unique((item["number"] for item in members["items"]), "items")
        _unique((names.same_key(document["name"]) for document in members["documents"]), "documents")
        for document in members["documents"]:
            if not names.is_safe(document["name"]):
                raise BidError("name-unsafe", name=document["name"])
        return cls(
            raw=raw,
            digest=canonical.digest(raw),
            tender=members["tender"],
            project=Project(**members["project"]),
            at=at,
            sandbox=members["sandbox"],
            title=members["title"],
            category=members["category"],
            buyer=Buyer(**members["buyer"]),
            items=tuple(
                Item(**{**item, "quantity": parse_decimal(item["quantity"])}) for item in members["items"]
            ),
            currency=members["currency"],
            estimate=_amount(members, "estimate", digits),
            ceiling=_amount(members, "ceiling", digits),
            deadline=deadline,
            rules=Rules(**members["rules"]),
            documents=tuple(Document(**document) for document in members["documents"]),
            policy=policy,
            replaces=members.get("replaces"),
        )


@dataclass(frozen=True)
class VerifiedNotice:
    """A notice whose signature and chain hold, its signer's certificate, and the party that names."""

    notice: Notice
    certificate: x509.Certificate
    party: Party


def verify_notice(
    raw: bytes,
    signature: bytes,
    roots: Sequence[x509.Certificate],
    at: datetime | None = None,
    crls: Sequence[x509.CertificateRevocationList] = (),
) -> VerifiedNotice:
    """Check a notice and its signature: CMS, chain under `parties` as of `at` (by default the notice's own
    `at`), revocation if `crls` are given, signer = buyer, in the role agency. Raises BidError.
    """
    notice = Notice.parse(raw)
    with refusing("notice"):
        verified = cms.verify_with_chain(raw, signature, roots, at or notice.at, "parties", "party", crls)
        party = party_of(verified.certificate)
    if party.role != "agency":
        raise BidError("signer-role", what="notice", wanted="agency", role=party.role)
    if (party.id, party.organisation) != (notice.buyer.id, notice.buyer.organisation):
        raise BidError("signer-not-buyer")
    return VerifiedNotice(notice, verified.certificate, party)


def build_policy(
    *,
    tender: str,
    threshold: int,
    custodians: Sequence[Mapping[str, str]],
    opens_at: datetime,
    minimum_bidders: int,
    independent: bool,
    grace_seconds: int = 10,
    lock: bool = False,
    suite: str = "sunseal-1",
    segments: Sequence[str] = (BID,),
) -> dict[str, JSON]:
    """The `policy` member of a notice; each custodian a mapping of its six members, keys in base64, the
    segments by name in the order of their opening.

    Raises BidError for whatever `Policy.parse` would refuse.
    """
    policy: dict[str, JSON] = {
        "suite": suite,
        "tender": tender,
        "threshold": threshold,
        "custodians": [dict(custodian) for custodian in custodians],
        "segments": segment_members(segments, opens_at),
        "minimum_bidders": minimum_bidders,
        "grace_seconds": grace_seconds,
        "lock": lock,
        "independent": independent,
    }
    Policy.parse(policy)
    return policy


def build_notice(
    *,
    tender: str,
    project: Mapping[str, str],
    at: datetime,
    sandbox: bool,
    title: str,
    category: str,
    buyer: Mapping[str, str],
    items: Sequence[Mapping[str, str]],
    currency: str,
    deadline: datetime,
    rules: Mapping[str, str],
    documents: Sequence[Mapping[str, JSON]],
    policy: Mapping[str, JSON],
    estimate: str | None = None,
    ceiling: str | None = None,
    replaces: str | None = None,
) -> bytes:
    """The canonical bytes of a notice; BidError for whatever `Notice.parse` would refuse.

    Members are as in the protocol's table: quantities and amounts decimal strings, `replaces` the digest of
    the notice that this one amends.
    """
    members: dict[str, JSON] = {
        "tender": tender,
        "project": dict(project),
        "at": format_time(at),
        "sandbox": sandbox,
        "title": title,
        "category": category,
        "buyer": dict(buyer),
        "items": [dict(item) for item in items],
        "currency": currency,
        "deadline": format_time(deadline),
        "rules": dict(rules),
        "documents": [dict(document) for document in documents],
        "policy": dict(policy),
    }
    given = {"estimate": estimate, "ceiling": ceiling, "replaces": replaces}
    raw = write_object("notice", {**members, **{k: v for k, v in given.items() if v is not None}})
    Notice.parse(raw)
    return raw


def _custodian(position: int, tender: str, members: Mapping[str, str], key_size: int) -> Custodian:
    custodian = Custodian(
        position=position,
        id=members["id"],
        role=members["role"],
        name=members["name"],
        signing_key=b64decode(members["signing_key"]),
        sealing_key=b64decode(members["sealing_key"]),
        sealing_key_signature=b64decode(members["sealing_key_signature"]),
    )
    if len(custodian.sealing_key) != key_size:
        raise BidError("sealing-key-size", custodian=custodian.id, wanted=key_size)
    verify_sealing_key(
        custodian.signing_key, tender, custodian.id, custodian.sealing_key, custodian.sealing_key_signature
    )
    return custodian


def _amount(members: Mapping[str, Any], name: str, digits: int) -> Decimal | None:
    return parse_amount(members[name], digits) if name in members else None


def _unique(values: Iterable[str], path: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise BidError("duplicate", path=path, value=value)
        seen.add(value)
