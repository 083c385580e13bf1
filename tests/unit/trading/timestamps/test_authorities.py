"""Outside time-stamp authorities: which is asked, which is left alone, and what the settings must say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing.certificates import dump_pem
from signing.timestamps import TimeStamp, TimeStampAuthority
from tests.outside_stamper import new_stamper
from tests.unit.signing.test_timestamps import stamper
from trading.config import Settings, read_settings
from trading.errors import ConfigurationError
from trading.keys import ensure_keys
from trading.timestamps.authorities import (
    FAILURES,
    Authorities,
    Breaker,
    Outside,
    StampFailed,
    make_authorities,
)

NOW = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)


class Moment:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_after_failures_it_rests_longer_and_longer_and_one_request_tries_it() -> None:
    clock = Moment()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        assert breaker.admits() and not breaker.resting
        breaker.failed()
    assert breaker.resting and not breaker.admits()
    for rest in (30, 60, 120, 240, 480, 600, 600):
        clock.seconds += rest - 1
        assert not breaker.admits()
        clock.seconds += 1
        assert breaker.admits() and not breaker.admits(), "one request tries it"
        breaker.failed()
    clock.seconds += 600
    assert breaker.admits()
    breaker.succeeded()
    assert not breaker.resting and breaker.admits() and breaker.admits()


class Scripted(Outside):
    """An outside authority that answers as a test says."""

    def __init__(self, works: bool) -> None:
        super().__init__("https://tsa.example/", (), 1)
        self.works = works
        self.asked = 0

    def stamp(self, sha256: bytes, now: datetime) -> tuple[bytes, TimeStamp]:
        self.asked += 1
        if not self.works:
            raise StampFailed("down")
        return b"token", None  # type: ignore[return-value]


def own() -> TimeStampAuthority:
    return TimeStampAuthority(stamper(), lambda: NOW)


def test_the_first_that_answers_stamps() -> None:
    down, up, never = Scripted(False), Scripted(True), Scripted(True)
    authorities = Authorities(own(), (down, up, None, never))
    assert authorities.later and not authorities.at_once and authorities.outside == (down, up, never)
    for _ in range(FAILURES + 2):
        assert authorities.stamp(bytes(32), NOW) == (b"token", None)
    assert (down.asked, up.asked, never.asked) == (FAILURES, FAILURES + 2, 0)
    fallen_back = Authorities(own(), (Scripted(False), None)).stamp(bytes(32), NOW)
    assert fallen_back is not None and fallen_back[1] is None and len(fallen_back[0]) > 1000
    assert Authorities(own(), (Scripted(False),)).stamp(bytes(32), NOW) is None
    none = Authorities(own(), ())
    assert none.stamp(bytes(32), NOW) is None and not none.later and not none.at_once


def test_nobody_answers_at_a_dead_address() -> None:
    with pytest.raises(StampFailed):
        Outside("http://127.0.0.1:9/", (), 0.5).stamp(bytes(32), NOW)


def test_outside_authorities_need_their_roots(tmp_path: Path) -> None:
    keys = ensure_keys(tmp_path / "keys", "log.example.org", NOW)
    tsa = new_stamper(NOW, "P-256")
    roots, middle = tmp_path / "roots.pem", tmp_path / "middle.pem"
    roots.write_bytes(dump_pem([tsa.root]))
    middle.write_bytes(dump_pem([tsa.intermediate]))
    for file in (None, tmp_path / "missing.pem", middle):
        settings = Settings(tsa_urls="https://tsa.example/ own", tsa_roots_file=file)
        with pytest.raises(ConfigurationError, match="tsa_roots_file"):
            make_authorities(settings, keys, lambda: NOW)
    made = make_authorities(
        Settings(tsa_urls="https://a.example/, https://b.example/tsr own", tsa_roots_file=roots),
        keys, lambda: NOW,
    )  # fmt: skip
    assert [one.url for one in made.outside] == ["https://a.example/", "https://b.example/tsr"]
    assert make_authorities(Settings(), keys, lambda: NOW + timedelta(days=1)).at_once


def test_what_is_no_address_stops_the_start() -> None:
    for wrong in ("ftp://tsa.example/", "tsa.example", "own https://"):
        with pytest.raises(ConfigurationError, match="tsa_urls"):
            read_settings({"sunseal.tsa_urls": wrong}, {})
    assert read_settings({"sunseal.tsa_urls": ""}, {}).tsa_order == ()
