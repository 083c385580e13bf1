"""Segments opened in stages: which one a record is of, and what the agency judged before it."""

from __future__ import annotations

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from reports.blocks import Fact, bilingual, hexadecimal, text
from reports.common import joined
from reports.facts import OpeningFacts, StageFacts
from reports.tables import Column, Row, listing
from reports.wording import DASH, SEGMENTS, stamp, words

_SHORT = 6  # rows that stay with what they belong to
_ROOM = 45 * mm


def segment_facts(facts: OpeningFacts) -> list[Fact]:
    """Which segment this record is of, where the bids have more than one."""
    if facts.segment is None:
        return []
    return [Fact("本次开启", "Opened here", joined(*words(SEGMENTS, facts.segment)))]


def stages_section(stages: tuple[StageFacts, ...], width: float) -> list[Flowable]:
    """The agency's stage statements before this opening: who went on, who was rejected and why."""
    story: list[Flowable] = []
    for number, stage in enumerate(stages):
        if number:
            story.append(Spacer(1, 9))
        zh, en = words(SEGMENTS, stage.segment)
        said = bilingual(
            f"{zh}段：{stage.admitted} 份投标进入下一段，{len(stage.rejections)} 份被否决。"
            f"招标人于 {stamp(stage.stated_at)} 签署阶段评审书。",
            f"{en}: {stage.admitted} bid(s) go on, {len(stage.rejections)} rejected. Stage statement signed "
            f"by the agency, logged {stamp(stage.stated_at)} UTC+8.",
            9,
            before=3,
        )
        head: list[Flowable] = [said, hexadecimal(stage.statement_digest)]
        if not stage.rejections:
            story.append(KeepTogether(head))
        else:
            columns = [Column("被否决的投标人", "Bidder rejected", 180), Column("理由", "Reason", None)]
            rows = [
                Row((bidder, [text(reason or DASH, 8.6, lead=1.35)]), muted=True)
                for bidder, reason in stage.rejections
            ]
            whole = [*head, Spacer(1, 4), listing(columns, rows, width)]
            story += [KeepTogether(whole)] if len(rows) <= _SHORT else [CondPageBreak(_ROOM), *whole]
    return story

