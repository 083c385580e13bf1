"""What stays of a demonstration: summary.json, and a summary a person enjoys reading."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from trading.client.errors import Language
from trading.demo.replay import Plan
from trading.demo.tender import Outcome


def summary_members(outcomes: Sequence[Outcome], out: Path) -> dict[str, Any]:
    """The members of summary.json; paths relative to `out`."""
    return {"tenders": [_tender(outcome, out) for outcome in outcomes]}


def _tender(outcome: Outcome, out: Path) -> dict[str, Any]:
    def path(key: str) -> str | None:
        file = outcome.files.get(key)
        return None if file is None else file.relative_to(out).as_posix()

    winner = outcome.winner
    return {
        "contract_number": outcome.contract.number,
        "tender_id": outcome.tender,
        "status": outcome.status,
        "ranking": [
            {
                "rank": row.rank, "bidder": row.bidder, "total": row.total, "responsive": row.responsive,
                "reason": row.reason,
            }
            for row in outcome.ranking
        ],
        "award": None if winner is None else {"bidder": winner.bidder, "total": winner.total},
        "evidence": path("evidence"),
        "opening_record": path("opening_record"),
        "award_report": path("award_report"),
    }  # fmt: skip


def summary_json(outcomes: Sequence[Outcome], out: Path) -> bytes:
    """summary.json."""
    return json.dumps(summary_members(outcomes, out), ensure_ascii=False, indent=1).encode() + b"\n"


def summary_lines(plan: Plan, outcomes: Sequence[Outcome], out: Path, lang: Language) -> list[str]:
    """The summary in words: what came out, tender by tender, how quickly, and whether it is right."""
    zh = lang == "zh"
    lines = ["", _head(plan, zh), ""]
    for outcome in outcomes:
        lines += _paragraph(outcome, zh)
    lines += ["", *_times(outcomes, zh), *_checks(outcomes, zh)]
    differences = [each for outcome in outcomes for each in outcome.differences]
    if differences:
        count = len(differences)
        head = f"有 {count} 处与文件或规则不符：" if zh else f"{count} things are not as they should be:"
        lines += ["", head, *(f"  ✗ {each.text(lang)}" for each in differences)]
    else:
        lines.append(
            "每个名次、每个总价都与官方结果一致，分毫不差。" if zh
            else "Every rank and every total is the official one, to the cent."
        )  # fmt: skip
    lines.append(f"结果在 {out}" if zh else f"Results are in {out}")
    return lines


def _head(plan: Plan, zh: bool) -> str:
    source = plan.source
    counts = (len(source.contracts), source.bid_count, len(source.bidders))
    if zh:
        return "{} 个标段，{} 份投标，{} 家供应商，3 位保管人，任意 2 位可开启。".format(*counts)
    return "{} tenders, {} bids, {} suppliers, 3 custodians of whom any 2 open.".format(*counts)


def _paragraph(outcome: Outcome, zh: bool) -> list[str]:
    contract = outcome.contract
    mark = "✗" if outcome.differences else "✓"
    lines = [f"{mark} {contract.number}  {contract.title}"]
    if outcome.winner is not None:
        money = f"{Decimal(outcome.winner.total):,} {contract.currency}"
        lines.append(f"    {outcome.winner.bidder}  {money}{_against_estimate(outcome, zh)}")
    rejected = [row for row in outcome.ranking if not row.responsive]
    if not outcome.ranking:
        count = len(contract.bids)
        lines.append(
            f"    流标：只有 {count} 家投标，未开启，密钥销毁。" if zh
            else f"    Failed with {count} bidders: nothing was opened, the keys are erased."
        )  # fmt: skip
    else:
        tail = "".join(
            f"；否决 {row.bidder}（{row.reason}）" if zh else f"; rejected {row.bidder} ({row.reason})"
            for row in rejected
        )
        count = len(outcome.ranking)
        lines.append(f"    {count} 份投标" + tail if zh else f"    {count} bids" + tail)
    return lines


def _against_estimate(outcome: Outcome, zh: bool) -> str:
    if outcome.contract.estimate is None or outcome.winner is None or not Decimal(outcome.contract.estimate):
        return ""
    estimate = Decimal(outcome.contract.estimate)
    percent = (Decimal(outcome.winner.total) / estimate - 1) * 100
    if zh:
        return f"（{'高于' if percent > 0 else '低于'}估价 {abs(percent):.1f} %）"
    return f"  ({abs(percent):.1f} % {'over' if percent > 0 else 'under'} the estimate)"


def _times(outcomes: Sequence[Outcome], zh: bool) -> list[str]:
    began = [one.began_after for one in outcomes if one.began_after is not None]
    opened = [one.opened_after for one in outcomes if one.opened_after is not None]
    if not began:
        return []
    last = max(began)
    first = f"到点后 {last:.1f} 秒内全部截止" if zh else f"All closed within {last:.1f} s of the deadline"
    if not opened:
        return [first + ("。" if zh else ".")]
    last = max(opened)
    return [first + (f"，{last:.1f} 秒内全部开标。" if zh else f" and were open within {last:.1f} s of it.")]


def _checks(outcomes: Sequence[Outcome], zh: bool) -> list[str]:
    letters = sum(one.attachments for one in outcomes)
    findings = sum(len(one.report.findings) for one in outcomes if one.report is not None)
    return [
        f"招标人开启了 {letters} 份附件；{len(outcomes)} 个证据包离线核对 {findings} 项。" if zh
        else f"The agency opened {letters} attachments; {len(outcomes)} evidence packages were checked "
        f"off-line, {findings} findings."
    ]  # fmt: skip
