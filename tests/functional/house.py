"""A platform in this process with people who act on it over HTTP: what tests of tenders and bids share.

    house = House(tmp_path, database_url)
    agency, supplier = house.enrol("agency"), house.enrol("supplier")
    tender = house.tender(agency, custodians)        # drafted, keys handed in, published
    sealed = house.seal(supplier, tender)
    house.upload(supplier, tender, sealed)
    answer = house.submit(supplier, tender, sealed)

The clock is the database's with an offset that tests move.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from webtest import TestApp, TestResponse

from bids.envelope import seal
from bids.manifest import Manifest
from bids.notice import Notice, build_notice, build_policy, sign_sealing_key
from bids.objects import build_statement
from bids.offer import build_offer
from signing import cms
from signing.certificates import create_csr, load_pem
from signing.encoding import b64decode, b64encode, format_time, new_id, parse_time
from signing.keys import Signer, SigningKey, generate_signing_key
from signing.statements import sign_statement
from signing.suite import SUNSEAL_1
from tests.bids_factory import Memory, attach, earlier_contents
from tests.functional import checked_once, compiled_once
from tests.functional.steered_clock import SteeredClock
from trading.accounts.models import EnvelopeKey, Organisation, Person, Token
from trading.config import Settings
from trading.db import Base
from trading.platform import Platform, build_platform
from trading.web.app import make_app
from trading.web.security import token_digest

PREFIX = "/api/v1"

checked_once.apply()


@dataclass(frozen=True)
class Who:
    """An organisation with one person, a token, and a signing key with its certificate."""

    id: str
    name: str
    reference: str
    role: str
    token: str
    signer: Signer
    fingerprint: str
    sealing_seed: bytes

    @property
    def key(self) -> SigningKey:
        return self.signer.key


@dataclass(frozen=True)
class Tendering:
    """A published tender as its agency knows it."""

    id: str
    agency: Who
    custodians: tuple[Who, ...]
    notice: Notice
    signature: bytes
    facts: dict[str, Any]


@dataclass(frozen=True)
class Sealed:
    """A sealed bid on its supplier's machine."""

    manifest: Manifest
    signature: bytes
    objects: tuple[bytes, ...]
    secret: bytes | None = None

    @property
    def bid(self) -> str:
        return self.manifest.bid


