"""Every refusal of tenders and submission has a sentence in both languages with the values it is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import trading.submission
import trading.tenders
from trading.submission.messages import MESSAGES as SUBMISSION
from trading.tenders.amendment_forms import AmendmentForm
from trading.tenders.forms import DraftForm, TermsForm
from trading.tenders.lifecycle import Event, State
from trading.tenders.messages import CHINESE
from trading.tenders.messages import MESSAGES as TENDERS
from trading.web.messages import MESSAGES, sentence

FOLDERS = [Path(each.__file__).parent for each in (trading.tenders, trading.submission)]
RAISED = re.compile(
    r"(?:TradingError|Conflict|NotFound|Forbidden)\(\s*\"([a-z-]+)\"|refuse\(\s*\"[a-z-]+\",\s*\"([a-z-]+)\""
)


def raised() -> set[str]:
    text = "\n".join(path.read_text("utf-8") for folder in FOLDERS for path in folder.glob("*.py"))
    return {code for found in RAISED.findall(text) for code in found if code}


def test_every_code_raised_has_its_sentences() -> None:
    found = raised()
    assert {"bid-late", "tender-not-found", "notice-disagrees", "rule-no-ceiling"} <= found
    assert found <= MESSAGES.keys()


@pytest.mark.parametrize("code", [*TENDERS, *SUBMISSION])
def test_both_languages_say_it_with_the_same_values(code: str) -> None:
    chinese, english = MESSAGES[code]
    assert re.search(r"[\u4e00-\u9fff]", chinese) and not re.search(r"[\u4e00-\u9fff]", english)
    assert set(re.findall(r"\{(\w+)\}", chinese)) == set(re.findall(r"\{(\w+)\}", english))


def test_states_and_events_are_named_in_chinese() -> None:
    assert CHINESE["state"].keys() == {*State} and CHINESE["event"].keys() >= {*Event}
    said = sentence("state-refuses", {"state": "awarded", "event": "award"}, "zh")
    assert said.startswith("标段当前状态为“已中标”，不能进行“定标”。")
    assert "state awarded, which does not allow award." in sentence(
        "state-refuses", {"state": "awarded", "event": "award"}, "en"
    )


@pytest.mark.parametrize("form", [DraftForm, AmendmentForm])
def test_every_refusal_beside_a_field_has_that_field(form: type[TermsForm]) -> None:
    assert set(form.beside.values()) <= set(vars(TermsForm)) | set(vars(form))
    assert form.beside.keys() <= MESSAGES.keys()


def test_no_sentence_is_there_for_nothing() -> None:
    text = "\n".join(path.read_text("utf-8") for folder in FOLDERS for path in folder.glob("*.py"))
    unused = [code for code in [*TENDERS, *SUBMISSION] if text.count(f'"{code}"') < 2]
    assert unused == []
