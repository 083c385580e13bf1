"""A comparison of documents in a terminal: every outcome in both languages, and nothing that acts there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bids.package import LOG_KEY
from tests.bids_factory import World
from tests.package_checks import rewrite
from tests.package_factory import Case
from trading.cli import sunseal
from trading.commands import documents
from trading.commands.documents import EXIT_OPEN, kind_of, sentence, show_compared
from trading.commands.group import Language
from trading.evidence.comparing import Compared, TextDifference, _text_differences

DETAIL = dict.fromkeys(("where", "reason", "title", "made", "here"), "x")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_outcome_has_its_words(lang: Language) -> None:
    codes = [*documents._WHY, "pdf-unsigned", "pdf-changed"]
    said = {sentence(Compared(None, "differs", code, DETAIL), lang) for code in codes}
    said |= {sentence(Compared(None, "same", exact=exact), lang) for exact in (True, False)}
    assert len(said) == len(codes) + 2 and not any("{" in each for each in said)
    assert all(kind_of(Compared(kind, "same"), lang) for kind in documents._KINDS)
    assert kind_of(Compared(None, "differs", "other-document"), lang) == ""


def test_what_does_not_hold_decides_and_a_terminal_obeys_no_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    same = Compared("award-notice", "same", taken={"platform": "\x1b[2J好", "serial": "2"})
    odd = Compared("award-report", "incomparable", "other-version", DETAIL)
    false = Compared("opening-record", "differs", "words", texts=(TextDifference(2, "a\x1b[1m", ""),))
    assert show_compared({"a.pdf": same}, "en") == 0
    assert show_compared({"a.pdf": same, "b.pdf": odd}, "en") == EXIT_OPEN
    capsys.readouterr()
    assert show_compared({"a.pdf": same, "b.pdf": odd, "c.pdf": false}, "en") == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said and "[not checked] b.pdf" in said and "[FAILED] c.pdf" in said
    assert "page 2  document: a�[1m\n" in said and "record:   –" in said
    assert "no. 2 of its project" in said


def test_a_page_that_goes_on_for_ever_is_read_as_far_as_an_honest_one_goes() -> None:
    found = list(_text_differences(["a\nb"], ["a\nc" + "\nb" * 50_000]))
    assert found[0].page == 1 and sum(len(each.document) for each in found) < 2000


def test_the_log_that_a_policy_names_is_that_of_the_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though the package has rubbish in its key's place."""
    case = Case(World(seed=72)).run()
    package, policy = tmp_path / "evidence.zip", tmp_path / "policy"
    package.write_bytes(rewrite(case.package(), {LOG_KEY: b"rubbish"}))
    policy.write_text(f"log {case.world.log_signer.vkey}\nquorum none\n")
    status = sunseal.run(["verify", str(package), "--policy", str(policy), "--lang", "en"])
    said = capsys.readouterr()
    assert "PDF documents against the signed record:" in said.out and not said.err, said.err
    assert status in (0, 1) and "Not compared" not in said.out
