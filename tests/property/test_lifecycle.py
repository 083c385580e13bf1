"""Whatever happens, in whatever order: the invariants of a tender's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from trading.errors import TradingError
from trading.tenders.lifecycle import Event, Facts, State, statement_of, transition

START = datetime(2026, 6, 1, tzinfo=UTC)
_small = st.none() | st.integers(0, 4)
_moment = st.none() | st.integers(0, 10).map(lambda hours: START + timedelta(hours=hours))

acts = st.sampled_from(Event).flatmap(
    lambda event: st.tuples(
        st.just(event),
        st.builds(
            Facts,
            statement=st.sampled_from([statement_of(event), statement_of(event), None, "award"]),
            now=_moment,
            deadline=_moment,
            new_deadline=_moment,
            suppliers=_small,
            minimum=_small,
            releases=_small,
            threshold=_small,
            pending=_small,
            responsive=_small,
            reason=st.sampled_from([None, "", "because"]),
        ),
    )
)

_ORDER = [
    State.DRAFT,
    State.PUBLISHED,
    State.CLOSED,
    State.OPENING,
    State.OPENED,
    State.EVALUATED,
    State.AWARDED,
]


@given(st.lists(acts, max_size=60))
@settings(max_examples=200)
def test_histories_only_move_forward_and_never_leave_an_end(history: list[tuple[Event, Facts]]) -> None:
    state = State.DRAFT
    passed = [state]
    for event, facts in history:
        try:
            after = transition(state, event, facts)
        except TradingError:
            continue
        assert not state.final
        assert facts.statement == statement_of(event)
        if event is Event.ADMIT:
            assert (state, after) == (State.JUDGING, State.CLOSED)  # the next segment's turn
        elif after in _ORDER:
            step = _ORDER.index(after) - _ORDER.index(state)
            assert step == 1 or (event is Event.AMEND and step == 0)
        state = after
        passed.append(state)
    if State.AWARDED in passed:
        assert set(_ORDER) <= set(passed)


@given(st.sampled_from(State), st.sampled_from(Event), acts)
@settings(max_examples=300)
def test_nothing_closes_early_and_nothing_opens_below_the_minimum(
    state: State, event: Event, act: tuple[Event, Facts]
) -> None:
    facts = act[1]
    try:
        after = transition(state, event, facts)
    except TradingError:
        return
    if after is State.CLOSED and event is not Event.ADMIT:
        assert facts.now is not None and facts.deadline is not None and facts.now >= facts.deadline
    if after is State.OPENING:
        assert facts.suppliers is not None and facts.minimum is not None and facts.suppliers >= facts.minimum
        assert (
            facts.releases is not None and facts.threshold is not None and facts.releases >= facts.threshold
        )
    if after is State.PUBLISHED:
        assert facts.now is not None and facts.deadline is not None and facts.now < facts.deadline
