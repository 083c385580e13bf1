"""The adversary's attacks: each is found by the parties that `attacks.py` names."""

from __future__ import annotations

import pytest

from tests.adversary.attacks import ATTACKS, Attack
from tests.adversary.forger import Forger
from tests.adversary.moments import Moment
from tests.adversary.parties import everybody
from tests.adversary.world import World


@pytest.mark.parametrize("moment", list(Moment))
def test_without_an_attack_nobody_finds_anything(world: World, moment: Moment) -> None:
    world.at(moment)
    assert everybody(world).found == []
    if moment is not Moment.DRAFTED:
        assert world.awarded() == world.winner.bid


@pytest.mark.parametrize("attack", ATTACKS, ids=[one.name for one in ATTACKS])
def test_an_attack_is_found(world: World, attack: Attack) -> None:
    world.at(attack.moment)
    book = attack.run(world, Forger(world))
    missed = attack.by - book.parties
    assert not missed, f"{', '.join(sorted(missed))} did not find it; found: {book.found}"
    assert bool(attack.by) != bool(attack.why), "somebody finds it, or the page says why nobody does"
    assert attack.by or not book.found, f"it is found now, say so in attacks.py: {book.found}"


def test_names_are_each_attacks_own() -> None:
    names = [one.name for one in ATTACKS]
    assert len(set(names)) == len(names)
