"""The life of a tender as a pure state machine: state, event and facts in, the new state out.

Each transition has a guard over the facts and demands one signed statement, which the caller
must hold before it writes the new state down. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trading.errors import Conflict, TradingError


class State(StrEnum):
    """Where a tender is in its life.

    A tender of several segments goes from CLOSED through OPENING to JUDGING for each before the last: its
    bids are open that far, the agency judges who goes on, and with its stage statement the tender is CLOSED
    again, now for the next segment.
    """

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    OPENING = "opening"
    JUDGING = "judging"
    OPENED = "opened"
    EVALUATED = "evaluated"
    AWARDED = "awarded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return self in (State.AWARDED, State.FAILED, State.CANCELLED)

    @property
    def public(self) -> bool:
        """Whether everybody may see the tender."""
        return self is not State.DRAFT


class Event(StrEnum):
    """What can happen to a tender."""

    PUBLISH = "publish"
    AMEND = "amend"
    CLOSE = "close"
    FREEZE = "freeze"
    RECORD = "record"
    RECORD_STAGE = "record-stage"
    ADMIT = "admit"
    EVALUATE = "evaluate"
    AWARD = "award"
    FAIL = "fail"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Facts:
    """What guards look at; None is "not known", which no guard takes for "none".

    Attributes:
        statement: the name of the signed statement at hand: the `<name>` of `sunseal/<name>/v1`.
        now: the database's clock, read under the tender's lock.
        deadline: of the notice in force.
        new_deadline: of the notice that would replace it.
        suppliers: distinct suppliers of current bids at closing.
        minimum: the policy's minimum number of bidders.
        releases: custodians whose release is at hand.
        threshold: how many of them open a bid.
        pending: current bids whose opening was not tried yet.
        responsive: bids that the evaluation left in the ranking.
        reason: why it fails or is cancelled, for people.
    """

    statement: str | None = None
    now: datetime | None = None
    deadline: datetime | None = None
    new_deadline: datetime | None = None
    suppliers: int | None = None
    minimum: int | None = None
    releases: int | None = None
    threshold: int | None = None
    pending: int | None = None
    responsive: int | None = None
    reason: str | None = None


Guard = Callable[[Facts], None]


@dataclass(frozen=True)
class Transition:
    """Where an event leads, the statement that makes it so, and what must hold before."""

    target: State
    statement: str
    guard: Guard


def transition(state: State, event: Event, facts: Facts) -> State:
    """The state after `event`.

    Raises:
        Conflict: the event is not possible in this state ("state-refuses").
        TradingError: the statement is missing ("state-statement") or a guard refuses ("state-…").
    """
    found = TRANSITIONS.get((state, event))
    if found is None:
        raise Conflict("state-refuses", state=state.value, event=event.value)
    if facts.statement != found.statement:
        raise TradingError("state-statement", event=event.value, statement=found.statement)
    found.guard(facts)
    return found.target


def statement_of(event: Event) -> str:
    """The name of the signed statement that `event` demands."""
    return next(each.statement for (_, of), each in TRANSITIONS.items() if of is event)


def _known(value: datetime | int | None, name: str) -> None:
    if value is None:
        raise TradingError("state-fact-unknown", fact=name)


def _before_deadline(facts: Facts) -> None:
    _known(facts.now, "now")
    _known(facts.deadline, "deadline")
    if facts.now >= facts.deadline:  # type: ignore[operator]
        raise TradingError("state-too-late", deadline=facts.deadline)


def _amendable(facts: Facts) -> None:
    _before_deadline(facts)
    _known(facts.new_deadline, "new_deadline")
    if facts.now >= facts.new_deadline:  # type: ignore[operator]
        raise TradingError("state-too-late", deadline=facts.new_deadline)


def _deadline_passed(facts: Facts) -> None:
    _known(facts.now, "now")
    _known(facts.deadline, "deadline")
    if facts.now < facts.deadline:  # type: ignore[operator]
        raise TradingError("state-too-early", deadline=facts.deadline)


def _released(facts: Facts) -> None:
    for name in ("suppliers", "minimum", "releases", "threshold"):
        _known(getattr(facts, name), name)
    if facts.suppliers < facts.minimum:  # type: ignore[operator]
        raise TradingError("state-too-few-bidders", minimum=facts.minimum)
    if facts.releases < facts.threshold:  # type: ignore[operator]
        raise TradingError("state-too-few-releases", releases=facts.releases, threshold=facts.threshold)


def _all_tried(facts: Facts) -> None:
    _known(facts.pending, "pending")
    if facts.pending:
        raise TradingError("state-bids-pending", pending=facts.pending)


def _nothing_more(facts: Facts) -> None:
    return None


def _has_responsive(facts: Facts) -> None:
    _known(facts.responsive, "responsive")
    if not facts.responsive:
        raise TradingError("state-no-responsive-bid")


def _reasoned(facts: Facts) -> None:
    if not facts.reason or not facts.reason.strip():
        raise TradingError("state-reason-missing")


TRANSITIONS: Mapping[tuple[State, Event], Transition] = {
    (State.DRAFT, Event.PUBLISH): Transition(State.PUBLISHED, "notice", _before_deadline),
    (State.PUBLISHED, Event.AMEND): Transition(State.PUBLISHED, "notice", _amendable),
    (State.PUBLISHED, Event.CLOSE): Transition(State.CLOSED, "closing", _deadline_passed),
    (State.CLOSED, Event.FREEZE): Transition(State.OPENING, "release-set", _released),
    (State.OPENING, Event.RECORD_STAGE): Transition(State.JUDGING, "opening-record", _all_tried),
    (State.JUDGING, Event.ADMIT): Transition(State.CLOSED, "stage", _nothing_more),
    (State.OPENING, Event.RECORD): Transition(State.OPENED, "opening-record", _all_tried),
    (State.OPENED, Event.EVALUATE): Transition(State.EVALUATED, "evaluation", _nothing_more),
    (State.EVALUATED, Event.AWARD): Transition(State.AWARDED, "award", _has_responsive),
    # A tender fails at closing (too few bidders), when a record is made, after a stage statement that admits
    # too few, or after the evaluation.
    (State.CLOSED, Event.FAIL): Transition(State.FAILED, "failure", _reasoned),
    (State.JUDGING, Event.FAIL): Transition(State.FAILED, "failure", _reasoned),
    (State.OPENED, Event.FAIL): Transition(State.FAILED, "failure", _reasoned),
    (State.EVALUATED, Event.FAIL): Transition(State.FAILED, "failure", _reasoned),
    # Not while bids are being opened: that takes seconds and ends in OPENED, where it can be cancelled.
    (State.PUBLISHED, Event.CANCEL): Transition(State.CANCELLED, "cancellation", _reasoned),
    (State.CLOSED, Event.CANCEL): Transition(State.CANCELLED, "cancellation", _reasoned),
    (State.JUDGING, Event.CANCEL): Transition(State.CANCELLED, "cancellation", _reasoned),
    (State.OPENED, Event.CANCEL): Transition(State.CANCELLED, "cancellation", _reasoned),
    (State.EVALUATED, Event.CANCEL): Transition(State.CANCELLED, "cancellation", _reasoned),
}
