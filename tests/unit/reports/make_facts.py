"""Facts for the tests, of any size, with figures that add up."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from reports.facts import (
    Addressee,
    AnnouncedField,
    AwardFacts,
    AwardNoticeFacts,
    AwardRule,
    BidFacts,
    CustodianFacts,
    Item,
    ItemPrice,
    LedgerFacts,
    LogPosition,
    NoticeTerms,
    OpeningFacts,
    PolicyFacts,
    RankingRow,
    ResultNoticeFacts,
    RulesPack,
    TenderFacts,
    Term,
    Waiver,
)

CENT = Decimal("0.01")
DEADLINE = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
URL = "https://trade.example.gov.cn/tenders/07-1P5804"
NAMES = (
    "江苏恒远路桥工程有限公司",
    "C A RASMUSSEN INC",
    "中铁二局集团第五工程有限责任公司",
    "GRANITE CONSTRUCTION COMPANY",
    "浙江交工集团股份有限公司",
    "四川公路桥梁建设集团有限公司",
    "BEADOR CONSTRUCTION COMPANY INC",
    "上海隧道工程有限公司",
    "SECURITY PAVING COMPANY INC",
    "广西路桥工程集团有限公司",
    "ALCORN FENCE COMPANY",
)
DESCRIPTIONS = (
    "施工现场管理 Construction site management",
    "金属梁护栏（木柱） Metal beam guard railing (wood post)",
    "道路开挖 Roadway excavation",
    "植被控制（少量混凝土） Vegetation control (minor concrete)",
    "热拌沥青混合料（A 类） Hot mix asphalt (type A)",
)


def hexes(*parts: object, length: int = 64) -> str:
    """A digest or an id that follows from `parts`."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:length]


def items_of(count: int) -> tuple[Item, ...]:
    return tuple(
        Item(
            str(n + 1),
            f"{74016 + 37 * n:06d}",
            DESCRIPTIONS[n % len(DESCRIPTIONS)],
            ("LS", "LF", "CY", "SQYD", "TON")[n % 5],
            Decimal((1, 2140, 15, 1120, 30)[n % 5]),
        )
        for n in range(count)
    )


def bid_of(place: int, items: tuple[Item, ...], name: str) -> BidFacts:
    prices = []
    for n, item in enumerate(items):
        unit = Decimal(((n * 7919 + 31) % 4000) + 5) * (100 + 3 * place) / 100
        unit = unit.quantize(CENT)
        prices.append(ItemPrice(item.number, unit, (unit * item.quantity).quantize(CENT, ROUND_HALF_UP)))
    return BidFacts(
        bid_id=hexes("bid", place, length=32),
        supplier_id=hexes("supplier", place, length=32),
        supplier=name,
        received_at=DEADLINE - timedelta(minutes=91 - place, milliseconds=877),
        opened=True,
        total=sum((price.amount for price in prices), Decimal("0.00")),
        announced=(AnnouncedField("delivery_days", str(35 + place)), AnnouncedField("quality", "合格")),
        prices=tuple(prices),
    )


def tender_of(item_count: int, **changes: Any) -> TenderFacts:
    custodians = tuple(
        CustodianFacts(hexes("custodian", role, length=32), role, name, hexes("key", role), released)
        for role, name, released in (
            ("agency", "文图拉县公路局招标办公室", True),
            ("supervisor", "公共资源交易监督管理局", True),
            ("operator", "阳光交易平台运营中心", False),
        )
    )
    values: dict[str, Any] = {
        "tender_id": hexes("tender", length=32),
        "number": "07-1P5804",
        "title": "文图拉县 33 号公路金属梁护栏安装工程 Install metal beam guard rail",
        "project_number": "P-2026-033",
        "project_title": "文图拉县 33 号公路安全提升项目（主街地下通道至斯坦利大道地下通道）",
        "category": "works",
        "buyer": "文图拉县公路局",
        "buyer_organisation": "CN-USCC:11320000014000123X",
        "currency": "CNY",
        "estimate": bid_of(2, items_of(item_count), "").total,
        "ceiling": None,
        "deadline": DEADLINE,
        "sandbox": False,
        "waivers": (),
        "rules": RulesPack("generic", "1", "通用规则 Generic rules"),
        "policy": PolicyFacts("sunseal-1", 2, custodians, True, 1, hexes("policy")),
        "items": items_of(item_count),
        "notice_digest": hexes("notice"),
    }
    return TenderFacts(**(values | changes))


WAIVERS = (
    Waiver("文件发出至截止的最短期限", "Shortest time to the deadline", 20, "招标投标法第24条", "art. 24"),
    Waiver("招标文件发售的最短期限", "Shortest time of documents", 5, "实施条例第16条", "art. 16"),
    Waiver("重新密封的最短小时数", "Hours to seal again", 24, "平台规则", "Platform rule", "小时", "hours"),
)


