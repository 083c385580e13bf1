"""A platform with its parties, as tests of whole processes need it: made in a few seconds, quick to fill.

Accounts are opened and ciphertexts stored through the services, because the requests are tested elsewhere and
many are wanted; everything else that parties do goes through the JSON API.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509

from bids.envelope import Attachment, Contents, seal
from bids.notice import Notice, build_notice, build_policy
from bids.objects import build_statement
from bids.offer import build_announcement, build_offer
from signing import canonical, cms, suite
from signing.certificates import create_csr, dump_pem, load_pem
from signing.encoding import b64encode, format_time, new_id, parse_time
from signing.hpke import SealingKey
from signing.keys import Signer, generate_signing_key, load_private_pem, save_private_pem
from signing.statements import sign_statement
from tests.benchmarks.paper import bill, unit_prices
from tests.crash.site import MovedClock, Site
from tests.crash.wsgi import WsgiTransport
from trading.accounts.services import Accounts, EnrolmentFacts
from trading.client.api import Api, signed
from trading.client.transport import Transport
from trading.submission.uploads import Uploads
from trading.tenders.models import Tender
from trading.web.app import make_app
from trading.web.security import Actor

ADDRESS = "192.0.2.7"


@dataclass(frozen=True)
class Party:
    """An organisation with a person, a token and a certified signing key. Picklable: processes act as one."""

    id: str
    name: str
    token: str
    actor: Actor
    key: bytes
    certificates: bytes

    @property
    def signer(self) -> Signer:
        """What it signs with."""
        return _signer(self.key, self.certificates)


@lru_cache(maxsize=4096)
def _signer(key: bytes, certificates: bytes) -> Signer:
    own, *chain = load_pem(certificates)
    return Signer(load_private_pem(key, None), own, tuple(chain))


@dataclass(frozen=True)
class Published:
    """A tender as its bidders see it: the notice's exact bytes and what they say."""

    id: str
    raw: bytes
    notice: Notice


@dataclass(frozen=True)
class Prepared:
    """A sealed and signed bid that nobody has received yet."""

    supplier: Party
    manifest: bytes
    signature: bytes
    ciphertexts: tuple[bytes, ...]
    secret: bytes | None = None


@dataclass
class Parties:
    """Who takes part; the agency opens bidders' files with the key of `envelope_seed`."""

    agency: Party
    custodians: tuple[Party, ...]
    envelope_seed: bytes
    suppliers: list[Party] = field(default_factory=list)

    @property
    def envelope(self) -> SealingKey:
        """The agency's key for bidders' files."""
        return suite.SUNSEAL_1.sealing_key(self.envelope_seed)


