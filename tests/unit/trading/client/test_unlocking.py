"""A bidder that waits and unlocks by itself: what may pass is waited for, what is wrong ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from bids.errors import BidError
from bids.unlock_file import UnlockFile
from signing.encoding import format_time
from tests.bids_factory import NOW
from trading.client.api import ApiProblem
from trading.client.errors import ClientError
from trading.client.transport import ConnectionFailed
from trading.client.unlocking import Unlocked, Unlocker

FILE = UnlockFile("ab" * 16, "cd" * 16, format_time(NOW), bytes(32))
DONE = Unlocked(NOW, b"receipt")
PASSING = [
    ConnectionFailed("断开", "broken"),
    ApiProblem(502, {}),
    ApiProblem(429, {}),
    BidError("opening-early", opens_at=format_time(NOW)),
    BidError("unlock-not-frozen"),
    ClientError("log-gap", position=1),
]


class Platform:
    """Answers in turn; what is an error is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def raw(self, path: str) -> bytes:
        raise ConnectionFailed("断开", "broken")

    def get(self, path: str) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def unlocker(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Unlocker:
    class Follower:
        def follow(self) -> None:
            platform.raw("/log/checkpoint")

    made = Unlocker(cast(Any, platform), (), cast(Any, Follower()), lambda: NOW)
    monkeypatch.setattr(made, "unlock", lambda file: platform.get("unlock"))
    return made


def test_what_may_pass_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    down = [ConnectionFailed("断开", "broken"), ApiProblem(503, {}), ApiProblem(429, {})]
    own = unlocker(Platform(*down, {"state": "open"}), monkeypatch)
    pauses: list[float] = []
    assert own.wait(FILE, pauses.append, lambda state: None) == {"state": "open"}
    assert len(pauses) == len(down)
    own = unlocker(Platform(*PASSING, DONE), monkeypatch)
    assert own.unlock_in_time(FILE, NOW + timedelta(minutes=1), lambda seconds: None) is DONE


def test_what_does_not_pass_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = ApiProblem(401, {"code": "token-invalid"})
    with pytest.raises(ApiProblem):
        unlocker(Platform(refused), monkeypatch).wait(FILE, lambda seconds: None, lambda state: None)
    until = NOW + timedelta(minutes=1)
    for error in (refused, BidError("log-rewritten", old=2, new=1)):
        with pytest.raises(type(error)):
            unlocker(Platform(error), monkeypatch).unlock_in_time(FILE, until, lambda seconds: None)
    # When the window is over nothing passes any more.
    with pytest.raises(BidError):
        unlocker(Platform(PASSING[3]), monkeypatch).unlock_in_time(FILE, NOW, lambda seconds: None)
