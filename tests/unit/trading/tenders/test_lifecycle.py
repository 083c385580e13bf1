"""Every pair of state and event, every guard from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trading.errors import Conflict, TradingError
from trading.tenders.lifecycle import TRANSITIONS, Event, Facts, State, statement_of, transition
from trading.web.messages import MESSAGES

DEADLINE = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=1)

# The whole machine again, as a person reads it in the design.
WANTED = {
    ("draft", "publish"): ("published", "notice"),
    ("published", "amend"): ("published", "notice"),
    ("published", "close"): ("closed", "closing"),
    ("closed", "freeze"): ("opening", "release-set"),
    ("opening", "record"): ("opened", "opening-record"),
    ("opened", "evaluate"): ("evaluated", "evaluation"),
    ("evaluated", "award"): ("awarded", "award"),
    ("closed", "fail"): ("failed", "failure"),
    ("opened", "fail"): ("failed", "failure"),
    ("evaluated", "fail"): ("failed", "failure"),
    ("published", "cancel"): ("cancelled", "cancellation"),
    ("opening", "record-stage"): ("judging", "opening-record"),
    ("judging", "admit"): ("closed", "stage"),
    ("judging", "fail"): ("failed", "failure"),
    ("judging", "cancel"): ("cancelled", "cancellation"),
    ("closed", "cancel"): ("cancelled", "cancellation"),
    ("opened", "cancel"): ("cancelled", "cancellation"),
    ("evaluated", "cancel"): ("cancelled", "cancellation"),
}

GOOD = {
    Event.PUBLISH: Facts(now=DEADLINE - TICK, deadline=DEADLINE),
    Event.AMEND: Facts(now=DEADLINE - TICK, deadline=DEADLINE, new_deadline=DEADLINE + timedelta(days=1)),
    Event.CLOSE: Facts(now=DEADLINE, deadline=DEADLINE),
    Event.FREEZE: Facts(suppliers=3, minimum=3, releases=2, threshold=2),
    Event.RECORD: Facts(pending=0),
    Event.RECORD_STAGE: Facts(pending=0),
    Event.ADMIT: Facts(),
    Event.EVALUATE: Facts(),
    Event.AWARD: Facts(responsive=1),
    Event.FAIL: Facts(reason="fewer than three bidders"),
    Event.CANCEL: Facts(reason="the road is not built"),
}

BAD = [
    (Event.PUBLISH, {"now": DEADLINE}, "state-too-late"),
    (Event.PUBLISH, {"now": None}, "state-fact-unknown"),
    (Event.PUBLISH, {"deadline": None}, "state-fact-unknown"),
    (Event.AMEND, {"now": DEADLINE}, "state-too-late"),
    (Event.AMEND, {"new_deadline": DEADLINE - TICK}, "state-too-late"),
    (Event.AMEND, {"new_deadline": None}, "state-fact-unknown"),
    (Event.CLOSE, {"now": DEADLINE - TICK}, "state-too-early"),
    (Event.CLOSE, {"now": None}, "state-fact-unknown"),
    (Event.FREEZE, {"suppliers": 2}, "state-too-few-bidders"),
    (Event.FREEZE, {"releases": 1}, "state-too-few-releases"),
    (Event.FREEZE, {"releases": None}, "state-fact-unknown"),
    (Event.RECORD, {"pending": 1}, "state-bids-pending"),
    (Event.RECORD_STAGE, {"pending": 1}, "state-bids-pending"),
    (Event.RECORD, {"pending": None}, "state-fact-unknown"),
    (Event.AWARD, {"responsive": 0}, "state-no-responsive-bid"),
    (Event.AWARD, {"responsive": None}, "state-fact-unknown"),
    (Event.FAIL, {"reason": None}, "state-reason-missing"),
    (Event.CANCEL, {"reason": "  "}, "state-reason-missing"),
]


def good(event: Event) -> Facts:
    return replace(GOOD[event], statement=statement_of(event))


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_every_pair_leads_where_the_design_says_or_is_refused(state: State, event: Event) -> None:
    wanted = WANTED.get((state.value, event.value))
    if wanted is None:
        with pytest.raises(Conflict) as refusal:
            transition(state, event, good(event))
        assert refusal.value.code == "state-refuses"
        assert refusal.value.params == {"state": state.value, "event": event.value}
    else:
        assert transition(state, event, good(event)) is State(wanted[0])


@pytest.mark.parametrize(("state", "event"), sorted(TRANSITIONS))
def test_no_transition_without_its_own_statement(state: State, event: Event) -> None:
    wanted = WANTED[state.value, event.value][1]
    for other in {None, *(statement for _, statement in WANTED.values())} - {wanted}:
        with pytest.raises(TradingError) as refusal:
            transition(state, event, replace(GOOD[event], statement=other))
        assert refusal.value.code == "state-statement"


@pytest.mark.parametrize(("event", "change", "code"), BAD)
def test_each_guard_refuses(event: Event, change: dict[str, object], code: str) -> None:
    for state, of in TRANSITIONS:
        if of is event:
            with pytest.raises(TradingError) as refusal:
                transition(state, event, replace(good(event), **change))  # type: ignore[arg-type]
            assert refusal.value.code == code
            assert code in MESSAGES


def test_nothing_follows_a_final_state() -> None:
    final = {state for state in State if not any(of is state for of, _ in TRANSITIONS)}
    assert final == {state for state in State if state.final}


def test_only_a_draft_is_not_public() -> None:
    assert [state for state in State if not state.public] == [State.DRAFT]
