"""An outside time-stamp authority that does not do as it should is passed over, and the next one stamps."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from signing import timestamp_messages as messages
from signing.timestamps import TimeStampAuthority
from tests.outside_stamper import Stamper, new_stamper
from tests.outside_tsa import Answer, outside_authority
from tests.unit.signing.test_timestamps import stamper as own_stamper
from trading.timestamps.authorities import Authorities, Outside

DIGEST = hashlib.sha256(b"the signature of a receipt").digest()
SECONDS = 0.4  # that an authority may take


@pytest.fixture(scope="module")
def good() -> Stamper:
    return new_stamper(datetime.now(UTC), "P-256")


@pytest.fixture(scope="module")
def expired() -> Stamper:
    """Its certificate ended long ago."""
    return new_stamper(datetime.now(UTC) - timedelta(days=2000), "P-256")


@pytest.fixture(scope="module")
def stranger() -> Stamper:
    return new_stamper(datetime.now(UTC), "P-256")


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set when the test is over: a slow authority waits for it."""
    event = threading.Event()
    yield event
    event.set()


def granting(
    who: Stamper, imprint: bytes | None = None, ahead: timedelta = timedelta(0), off: int = 0
) -> Answer:
    """It stamps, but perhaps something else, at another time, or under another nonce."""

    def answer(asked: bytes, nonce: int) -> bytes:
        at = datetime.now(UTC) + ahead
        return messages.granted(who.stamp(imprint or asked, at, info={"nonce": nonce + off}))

    return answer


def always(reply: bytes) -> Answer:
    return lambda imprint, nonce: reply


LIES = {
    "garbage": "not a TimeStampResp",
    "nothing": "not a TimeStampResp",
    "refuses": "no policy for you",
    "too long": "bytes",
    "slow": "",
    "another digest": "imprints differ",
    "another nonce": "nonces differ",
    "its certificate is over": "expired",
    "its clock is wrong": "its time is",
    "nobody knows its root": "",
}


def lying(how: str, good: Stamper, expired: Stamper, stranger: Stamper, over: threading.Event) -> Answer:
    def slowly(imprint: bytes, nonce: int) -> bytes:
        over.wait(10)
        return granting(good)(imprint, nonce)

    answers: dict[str, Answer] = {
        "garbage": always(b"\x30\x80garbage"),
        "nothing": always(b""),
        "refuses": always(messages.rejected("no policy for you", "unacceptedPolicy")),
        "too long": always(bytes(messages.MAX_MESSAGE + 1)),
        "slow": slowly,
        "another digest": granting(good, imprint=bytes(32)),
        "another nonce": granting(good, off=1),
        "its certificate is over": granting(expired),
        "its clock is wrong": granting(good, ahead=timedelta(minutes=-20)),
        "nobody knows its root": granting(stranger),
    }
    return answers[how]


@pytest.mark.parametrize("how", LIES)
def test_the_next_one_stamps(
    how: str, good: Stamper, expired: Stamper, stranger: Stamper, over: threading.Event
) -> None:
    answer = lying(how, good, expired, stranger, over)
    anchors = tuple(one for who in (good, expired) for one in (who.root, who.intermediate))
    with ExitStack() as stack:
        bad, asked = stack.enter_context(outside_authority(good, answer=answer))
        fine, _ = stack.enter_context(outside_authority(good))
        first, second = (Outside(url, anchors, SECONDS) for url in (bad, fine))
        own = TimeStampAuthority(own_stamper(), lambda: datetime.now(UTC))
        authorities, now = Authorities(own, (first, second, None)), datetime.now(UTC)
        with structlog.testing.capture_logs() as lines:
            found = authorities.stamp(DIGEST, now)
        assert found is not None and found[1] is not None, "neither nobody's nor our own"
        assert abs(found[1].time - now) < timedelta(minutes=1) and found[1].root == good.root
        assert len(asked.asked) == 1
        (line,) = lines
        assert line["url"] == bad and LIES[how] in line["reason"], line
        over.set()
