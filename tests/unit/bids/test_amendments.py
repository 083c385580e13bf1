"""What an amendment may change, alone and along the whole chain of a tender's notices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bids.amendments import chain_of, check_amendment, check_chain
from bids.custody import check_closed
from bids.notice import Notice
from tests.bids_factory import Tender, World, refused
from tests.package_factory import closed_tender

MINUTE = timedelta(minutes=1)


@pytest.fixture
def tender() -> Tender:
    return World(seed=41).tender()


def next_notice(tender: Tender, **changes: Any) -> Notice:
    """A notice that would take the place of the tender's, not published."""
    facts = {"at": tender.notice.at + MINUTE, "replaces": tender.notice.digest, **changes}
    return Notice.parse(tender.notice_bytes(**facts))


def test_words_may_change_and_with_a_new_policy_the_bill_too(tender: Tender) -> None:
    check_amendment(next_notice(tender, title="更正"), tender.notice)
    items = [{"number": "1", "code": "1", "description": "另一项", "unit": "t", "quantity": "7"}]
    policy = tender.policy(minimum_bidders=2)
    check_amendment(next_notice(tender, items=items, policy=policy), tender.notice)


def test_what_does_not_follow_the_notice_is_none(tender: Tender) -> None:
    with refused("amendment-not-successor"):
        check_amendment(next_notice(tender, replaces="0" * 64), tender.notice)
    other = tender.world.tender()
    with refused("amendment-not-successor"):
        check_amendment(next_notice(other, replaces=tender.notice.digest), tender.notice)
    buyer = {"id": "1" * 32, "organisation": tender.notice.buyer.organisation, "name": "别人"}
    with refused("amendment-not-successor"):
        check_amendment(next_notice(tender, buyer=buyer), tender.notice)


def test_it_comes_after_the_notice_and_before_the_deadline(tender: Tender) -> None:
    with refused("amendment-before-notice"):
        check_amendment(next_notice(tender, at=tender.notice.at), tender.notice)
    later = tender.notice.deadline + timedelta(days=1)
    tender.deadline = later
    policy = tender.policy()
    for at, code in ((0, "amendment-late"), (1, "amendment-late")):
        moment = tender.notice.deadline + timedelta(seconds=at)
        with refused(code):
            check_amendment(next_notice(tender, at=moment, deadline=later, policy=policy), tender.notice)
    just = tender.notice.deadline - timedelta(seconds=1)
    check_amendment(next_notice(tender, at=just, deadline=later, policy=policy), tender.notice)


def test_under_the_same_policy_the_bill_of_quantities_stands(tender: Tender) -> None:
    items = [{"number": "1", "code": "1", "description": "另一项", "unit": "t", "quantity": "7"}]
    for member, value in (("items", items), ("currency", "JPY"), ("sandbox", not tender.notice.sandbox)):
        changes = {member: value, **({"estimate": None, "ceiling": None} if member == "currency" else {})}
        with refused("amendment-same-policy", member=member):
            check_amendment(next_notice(tender, **changes), tender.notice)


def test_a_policy_that_was_replaced_never_comes_back(tender: Tender) -> None:
    first = tender.deadline
    tender.amend(deadline=first + timedelta(days=1))
    tender.amend(deadline=first)
    chain = chain_of(tender.notice, [notice for notice, _ in tender.old_notices])
    with refused("amendment-old-policy"):
        check_chain(chain)
    tender.close()
    with refused("amendment-old-policy"):
        check_closed(closed_tender(tender), tender.trust(), None, None)


def test_a_chain_has_no_gap_and_nothing_apart(tender: Tender) -> None:
    first = tender.notice
    tender.amend(title="更正一")
    second = tender.notice
    third = tender.amend(title="更正二")
    assert chain_of(third, [first, second]) == [third, second, first]
    check_chain([third, second, first])
    for earlier in ([first], [second], [first, second, tender.world.tender().notice]):
        with refused("amendment-not-successor"):
            chain_of(third, earlier)
