"""The facts of documents from a package alone, and what is taken from the document that is checked."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest

from bids.entries import Who, build_entry
from bids.package import Package, read_package
from bids.trust import Trust
from bids.verification.anchors import read_trust
from bids.verification.findings import Book
from signing import merkle
from tests.bids_factory import World
from tests.package_factory import Case
from trading.custody.standing import MISSING, Standing
from trading.evidence import repeating
from trading.evidence.printed import Garbled, Printed
from trading.evidence.repeating import Repeated, root_until

ADDRESS = "https://trade.example.gov.cn/sun"


@pytest.fixture(scope="module")
def case() -> Case:
    """An award in which the third custodian's release was refused, in a log that goes on."""
    case = Case(World(seed=71))
    case.close()
    who = Who("0" * 32, case.world.custodians[2].id, "custodian")
    case.world.log(build_entry(at=case.later(), act="custody.refused", tender=case.tender.id, who=who))
    case.release((0, 1))
    case.open()
    case.evaluate({case.outcomes[0].bid: "没有许可"})
    case.award()
    return case


@pytest.fixture(scope="module")
def package(case: Case) -> Package:
    return read_package(io.BytesIO(case.package()))


@pytest.fixture(scope="module")
def trust(case: Case, package: Package) -> Trust:
    trust = read_trust(package, Book(), None, case.world.log_signer.vkey)
    assert trust is not None
    return trust


def printed(text: str, title: str = "开标记录 Record of bid opening · 2026-007") -> Printed:
    """A document of that text."""
    made = Printed(b"", title, "", "", "", datetime(2026, 3, 5, tzinfo=UTC))
    made.__dict__.update(ending="".join(text.split()), lines=text)
    return made


def test_what_the_package_has_is_not_asked_of_the_document(
    case: Case, package: Package, trust: Trust
) -> None:
    facts = Repeated(package, trust, printed("nothing"))
    opening, award, notice = facts.opening(), facts.award(), facts.award_notice()
    names = {who.id: who.party.organisation_name for who in case.world.suppliers}
    assert [bid.supplier for bid in opening.bids] == [names[row.supplier] for row in facts.record.bids]
    assert {bid.bid_id: bid.received_at for bid in opening.bids} == {
        bid.bid: bid.received_at for bid in case.checked.current
    }
    assert case.ranking is not None and award.winner == case.ranking.winner
    assert notice.winner.total == next(row.total for row in award.ranking if row.bid_id == award.winner)
    assert notice.winner.organisation.startswith("CN-USCC:")
    assert (opening.withdrawn, opening.replaced, opening.tender.number) == (0, 0, "2026-007")
    assert [each.released for each in opening.tender.policy.custodians] == [True, True, False]
    assert opening.public_url == f"/tenders/{case.tender.id}/opening"


def test_the_checkpoint_is_the_logs_only_with_its_signature(
    case: Case, package: Package, trust: Trust
) -> None:
    def repeated(text: str) -> str:
        return Repeated(package, trust, printed(text)).opening().log.checkpoint

    index = Repeated(package, trust, printed("")).opening().log.index
    note = case.world.checkpoint(index + 1).decode()
    later = case.world.checkpoint(index + 2).decode()
    assert repeated(f"日志检查点 {note} 核验：") == note
    signature = note.split(" ")[-1]
    other = later.split(" ")[-1]
    for text in ("", later, note.replace(signature, other)):
        assert repeated(text) != note


def test_what_only_the_document_says_has_a_narrow_form_and_is_named(
    case: Case, package: Package, trust: Trust
) -> None:
    third = case.tender.notice.policy.custodians[2]
    stood = Standing(third.id, third.name, third.role, MISSING, "release-share", None)
    text = f"公开记录 {ADDRESS}/tenders/{case.tender.id}/opening {third.name} {' '.join(stood.words())}"
    facts = Repeated(package, trust, printed(text, "开标记录 Record of bid opening · 2026-007-3"))
    opening = facts.opening()
    assert opening.tender.number == "2026-007-3"
    assert opening.tender.policy.custodians[2].remark == stood.words()
    assert opening.public_url == f"{ADDRESS}/tenders/{case.tender.id}/opening"
    assert facts.taken == {"address": ADDRESS, "serial": "3", "refused": third.name}
    for number in ("2026-007-1", "2026-007-x", "2026-008"):
        assert Repeated(package, trust, printed(text, f"x · {number}")).number() == "2026-007"
    free = Repeated(package, trust, printed(f"{third.name} 未在规定时间内交出份额；一切正常"))
    assert free.opening().tender.policy.custodians[2].remark == Standing(
        third.id, third.name, third.role, MISSING, None, None
    ).words()


def test_a_last_day_is_the_documents_word_only_where_no_calendar_is(
    package: Package, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = printed("请自本通知书发出之日起 30 日内（即不迟于2026年4月4日），按照")
    facts, since = Repeated(package, trust, said), date(2026, 3, 5)
    assert facts.last_day("contract-days", since, 30) == date(2026, 4, 7), "after a holiday"
    assert facts.last_day("complaint-days", since, 10) is None, "where it says none, none is asked for"
    monkeypatch.setattr(repeating.Notices, "last_day", lambda *_: None)
    assert facts.last_day("contract-days", since, 30) == date(2026, 4, 4)
    assert facts.taken["last-day"] == "2026-04-04"
    facts._printed.__dict__["ending"] += "（自本通知书发出之日起算，至2026年3月15日）"
    assert facts.last_day("complaint-days", since, 10) == date(2026, 3, 15)
    assert facts.taken["last-day"] == "2026-04-04; 2026-03-15", "all of them are named"


def test_a_document_that_cannot_be_read_is_one_that_says_nothing(package: Package, trust: Trust) -> None:
    with pytest.raises(Garbled):
        Repeated(package, trust, Printed(b"%PDF-1.7", "", "", "", "", datetime(2026, 3, 5, tzinfo=UTC)))


def test_a_proof_gives_the_root_of_the_log_that_ended_with_its_entry() -> None:
    leaves = [merkle.leaf_hash(bytes([each])) for each in range(37)]
    nodes: dict[tuple[int, int], bytes] = {}
    for place, leaf in enumerate(leaves):
        made = merkle.append_nodes(place, leaf, lambda *at: nodes[at])
        nodes.update({(level, index): node for level, index, node in made})
    for size in range(1, len(leaves) + 1):
        for place in range(size):
            proof = merkle.inclusion_proof(place, size, lambda *at: nodes[at])
            root = root_until(place, size, leaves[place], tuple(proof))
            assert root == merkle.root(leaves[: place + 1]), (place, size)
