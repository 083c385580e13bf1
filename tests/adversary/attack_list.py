"""The list of the adversary's attacks, and how one is entered in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.adversary.forger import Forger
from tests.adversary.moments import Moment
from tests.adversary.parties import Book, Party
from tests.adversary.world import World

C, S, W, V = Party.CUSTODIAN, Party.SUPPLIER, Party.WITNESS, Party.VERIFIER
A, R = Party.AGENCY, Party.READER

Run = Callable[[World, Forger], Book]


@dataclass(frozen=True)
class Attack:
    """One attack: its title on the page, the parties that must find it, and how it runs; `when`, where that
    is not when they do otherwise."""

    title: str
    moment: Moment
    by: frozenset[Party]
    why: str
    run: Run = field(repr=False)
    when: str = ""

    @property
    def name(self) -> str:
        return self.run.__name__


ATTACKS: list[Attack] = []


def attack(
    title: str, moment: Moment, *by: Party, why: str = "", when: str = ""
) -> Callable[[Run], Run]:
    """Enter an attack in the list; with nobody who finds it, it needs a `why`."""

    def enter(run: Run) -> Run:
        ATTACKS.append(Attack(title, moment, frozenset(by), why, run, when))
        return run

    return enter