class House:
    """See above. On a copied folder and database it goes on with the parties that are there."""

    def __init__(self, folder: Path, database_url: str, **settings: Any) -> None:
        self.clock = SteeredClock()
        given = Settings(
            database_url=database_url,
            storage_url=f"file://{folder / 'storage'}",
            keys_dir=folder / "keys",
            validate_responses=True,
            default_language="en",
            reserve_size=0,
        )
        self.platform: Platform = build_platform(
            dataclasses.replace(given, **settings), {"clock": self.clock}
        )
        self.app = TestApp(compiled_once.share(make_app(self.platform)))
        Base.metadata.create_all(self.platform.database.engine)
        with self.platform.database.reading() as session:
            self._count = session.query(Organisation).count()
            self._enveloped = set(session.scalars(select(EnvelopeKey.organisation_id)))
        self.operator = self._first_token()

    def close(self) -> None:
        self.platform.close()

    def now(self) -> datetime:
        with self.platform.database.reading() as session:
            return self.clock.now(session)

    # --- people

    def _first_token(self) -> str:
        """The operator's, which no HTTP call can make."""
        secret = "sst_" + "o" * 43
        with self.platform.database.transaction() as session:
            if session.query(Token).filter_by(digest=token_digest(secret)).count():
                return secret
            now = self.clock.now(session)
            organisation = Organisation(
                id=new_id(), scheme="X-OP", identifier="1", name="Operator", roles="operator", enrolled_at=now
            )
            session.add(organisation)
            session.flush()
            person = Person(id=new_id(), organisation_id=organisation.id, name="Operator's person")
            session.add(person)
            session.flush()
            session.add(
                Token(
                    id=new_id(), person_id=person.id, role="operator", digest=token_digest(secret),
                    created_at=now, expires_at=now + timedelta(days=3650), revoked_at=None,
                )
            )  # fmt: skip
        return secret

    def enrol(self, role: str, *roles: str, name: str = "") -> Who:
        """A new organisation with a person, token and certificate in `role`."""
        self._count += 1
        name = name or f"{role} {self._count} 公司"
        identifier = f"9100000000000{self._count:05d}"
        enrolled = self.call(
            "POST",
            "/organisations",
            self.operator,
            {"scheme": "CN-USCC", "identifier": identifier, "name": name, "roles": [role, *roles]},
        ).json
        return self._person(enrolled["id"], name, f"CN-USCC:{identifier}", role)

    def another_person(self, who: Who, role: str | None = None) -> Who:
        """Another person of the same organisation, with a key of their own."""
        return self._person(who.id, who.name, who.reference, role or who.role)

    def _person(self, id: str, name: str, reference: str, role: str) -> Who:
        token = self.call(
            "POST",
            f"/organisations/{id}/tokens",
            self.operator,
            {"person": f"person of {name}", "role": role, "days": 365},
        ).json["token"]
        key = generate_signing_key()
        issued = self.call(
            "POST", "/certificates", token, {"csr": create_csr(key, name).decode()}, status=201
        ).json
        certificate = load_pem(issued["certificate"].encode())[0]
        signer = Signer(key, certificate, (self.platform.keys.parties.certificate,))
        seed = SUNSEAL_1.new_sealing_seed()
        return Who(id, name, reference, role, token, signer, issued["fingerprint"], seed)

    # --- HTTP

    def call(
        self,
        method: str,
        path: str,
        who: Who | str | None = None,
        body: Any = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """One request; bytes go as octet-stream, anything else as JSON. `status` None: any success."""
        sent = dict(headers or {})
        path = quote(path, safe="/?&=%")
        if who is not None:
            sent["Authorization"] = f"Bearer {who if isinstance(who, str) else who.token}"
        expected = "2*" if status is None else status
        if isinstance(body, bytes):
            sent["Content-Type"] = "application/octet-stream"
            return self.app.request(PREFIX + path, method=method, body=body, headers=sent, status=expected)
        if body is not None:
            return getattr(self.app, method.lower() + "_json")(
                PREFIX + path, body, headers=sent, status=expected
            )
        return self.app.request(PREFIX + path, method=method, headers=sent, status=expected)

    def refused(self, method: str, path: str, who: Who | str | None, body: Any, code: str) -> dict[str, Any]:
        """A request that must be refused with `code`: the problem, which exists in both languages."""
        problem = self.call(method, path, who, body, status="4*").json  # type: ignore[arg-type]
        assert problem["code"] == code, problem
        in_chinese = {"Accept-Language": "zh-CN"}
        chinese = self.call(method, path, who, body, "4*", in_chinese).json  # type: ignore[arg-type]
        assert chinese["code"] == code, chinese
        assert chinese["detail"] != problem["detail"] and "{" not in chinese["detail"] + problem["detail"]
        return dict(problem)

    # --- tenders

    def facts(self, agency: Who, custodians: tuple[Who, ...], /, **changes: Any) -> dict[str, Any]:
        """A draft's members as the API wants them."""
        project = self.call(
            "POST", "/projects", agency, {"number": f"P-{new_id()[:8]}", "title": "城北道路工程"}
        ).json["id"]
        facts = {
            "project": project,
            "category": "works",
            "title": "道路改造第一标段",
            "currency": "CNY",
            "estimate": "1000000.00",
            "deadline": format_time(self.now() + timedelta(hours=1)),
            "items": [
                {"number": "1", "code": "0301", "description": "路基", "unit": "m3", "quantity": "120.5"},
                {"number": "2", "code": "", "description": "沥青面层", "unit": "m2", "quantity": "3000"},
            ],
            "rules": "generic",
            "sandbox": False,
            "threshold": 2,
            "grace_seconds": 10,
            "independent": True,
            "custodians": [{"organisation": each.id, "role": "notary"} for each in custodians],
        }
        if changes.get("threshold") == 1 and len(custodians) == 1:
            facts |= {"sandbox": True, "independent": False}
        return {name: value for name, value in {**facts, **changes}.items() if value is not None}

    def put_envelope_key(self, agency: Who, at: datetime | None = None) -> bytes:
        """A new envelope key of the agency; its seed."""
        seed = SUNSEAL_1.new_sealing_seed()
        key = b64encode(SUNSEAL_1.sealing_key(seed).public)
        members: dict[str, Any] = {"at": format_time(at or self.now()), "party": agency.id, "key": key}
        file = sign_statement(build_statement("envelope-key", members), agency.signer, self.now())
        self.call("PUT", "/envelope-key", agency, {"file": b64encode(file)})
        self._enveloped.add(agency.id)
        return seed

    def draft(self, agency: Who, custodians: tuple[Who, ...], /, **changes: Any) -> dict[str, Any]:
        """A draft of an agency that has an envelope key, as it needs one to publish."""
        if agency.id not in self._enveloped:
            self.put_envelope_key(agency)
        return dict(
            self.call("POST", "/tenders", agency, self.facts(agency, custodians, **changes), 201).json
        )

    def hand_in_key(self, custodian: Who, tender_id: str, status: int = 200) -> None:
        public = SUNSEAL_1.sealing_key(custodian.sealing_seed).public
        signature = sign_sealing_key(custodian.key, tender_id, custodian.id, public)
        body = {"sealing_key": b64encode(public), "signature": b64encode(signature)}
        self.call("PUT", f"/custody/tenders/{tender_id}/key", custodian, body, status)

    def notice_facts(self, agency: Who, tender_id: str, **changes: Any) -> dict[str, Any]:
        """What an agency's client builds the notice from; `policy_<name>` changes the policy."""
        tender = self.call("GET", f"/tenders/{tender_id}", agency).json
        known = self.call("GET", f"/tenders/{tender_id}/sealing-policy", agency).json
        policy = {
            "tender": tender_id,
            "threshold": known["threshold"],
            "custodians": known["custodians"],
            "opens_at": parse_time(tender["deadline"]),
            "minimum_bidders": known["minimum_bidders"],
            "independent": known["independent"],
            "grace_seconds": known["grace_seconds"],
            "lock": known["lock"],
            "segments": known["segments"],
        }
        names = {
            name.removeprefix("policy_"): changes.pop(name) for name in list(changes) if "policy_" in name
        }
        policy |= names
        deadline = changes.get("deadline", parse_time(tender["deadline"]))
        if "opens_at" not in names:
            policy["opens_at"] = deadline
        return {
            "tender": tender_id,
            "project": tender["project"],
            "at": self.now(),
            "sandbox": tender["sandbox"],
            "title": tender["title"],
            "category": tender["category"],
            "buyer": tender["buyer"],
            "items": tender["items"],
            "currency": tender["currency"],
            "deadline": deadline,
            "rules": tender["rules"],
            "documents": tender["documents"],
            "policy": build_policy(**policy),
            "estimate": tender.get("estimate"),
            "ceiling": tender.get("ceiling"),
            **changes,
        }

    def notice(self, agency: Who, tender_id: str, **changes: Any) -> tuple[bytes, bytes]:
        """A notice and its signature, from what the platform says or with changes."""
        raw = build_notice(**self.notice_facts(agency, tender_id, **changes))
        return raw, self.sign(agency, raw)

    def sign(self, who: Who, data: bytes) -> bytes:
        return cms.sign(data, who.signer, self.now())

    def publish(self, agency: Who, tender_id: str, raw: bytes, signature: bytes) -> dict[str, Any]:
        return dict(
            self.call("POST", f"/tenders/{tender_id}/publication", agency, signed(raw, signature), 201).json
        )

    def tender(self, agency: Who, custodians: tuple[Who, ...], /, **changes: Any) -> Tendering:
        """Drafted, keys handed in, published."""
        id = self.draft(agency, custodians, **changes)["id"]
        for custodian in custodians:
            self.hand_in_key(custodian, id)
        raw, signature = self.notice(agency, id)
        self.publish(agency, id, raw, signature)
        return Tendering(id, agency, custodians, Notice.parse(raw), signature, changes)

    def amend(self, tender: Tendering, **changes: Any) -> Tendering:
        raw, signature = self.notice(tender.agency, tender.id, replaces=tender.notice.digest, **changes)
        self.publish(tender.agency, tender.id, raw, signature)
        return dataclasses.replace(tender, notice=Notice.parse(raw), signature=signature)

    # --- bids

    def seal(
        self,
        supplier: Who,
        tender: Tendering,
        *,
        replaces: str | None = None,
        bid: str | None = None,
        named: str | None = None,
        attachment: bytes = b"%PDF-1.7 plan",
        prices: Mapping[str, str] | None = None,
    ) -> Sealed:
        """A bid sealed and signed off-line; `named` puts another supplier into the manifest."""
        if prices is None:
            prices = {item.number: f"{n + 3}.25" for n, item in enumerate(tender.notice.items)}
        memory = Memory()
        secret = SUNSEAL_1.lock_secret() if tender.notice.policy.lock else None
        raw = seal(
            tender.notice,
            named or supplier.id,
            bid or new_id(),
            build_offer(tender.notice, prices, delivery_days=30),
            [attach("方案.pdf", attachment)],
            replaces,
            memory.write,
            secret,
            earlier_contents(tender.notice, supplier.id),
        )
        objects = tuple(memory.objects.values())
        return Sealed(Manifest.parse(raw), self.sign(supplier, raw), objects, secret)

    def upload(self, supplier: Who, tender: Tendering, sealed: Sealed) -> None:
        for data in sealed.objects:
            self.upload_bytes(supplier, tender.id, data)

    def upload_bytes(self, supplier: Who, tender_id: str, data: bytes) -> str:

        begun = self.call(
            "POST",
            f"/tenders/{tender_id}/uploads",
            supplier,
            {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)},
        ).json
        for number in range(begun["parts"]):
            part = data[number * begun["part_bytes"] : (number + 1) * begun["part_bytes"]]
            self.call("PUT", f"/uploads/{begun['id']}/parts/{number}", supplier, part, 204)
        self.call("POST", f"/uploads/{begun['id']}/completion", supplier, status=200)
        return str(begun["id"])

    def submit(self, supplier: Who, tender: Tendering, sealed: Sealed, status: int = 201) -> dict[str, Any]:
        body = signed(sealed.manifest.raw, sealed.signature)
        return dict(self.call("POST", f"/tenders/{tender.id}/bids", supplier, body, status).json)

    def bid(self, supplier: Who, tender: Tendering, **facts: Any) -> Sealed:
        """Sealed, uploaded and received."""
        sealed = self.seal(supplier, tender, **facts)
        self.upload(supplier, tender, sealed)
        self.submit(supplier, tender, sealed)
        return sealed

    def own_bids(self, supplier: Who, tender: Tendering) -> dict[str, str]:
        items = self.call("GET", f"/tenders/{tender.id}/bids", supplier).json["items"]
        return {item["bid"]: item["state"] for item in items}

    @contextmanager
    def later(self, offset: timedelta) -> Iterator[None]:
        """Everything inside happens `offset` later, by the database's clock."""
        self.clock.ahead(offset)
        try:
            yield
        finally:
            self.clock.ahead(timedelta(0))


def signed(document: bytes, signature: bytes) -> dict[str, str]:
    return {"document": b64encode(document), "signature": b64encode(signature)}


def receipt_of(answer: Mapping[str, Any]) -> bytes:
    return b64decode(str(answer["receipt"]))