def log_of(index: int) -> LogPosition:
    root = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
    note = (
        f"log.trade.example.gov.cn\n{index + 3}\n{root}\n\n— log.trade.example.gov.cn "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    return LogPosition("log.trade.example.gov.cn", index, note)


def ledger_of(size: int) -> LedgerFacts:
    return LedgerFacts(f"log.trade.example.gov.cn/tender/{hexes('tender', length=32)}", size, hexes("root"))


def opening_facts(
    bidders: int = 2, items: int = 4, *, names: tuple[str, ...] = NAMES, **changes: Any
) -> OpeningFacts:
    tender = changes.pop("tender", None) or tender_of(items)
    bids = tuple(bid_of(n, tender.items, names[n % len(names)]) for n in range(bidders))
    values: dict[str, Any] = {
        "tender": tender,
        "opened_at": DEADLINE + timedelta(seconds=11, milliseconds=250),
        "statement_digest": hexes("opening"),
        "closing_digest": hexes("closing"),
        "ledger": ledger_of(bidders + 2),
        "bids": bids,
        "withdrawn": 1,
        "replaced": 1,
        "log": log_of(1742),
        "public_url": URL,
    }
    return OpeningFacts(**(values | changes))


def award_facts(bidders: int = 2, items: int = 4, *, rejected: int = 0, **changes: Any) -> AwardFacts:
    opening = opening_facts(
        bidders, items, **{k: changes.pop(k) for k in ("tender", "names") if k in changes}
    )
    ordered = sorted(opening.bids, key=lambda bid: bid.total or Decimal(0))
    split = len(ordered) - rejected
    ranking = tuple(
        RankingRow(
            n + 1,
            bid.bid_id,
            bid.supplier,
            bid.total,
            n < split,
            None if n < split else "未提交分包商名单 No list",
        )
        for n, bid in enumerate(ordered)
    )
    values: dict[str, Any] = {
        "tender": opening.tender,
        "opened_at": opening.opened_at,
        "awarded_at": DEADLINE + timedelta(hours=3),
        "statement_digest": hexes("award"),
        "opening_digest": opening.statement_digest,
        "closing_digest": opening.closing_digest,
        "ledger": opening.ledger,
        "bids": opening.bids,
        "ranking": ranking,
        "winner": ranking[0].bid_id if split else None,
        "corrections": (),
        "rule": AwardRule(
            "lowest-total",
            "在有效投标中，投标总价最低者中标；总价相同的，先接收者优先。",
            "Among responsive bids the lowest total wins; equal totals are parted by earlier receipt.",
            "招标投标法第41条",
        ),
        "working": tuple(
            f"{row.rank}. {row.bid_id[:8]} sum of {len(opening.tender.items)} amounts = {row.total}"
            for row in ranking
        ),
        "log": log_of(1749),
        "public_url": URL,
    }
    return AwardFacts(**(values | changes))


WORKS = NoticeTerms(
    notice=Term("binding", "招标投标法第45条", "Tendering Law art. 45"),
    contract=Term(30, "招标投标法第46条", "Tendering Law art. 46", date(2026, 4, 7)),
    objection=Term("during-publicity", "实施条例第54条", "Implementing Regulations art. 54"),
    complaint=Term(10, "实施条例第60条", "Implementing Regulations art. 60", date(2026, 3, 16)),
    bond=Term(5, "实施条例第57条", "Implementing Regulations art. 57"),
)
GENERIC = NoticeTerms(
    notice=Term("informs", "平台通用规则第17条", "Generic rules, 17"),
    contract=Term(0, "平台通用规则第18条", "Generic rules, 18"),
    objection=Term("to-agency", "平台通用规则第19条", "Generic rules, 19"),
    complaint=Term(0, "平台通用规则第19条", "Generic rules, 19"),
    bond=Term(0, "平台通用规则第18条", "Generic rules, 18"),
)


def addressee(bid: BidFacts, rank: int | None) -> Addressee:
    return Addressee(
        bid.supplier, "CN-USCC:91320000134755110B", bid.bid_id, bid.received_at, bid.total, rank
    )


def award_notice_facts(**changes: Any) -> AwardNoticeFacts:
    tender = changes.pop("tender", None) or tender_of(4)
    bid = bid_of(0, tender.items, NAMES[0])
    values: dict[str, Any] = {
        "tender": tender,
        "winner": addressee(bid, 1),
        "announced": bid.announced,
        "issued_at": DEADLINE + timedelta(hours=3),
        "statement_digest": hexes("award"),
        "decision_digest": hexes("decision"),
        "terms": WORKS,
        "log": log_of(1749),
        "public_url": URL,
    }
    return AwardNoticeFacts(**(values | changes))


def result_notice_facts(**changes: Any) -> ResultNoticeFacts:
    tender = changes.pop("tender", None) or tender_of(4)
    first, third = bid_of(0, tender.items, NAMES[0]), bid_of(2, tender.items, NAMES[2])
    values: dict[str, Any] = {
        "tender": tender,
        "loser": addressee(third, 3),
        "outcome": "outranked",
        "reason": None,
        "ranked": 9,
        "winner": first.supplier,
        "winner_total": first.total,
        "issued_at": DEADLINE + timedelta(hours=3),
        "statement_digest": hexes("award"),
        "decision_digest": hexes("decision"),
        "terms": WORKS,
        "log": log_of(1749),
        "public_url": URL,
    }
    return ResultNoticeFacts(**(values | changes))
