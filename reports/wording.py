"""How facts are written: numbers, times and the field's own words in Chinese and English. All pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from reports.errors import ReportError

DASH = "—"
MINUS = "\u2212"

# China has kept one time without summer time since 1991, so a fixed offset needs no zone files.
PAPER_ZONE = timezone(timedelta(hours=8))
ZONE_ZH, ZONE_EN = "北京时间 UTC+8", "Asia/Shanghai, UTC+8"

CATEGORIES = {
    "works": ("工程建设", "Construction works"),
    "procurement": ("政府采购", "Government procurement"),
    "government-procurement": ("政府采购", "Government procurement"),
    "goods": ("货物采购", "Goods"),
    "services": ("服务采购", "Services"),
    "land": ("土地使用权和矿业权出让", "Land use and mining rights"),
    "land-and-mining": ("土地使用权和矿业权出让", "Land use and mining rights"),
    "assets": ("国有产权", "State property rights"),
    "state-property": ("国有产权", "State property rights"),
}
ROLES = {
    "agency": ("招标人", "Agency"),
    "supervisor": ("监督部门", "Supervisor"),
    "operator": ("平台运营机构", "Operator"),
    "notary": ("公证机构", "Notary"),
}
SEGMENTS = {
    "bid": ("投标文件", "Bid"),
    "qualification": ("资格", "Qualification"),
    "technical": ("技术", "Technical"),
    "price": ("价格", "Price"),
}
FAULTS = {
    "bidder": ("投标人原因", "Bidder"),
    "platform": ("平台原因", "Platform"),
    "custodian": ("保管人原因", "Custodian"),
    "unknown": ("原因不明", "Unknown"),
}
ANNOUNCED = {
    "delivery_days": ("工期（天）", "Delivery, days"),
    "quality": ("质量承诺", "Quality"),
    "total_in_words": ("大写总价", "Total in words"),
}
OFFER_FIELDS = {
    "amount": ("合价", "Amount"),
    "total": ("总价", "Total"),
    "unit_price": ("单价", "Unit price"),
}


def words(table: dict[str, tuple[str, str]], key: str) -> tuple[str, str]:
    """The Chinese and English words for `key`; a key that is not in the table stands for itself, once."""
    return table.get(key, (key, ""))


def money(amount: Decimal | None) -> str:
    """`1234567.50` as `1,234,567.50`, digits kept as they are; a dash for None."""
    return DASH if amount is None else f"{amount:,f}"


def quantity(amount: Decimal) -> str:
    """A quantity with thousands separators, its digits as the notice has them."""
    return f"{amount:,f}"


def against(total: Decimal | None, estimate: Decimal | None) -> str:
    """How far `total` lies from `estimate`, in per cent with one digit and its sign; a dash if it cannot be
    said.
    """
    if total is None or estimate is None or estimate <= 0:
        return DASH
    share = (total - estimate) * 100 / estimate
    if share >= 1000:
        return ">+999%"
    return f"{share:+,.1f}%".replace("-", MINUS)


def paper_time(moment: datetime) -> datetime:
    """`moment` in UTC+8; refuses (ReportError) a time without a zone."""
    if moment.tzinfo is None:
        raise ReportError(f"the time {moment.isoformat()} has no zone: facts need aware datetimes")
    return moment.astimezone(PAPER_ZONE)


def stamp(moment: datetime) -> str:
    """`2026-03-05 14:00:00` in UTC+8, with milliseconds if there are any."""
    local = paper_time(moment)
    text = local.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{local.microsecond // 1000:03d}" if local.microsecond else text


def day_zh(moment: datetime) -> str:
    """`2026年3月5日`, in UTC+8."""
    local = paper_time(moment)
    return f"{local.year}年{local.month}月{local.day}日"


def stamp_zh(moment: datetime) -> str:
    """`2026年3月5日 14:00:00`, UTC+8."""
    return f"{day_zh(moment)} {stamp(moment).split(' ')[1]}"


def short_digest(digest: str) -> str:
    """The first and last eight hex digits: enough to tell two papers apart at a glance."""
    return digest if len(digest) <= 20 else f"{digest[:8]}...{digest[-8:]}"


def grouped(hexadecimal: str, group: int = 8) -> str:
    """Hex digits in groups, so that people can compare them aloud."""
    return " ".join(hexadecimal[i : i + group] for i in range(0, len(hexadecimal), group))
