"""A portal with a tender in each state, by the acts that lead there, with names as they are in life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bids.notice import Notice
from signing.encoding import format_time
from tests.functional.house import Tendering, Who
from tests.functional.opening_house import OpeningHouse
from trading.opening.record import stored_objects
from trading.tenders.lifecycle import State

_NAMES = ("number", "code", "description", "unit", "quantity")
ITEMS = [
    dict(zip(_NAMES, line, strict=True))
    for line in (
        ("1", "203-1-a", "挖土方", "m³", "18250.5"),
        ("2", "304-3-b", "水泥稳定碎石基层，厚 200 mm", "m²", "46300"),
        ("3", "309-2-a", "中粒式沥青混凝土面层", "m²", "45100"),
        ("4", "602-1", "混凝土护栏", "m", "3260"),
        ("5", "605-1", "热熔型涂料路面标线", "m²", "2875.25"),
    )
]
PRICES = {"1": "12.50", "2": "48.20", "3": "96.75", "4": "418.00", "5": "52.40"}
SUPPLIERS = ("粤海路桥工程有限公司", "珠江市政建设集团有限公司", "南粤公路养护有限公司")

# Each state's tender: number, project, title, estimate.
PAPERS: Mapping[State, tuple[str, str, str, str]] = {
    State.PUBLISHED: ("ZH-2026-0118", "白藤湖片区", "白藤湖片区道路改造工程施工第一标段", "9800000.00"),
    State.CLOSED: ("ZH-2026-0107", "井岸大桥维修加固", "井岸大桥维修加固工程", "8600000.00"),
    State.OPENING: ("ZH-2026-0109", "乡道养护", "斗门镇乡道路面修复养护工程", "8400000.00"),
    State.OPENED: ("ZH-2026-0096", "省道 S272", "省道 S272 线 K12+300 至 K18+900 路面大修", "8900000.00"),
    State.EVALUATED: ("ZH-2026-0093", "交通安全设施完善", "国省道交通安全设施精细化提升工程", "9100000.00"),
    State.AWARDED: ("ZH-2026-0088", "城北路网", "城北路网二期道路及管线工程施工", "9200000.00"),
    State.FAILED: ("ZH-2026-0090", "路灯节能改造", "区管道路路灯节能改造工程", "1200000.00"),
    State.CANCELLED: ("ZH-2026-0112", "停车场建设", "公共停车场建设工程", "5400000.00"),
}


@dataclass(frozen=True)
class Scene:
    """Who is there, and each state's tender."""

    house: OpeningHouse
    agency: Who
    custodians: tuple[Who, ...]
    suppliers: tuple[Who, ...]
    tenders: Mapping[State, Tendering]

    def place(self, state: State) -> str:
        """The page of the tender in this state."""
        return f"/tenders/{self.tenders[state].id}"


def dearer(step: int) -> dict[str, str]:
    """Prices of a bid, the dearer the greater `step` is."""
    factor = 1 + step * Decimal("0.037")
    return {number: f"{Decimal(price) * factor:.2f}" for number, price in PRICES.items()}


def build(house: OpeningHouse) -> Scene:
    """Every state's tender, their agency and suppliers; the clock is an hour ahead afterwards."""
    agency = house.enrol("agency", name="珠海市斗门区公路事业发展中心")
    custodians = tuple(
        house.enrol("custodian", name=name)
        for name in ("斗门区交通运输局", "珠海市公共资源交易监督管理办公室", "珠海市公证处")
    )
    suppliers = tuple(house.enrol("supplier", name=name) for name in SUPPLIERS)
    tenders: dict[State, Tendering] = {}
    for state, (number, project, title, estimate) in PAPERS.items():
        made = house.call("POST", "/projects", agency, {"number": number, "title": project}, 201).json["id"]
        facts: dict[str, Any] = {"title": title, "project": made, "items": ITEMS, "estimate": estimate}
        if state is State.PUBLISHED:
            facts["deadline"] = format_time(house.now() + timedelta(days=21, hours=3))
        id = house.draft(agency, custodians, **facts)["id"]
        house.call("PUT", f"/tenders/{id}/documents/招标文件（{number}）.pdf", agency, b"%PDF-1.7", 201)
        for custodian in custodians:
            house.hand_in_key(custodian, id)
        raw, signature = house.notice(agency, id)
        house.publish(agency, id, raw, signature)
        tenders[state] = Tendering(id, agency, custodians, Notice.parse(raw), signature, facts)
    last = ""
    for state, tender in tenders.items():
        if state is not State.FAILED:
            bids = [house.bid(each, tender, prices=dearer(step)).bid for step, each in enumerate(suppliers)]
            last = bids[-1] if state is State.OPENING else last
    with house.platform.database.reading() as session:
        lost = stored_objects(session, [last], "bid", "public", 0)[last, 0]
    house.platform.storage.delete(lost.key, lost.parts)
    house.cancel(tenders[State.CANCELLED], "项目用地规划调整，本次招标终止。")
    house.past_deadline()
    house.work()
    for state in (State.OPENING, State.OPENED, State.EVALUATED, State.AWARDED):
        for custodian in custodians:
            house.release(tenders[state], custodian)
    house.work()
    for state in (State.EVALUATED, State.AWARDED):
        winner = house.evaluate(tenders[state])["winner"]
    house.award(tenders[State.AWARDED], winner)
    house.work()
    found = {state: State(house.state(tender)) for state, tender in tenders.items()}
    assert all(state is is_ for state, is_ in found.items()), found
    return Scene(house, agency, custodians, suppliers, tenders)
