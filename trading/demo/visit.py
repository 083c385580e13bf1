"""What a visitor of the demonstration's portal finds: accounts for every role, tenders to bid for."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signing.suite import by_name
from trading.client.agency import Agency
from trading.client.api import Api
from trading.client.errors import Language
from trading.client.transport import HttpTransport
from trading.demo.parties import SCHEME, CustodianMember, Member
from trading.demo.platform import PlatformProcess
from trading.demo.source import Contract, Source
from trading.demo.tender import DemoTender

MINUTES = 10
_FAR = timedelta(days=30)
_CHECK_SECONDS = 5.0
_BIDDERS = 3

Members = tuple[Member, dict[str, Member], list[CustodianMember]]


class Visit:
    """Keeps a tender open that closes in a few minutes, with bids of others, and one far ahead.

    Args:
        members: the replay's agency, suppliers by name, and custodians. work: a folder that goes away.
    """

    def __init__(
        self, platform: PlatformProcess, source: Source, members: Members, work: Path, language: Language
    ) -> None:
        self._platform = platform
        self._agency, self._suppliers, self._custodians = members
        self._language = language
        transport = HttpTransport(platform.address, connections=4)
        self._operator = Api(transport, platform.token, language)
        self._contracts = sorted(
            (one for one in source.contracts if len(one.bids) >= _BIDDERS), key=lambda one: len(one.items)
        ) or list(source.contracts)
        self._work = work / "visit"
        self._work.mkdir()
        self._count = 0
        self._until = datetime.now(UTC)
        suite = by_name("sunseal-1")
        self._files_key = suite.sealing_key(suite.new_sealing_seed())

    def prepare(self) -> None:
        """Accounts and both tenders."""
        self._accounts()
        client = Agency(self._agency.api, self._agency.key.signer, self._agency.key.roots)
        client.put_envelope_key(self._files_key.public)
        self._tender(datetime.now(UTC) + _FAR, [])
        self._soon()

    def go_on(self) -> None:
        """Until interrupted: whenever the tender has closed, there is another."""
        while True:
            time.sleep(_CHECK_SECONDS)
            self._platform.check()
            if datetime.now(UTC) > self._until:
                self._soon()

    def _accounts(self) -> None:
        invite = self._invite
        invite(self._agency.id, "张敏（起草）", "agency")
        invite(self._agency.id, "李强（签发）", "agency")
        for name, member in list(self._suppliers.items())[:2]:
            invite(member.id, f"{name} 投标经办", "supplier")
        for custodian in self._custodians:
            invite(custodian.id, f"{custodian.name} 值班", "custodian")
        for role, identifier, name, person in (
            ("supplier", "VISITOR", "阳光建设有限公司", "您（供应商）"),
            ("supervisor", "SUPERVISION", "公共资源交易监督管理办公室", "王监督"),
            ("evaluator", "EXPERTS", "评标专家库", "陈专家"),
        ):
            body = {"scheme": SCHEME, "identifier": identifier, "name": name, "roles": [role]}
            invite(str(self._operator.post("/organisations", body)["id"]), person, role)
        invite(str(self._operator.get("/me")["organisation"]), "平台值班", "operator")

    def _invite(self, organisation: str, name: str, role: str) -> None:
        body = {"name": name, "roles": [role], "admin": True}
        self._operator.post(f"/organisations/{organisation}/people", body)

    def _soon(self) -> None:
        self._until = datetime.now(UTC) + timedelta(minutes=MINUTES)
        contract = self._contracts[self._count % len(self._contracts)]
        self._tender(self._until, [bid.bidder for bid in contract.bids[:_BIDDERS]])

    def _tender(self, deadline: datetime, bidders: list[str]) -> None:
        """A tender like one of the replay's, with the bids of some who bid then."""
        contract: Contract = self._contracts[self._count % len(self._contracts)]
        self._count += 1
        mine = replace(contract, number=f"{contract.number}-{datetime.now(UTC):%H%M%S}-{self._count}")
        client = Agency(self._agency.api, self._agency.key.signer, self._agency.key.roots)
        tender = DemoTender(mine, client, self._files_key, self._work, self._work / "out")
        tender.make_letters()
        tender.enter_project()
        milliseconds = deadline.microsecond // 1000 * 1000
        tender.publish(deadline.replace(microsecond=milliseconds), "generic", self._custodians)
        for bid in mine.bids:
            if bid.bidder in bidders:
                tender.bid(bid, self._suppliers[bid.bidder], datetime.now(UTC))
