"""The scene, built once a run: whichever worker asks first makes it, and each opens a copy of its own."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from bids.notice import Notice
from signing.keys import load_private_pem, save_private_pem
from tests.browser.scenes import Scene, build
from tests.functional.opening_house import AFTER, OpeningHouse
from tests.postgres import locked

PARTIES = "parties.pickle"


def shared(factory: pytest.TempPathFactory) -> Path:
    """A folder of all the run's workers."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def of_this_run(factory: pytest.TempPathFactory) -> Path:
    """The folder that the run's workers copy."""
    place = shared(factory)
    kept = place / "scene"
    with locked(place / "scene.lock"):
        if not kept.exists():
            made = factory.mktemp("building")
            house = _house(made)
            scene = build(house)
            house.close()
            with (made / PARTIES).open("wb") as file:
                _Pickler(file).dump((scene.agency, scene.custodians, scene.suppliers, scene.tenders))
            made.rename(kept)
    return kept


def open_copy(kept: Path, folder: Path) -> Scene:
    """The scene on a copy of its database, storage and keys, the clock as far ahead as `build` leaves it."""
    shutil.copytree(kept, folder, dirs_exist_ok=True)
    house = _house(folder)
    house.clock.ahead(AFTER)
    return Scene(house, *pickle.loads((folder / PARTIES).read_bytes()))  # noqa: S301 (written above)


def _house(folder: Path) -> OpeningHouse:
    return OpeningHouse(folder, f"sqlite:///{folder / 'sunseal.db'}", default_language="zh")


def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)  # which pickle does not find by itself


class _Pickler(pickle.Pickler):
    """Parties and tenders as they are; keys, certificates and notices by their files."""

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, EllipticCurvePrivateKey):
            return load_private_pem, (save_private_pem(thing, None), None)
        if isinstance(thing, x509.Certificate):
            return _certificate, (thing.public_bytes(Encoding.DER),)
        if isinstance(thing, Notice):
            return Notice.parse, (thing.raw,)
        return NotImplemented