class World:
    """One platform built in this process, and everybody who uses it.

    Args:
        ahead: how much later than the real time it is here.
        parties: of a world on the same database, if there was one.
    """

    def __init__(self, site: Site, ahead: timedelta = timedelta(0), parties: Parties | None = None) -> None:
        self.site = site
        self.clock = MovedClock(ahead)
        self.platform = site.platform(self.clock)
        self.app = make_app(self.platform)
        self.line: Transport = WsgiTransport(self.app)
        self._accounts = Accounts(self.platform)
        self.parties = parties or self._found()

    @classmethod
    def create(cls, site: Site, ahead: timedelta = timedelta(0)) -> World:
        """In an empty database."""
        site.create()
        return cls(site, ahead)

    def close(self) -> None:
        """Let go of connections."""
        self.platform.close()

    def api(self, party: Party | None = None) -> Api:
        """The JSON API as a party, or as the public."""
        return Api(self.line, party.token if party else None, "en")

    def now(self) -> datetime:
        """By the platform's clock."""
        with self.platform.database.reading() as session:
            return self.platform.clock.now(session)

    # Accounts

    def _found(self) -> Parties:
        agency = self.enrol("agency", "某市公路事业发展中心")
        names = ("某市交通局", "某市公共资源交易监督管理局", "某市公证处")
        custodians = tuple(self.enrol("custodian", name) for name in names)
        seed = suite.SUNSEAL_1.new_sealing_seed()
        envelope = suite.SUNSEAL_1.sealing_key(seed)
        members = {"at": format_time(self.now()), "party": agency.id, "key": b64encode(envelope.public)}
        file = sign_statement(build_statement("envelope-key", members), agency.signer, self.now())
        with self.platform.database.transaction() as session:
            self._accounts.set_envelope_key(session, agency.actor, ADDRESS, file)
        return Parties(agency, custodians, seed)

    def enrol(self, role: str, name: str) -> Party:
        """An organisation, a person in it, a token and a certificate."""
        key = generate_signing_key()
        with self.platform.database.transaction() as session:
            facts = EnrolmentFacts("CN-USCC", new_id()[:18].upper(), name, [role])
            row = self._accounts.enrol_organisation(session, None, ADDRESS, facts)
            token, secret = self._accounts.issue_token(session, row, "张三", role, 30)
            actor = Actor(token.person_id, row.id, role, token.id, "张三", name)
            certificate = self._accounts.issue_certificate(session, actor, ADDRESS, create_csr(key, name))
        own = x509.load_der_x509_certificate(certificate.der)
        chain = dump_pem([own, *self.platform.keys.parties.chain])
        return Party(row.id, name, secret, actor, save_private_pem(key, None), chain)

    def suppliers(self, count: int) -> Sequence[Party]:
        """At least so many suppliers; the first `count` of them."""
        have = self.parties.suppliers
        while len(have) < count:
            have.append(self.enrol("supplier", f"第{len(have) + 1}建设有限公司"))
        return have[:count]

    # Tenders

    def draft(self, deadline: datetime, items: int = 3, **changes: Any) -> str:
        """A draft of the agency's; its custodians are asked for keys."""
        agency = self.api(self.parties.agency)
        project = agency.post("/projects", {"number": new_id()[:12], "title": "G107 国道大修"})
        facts = {
            "project": project["id"],
            "category": "works",
            "title": "G107 国道大修第一标段",
            "currency": "CNY",
            "estimate": "1000000.00",
            "deadline": format_time(deadline),
            "items": bill(items),
            "rules": "generic",
            "sandbox": True,
            "threshold": 2,
            "grace_seconds": 1,
            "custodians": [{"organisation": each.id, "role": "notary"} for each in self.parties.custodians],
            "independent": False,
            **changes,
        }
        return str(agency.post("/tenders", facts)["id"])

    def publish(self, tender: str) -> Published:
        """The agency's client builds the notice from what was drafted and collected, signs and sends it."""
        agency = self.api(self.parties.agency)
        facts = agency.get(f"/tenders/{tender}")
        collected = agency.get(f"/tenders/{tender}/sealing-policy")
        assert collected["ready"], collected
        members = ("id", "role", "name", "signing_key", "sealing_key", "sealing_key_signature")
        deadline = parse_time(facts["deadline"])
        policy = build_policy(
            tender=tender,
            threshold=collected["threshold"],
            custodians=[{name: each[name] for name in members} for each in collected["custodians"]],
            opens_at=deadline,
            minimum_bidders=collected["minimum_bidders"],
            independent=collected["independent"],
            grace_seconds=collected["grace_seconds"],
            lock=collected["lock"],
            segments=collected["segments"],
        )
        now = self.now()
        raw = build_notice(
            tender=tender,
            project=facts["project"],
            at=now,
            sandbox=facts["sandbox"],
            title=facts["title"],
            category=facts["category"],
            buyer=facts["buyer"],
            items=facts["items"],
            currency=facts["currency"],
            estimate=facts.get("estimate"),
            deadline=deadline,
            rules=facts["rules"],
            documents=[],
            policy=policy,
        )
        signature = cms.sign(raw, self.parties.agency.signer, now)
        agency.post(f"/tenders/{tender}/publication", signed(raw, signature))
        return Published(tender, raw, Notice.parse(raw))

    # Bids

    def prepare(self, tender: Published, supplier: Party, attached: int = 2000, step: int = 0) -> Prepared:
        """Seal and sign a bid with one attachment of `attached` bytes."""
        prices = unit_prices(len(tender.notice.items), step)
        offer = build_offer(tender.notice, prices, delivery_days=60)
        places: dict[str, io.BytesIO] = {}

        @contextmanager
        def place(path: str, size: int) -> Iterator[io.BytesIO]:
            places[path] = io.BytesIO()
            yield places[path]

        content = bytes(attached)
        attachment = Attachment("施工方案.pdf", "application/pdf", attached, lambda: io.BytesIO(content))
        secret = suite.SUNSEAL_1.lock_secret() if tender.notice.policy.lock else None
        before = {
            segment: Contents(build_announcement(tender.notice, quality="合格"), [])
            for segment in tender.notice.policy.segment_names[:-1]
        }
        raw = seal(
            tender.notice, supplier.id, new_id(), offer, [attachment], None, place, secret, before
        )  # fmt: skip
        signature = cms.sign(raw, supplier.signer, self.now())
        ciphertexts = tuple(each.getvalue() for each in places.values())
        return Prepared(supplier, raw, signature, ciphertexts, secret)

    def upload(self, tender: Published, bid: Prepared) -> None:
        """Store a bid's ciphertexts, whole."""
        uploads = Uploads(self.platform)
        for data in bid.ciphertexts:
            with self.platform.database.transaction() as session:
                row = session.get_one(Tender, tender.id)
                digest = canonical.digest(data)
                state, _ = uploads.start(session, row, bid.supplier.id, digest, len(data))
            uploads.put_part(state.id, 0, data)
            uploads.complete(state.id, bid.supplier.actor, ADDRESS)

    def submit(self, tender: Published, bid: Prepared) -> str:
        """Hand a bid in whose ciphertexts are up; its id."""
        path = f"/tenders/{tender.id}/bids"
        return str(self.api(bid.supplier).post(path, signed(bid.manifest, bid.signature))["bid"])

    def bid(self, tender: Published, supplier: Party, attached: int = 2000, step: int = 0) -> str:
        """Prepare, upload and submit."""
        bid = self.prepare(tender, supplier, attached, step)
        self.upload(tender, bid)
        return self.submit(tender, bid)
