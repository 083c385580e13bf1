"""How often an address may send a wrong token."""

from __future__ import annotations

from trading.web.addresses import Attempts


class Moment:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_in_a_window_and_no_more() -> None:
    moment = Moment()
    wrong = Attempts(3, 60, moment)
    for second in range(3):
        moment.now = second
        assert wrong.count("a") is None
    moment.now = 10
    assert wrong.count("a") == 50
    assert wrong.count("b") is None
    moment.now = 60
    assert wrong.count("a") is None, "the first has left the window"
    assert wrong.count("a") == 1


def test_it_never_grows_without_bound() -> None:
    wrong = Attempts(3, 60, Moment())
    for number in range(10_050):
        wrong.count(str(number))
    assert len(wrong._moments) == 10_000
