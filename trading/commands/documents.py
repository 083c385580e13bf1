"""What a comparison of PDF documents with the signed record found, in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from bids.messages import MESSAGES
from trading.commands.findings import marked
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import say

if TYPE_CHECKING:
    from trading.evidence.comparing import Compared

EXIT_OPEN = 3  # neither right nor wrong: it could not be compared

_EXACT = (
    "与签名记录一致：按证据包重新生成，逐字节相同。",
    "says what the signed record says: rendered again from the package, it is the same to the byte.",
)
_SAME = (
    "与签名记录一致：按证据包重新生成，阅读者所见全部相同（只有压缩等写法不同）。",
    "says what the signed record says: rendered again from the package, all that a reader sees is the same "
    "(only written otherwise, as by another compression).",
)
_WHY = {
    "words": ("与签名记录矛盾。", "CONTRADICTS the signed record."),
    "drawing": (
        "不是按签名记录生成的：文字相同，但字形、图形、图层、批注、脚本或附件不同（{where}）。",
        "is NOT what the signed record gives: its words are the same, but glyphs, drawing, layers, "
        "annotations, scripts or attachments are not ({where}).",
    ),
    "hidden": (
        "不是按签名记录生成的：文件里另有隐藏的对象或异常的结构，有的阅读器会显示其中的内容。",
        "is NOT what the signed record gives: hidden objects, or an odd structure, are in the file beside "
        "it, and some readers show what is there.",
    ),
    "unreadable": (
        "与按签名记录生成的不同，且无法读取（{reason}）。",
        "is NOT what the signed record gives, and cannot be read ({reason}).",
    ),
    "signed-at": (
        "印章上的签署时间与签名的时间戳不符。",
        "says another time of signing in its seal than the signature's time-stamp.",
    ),
    "other-document": (
        "平台签名的这份文件不属于此证据包的标段，或标段没有这种文件（标题：{title}）。",
        "is signed by the platform, but is no document of this package's tender (title: {title}).",
    ),
    "other-bidder": (
        "这份结果通知书不是发给此标段任何未中标人的。",
        "is a notice of the result to nobody who did not win this tender.",
    ),
    "other-version": (
        "未能比较：由另一版本的 Sunseal 生成，与此处重新生成的不同，是否属实此处不能判断。请用那一版本核对，"
        "或对照记录人工核对。\n      文件：{made}\n      此处：{here}",
        "was NOT COMPARED: another version of Sunseal made it, and it differs from what this one makes; "
        "whether it is true cannot be told here. Compare it with that version, or with the record by eye.\n"
        "      it was made by: {made}\n      this is:        {here}",
    ),
    "pack-unknown": (
        "未能比较：此版本没有公告所用的规则包（{reason}）。",
        "was NOT COMPARED: this version does not have the rule pack that the notice names ({reason}).",
    ),
    "unrenderable": (
        "未能比较：此处无法生成文件（{reason}）。",
        "was NOT COMPARED: documents cannot be made here ({reason}).",
    ),
}  # fmt: skip
_KINDS = {
    "opening-record": ("开标记录", "opening record"),
    "award-report": ("中标结果报告", "award report"),
    "award-notice": ("中标通知书", "award notice"),
    "result-notice": ("中标结果通知书", "notice of the result"),
}
_TAKEN = {
    "platform": ("平台名称“{value}”", "the platform's name “{value}”"),
    "address": ("平台地址 {value}", "the platform's address {value}"),
    "serial": ("该标段是项目的第 {value} 个标段", "that this is tender no. {value} of its project"),
    "refused": (
        "保管人“{value}”交来的释放声明因何未予接收", "why a release of the custodian “{value}” was refused"
    ),
    "last-day": ("期限的最后一日 {value}（此处没有该年的节假日）",
                 "the last day {value} of a period (that year's holidays are not known here)"),
}  # fmt: skip
_OK: dict[str, bool | None] = {"same": True, "differs": False, "incomparable": None}
_WIDE = 160  # characters of a difference


def show_compared(found: Mapping[str, Compared], lang: Language) -> int:
    """A line a document, what differs in it, and what no package could confirm; the exit status: 1 if any
    contradicts the record, else 3 if any was not compared."""
    for name, one in found.items():
        click.echo(f"    {marked(_OK[one.verdict], lang)} {name}: {sentence(one, lang)}")
        for each in one.texts:
            document, record = _short(each.document), _short(each.record)
            say(
                lang,
                f"      第 {each.page} 页  文件：{document}\n              记录：{record}",
                f"      page {each.page}  document: {document}\n              record:   {record}",
            )
    _show_taken(found, lang)
    verdicts = {one.verdict for one in found.values()}
    return EXIT_FAILED if "differs" in verdicts else EXIT_OPEN if "incomparable" in verdicts else 0


def kind_of(one: Compared, lang: Language) -> str:
    """Which document it is, in brackets; nothing where it is none of the tender's."""
    names = _KINDS.get(one.kind or "")
    if names is None:
        return ""
    return f"（{names[0]}）" if lang == "zh" else f" ({names[1]})"


def sentence(one: Compared, lang: Language) -> str:
    """What came out for a document."""
    if one.verdict == "same":
        said = _EXACT if one.exact else _SAME
    else:
        said = _WHY.get(one.code) or MESSAGES[one.code]
    # A title or a name may have line breaks, or what a terminal takes for orders.
    detail = {name: _plain(value) for name, value in one.detail.items()}
    return said[0 if lang == "zh" else 1].format_map(detail)


def _show_taken(found: Mapping[str, Compared], lang: Language) -> None:
    same = (one for one in found.values() if one.verdict == "same")
    taken = dict.fromkeys(pair for one in same for pair in one.taken.items())
    said = [_TAKEN[kind][0 if lang == "zh" else 1].format(value=_plain(value)) for kind, value in taken]
    if said:
        say(
            lang,
            f"    未比较的内容（只有文件自己这样说，证据包里没有）：{'；'.join(said)}。",
            f"    Not compared, as the documents alone say it and the package has nothing of it: "
            f"{'; '.join(said)}.",
        )


def _short(text: str) -> str:
    plain = _plain(text) or "–"
    return plain if len(plain) <= _WIDE else plain[:_WIDE] + "…"


def _plain(text: str) -> str:
    joined = " ".join(text.split())
    encoding = sys.stdout.encoding or "utf-8"
    shown = "".join(char if char.isprintable() else "�" for char in joined)
    return shown.encode(encoding, "replace").decode(encoding)
