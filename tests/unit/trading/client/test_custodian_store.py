"""A custodian's store: enrolment that may break off, keys that stay with their tenders, taking over."""

from __future__ import annotations

from pathlib import Path

import pytest

from signing.keys import require_p256, spki
from tests.bids_factory import World
from trading.client.custodian_import import import_state
from trading.client.custodian_state import CustodianState, StateConflict
from trading.client.custodian_store import Store, Trusted
from trading.client.errors import ClientError

PASSPHRASE = "a long passphrase"
TENDER = "ab" * 16
KEY = "sunseal.local/log+00000000+AA=="


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=11)


def filled(folder: Path, world: World) -> Store:
    store = Store.begin(folder, PASSPHRASE)
    store.pin(Trusted("https://trading.example", (world.root.certificate,), KEY, None))
    store.keep_token("sst_secret")
    store.add_signers([world.custodians[0].signer])
    return store


def test_nothing_of_it_is_readable(tmp_path: Path, world: World) -> None:
    store = filled(tmp_path / "store", world)
    store.keys.make(TENDER)
    again = Store.open(tmp_path / "store", PASSPHRASE)
    assert again.keys.id == world.custodians[0].id
    assert again.token == "sst_secret"
    assert again.trusted == Trusted("https://trading.example", (world.root.certificate,), KEY, None)
    assert again.state.read_shared("log-key") == KEY.encode()
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            assert b"PRIVATE" not in path.read_bytes() and b"sst_" not in path.read_bytes(), path
            assert path.stat().st_mode & 0o077 == 0, path


def test_an_enrolment_that_broke_off_goes_on(tmp_path: Path, world: World) -> None:
    Store.begin(tmp_path, PASSPHRASE)
    with pytest.raises(ClientError, match="damaged"):
        _ = Store.open(tmp_path, PASSPHRASE).keys
    with pytest.raises(ClientError, match="passphrase"):
        Store.begin(tmp_path, "quite another one")
    filled(tmp_path, world)
    with pytest.raises(ClientError, match="holds a store already"):
        Store.begin(tmp_path, PASSPHRASE)


def test_one_process_at_a_time(tmp_path: Path, world: World) -> None:
    store = filled(tmp_path, world)
    other = Store.open(tmp_path, PASSPHRASE)
    with store.alone(), pytest.raises(ClientError, match="Stop the agent first"), other.alone():
        raise AssertionError("two at once")
    with store.alone():
        pass


def test_a_renewed_key_leaves_the_old_one_to_its_tenders(tmp_path: Path, world: World) -> None:
    store = filled(tmp_path, world)
    old, new = (each.signer for each in world.custodians[:2])
    store.add_signers([new])
    keys = store.keys
    assert keys.signer.certificate == new.certificate
    for signer in (old, new):
        found = keys.signer_of(spki(require_p256(signer.certificate.public_key())))
        assert found is not None and found.certificate == signer.certificate
    stranger = world.custodians[2].signer.certificate.public_key()
    assert keys.signer_of(spki(require_p256(stranger))) is None


def test_a_plain_folder_is_taken_over_and_its_secrets_erased(tmp_path: Path, world: World) -> None:
    plain = CustodianState(tmp_path / "plain")
    plain.write(TENDER, "seed", b"s" * 32)
    plain.write(TENDER, "closing", b"digest")
    plain.write_shared("log.json", b"{}")
    store = filled(tmp_path / "store", world)
    import_state(tmp_path / "plain", store.state)
    assert store.state.read(TENDER, "seed") == b"s" * 32
    assert store.state.read(TENDER, "closing") == b"digest"
    assert store.state.read_shared("log.json") == b"{}"
    assert plain.read(TENDER, "seed") is None and plain.read(TENDER, "closing") == b"digest"
    import_state(tmp_path / "plain", store.state)
    plain.write(TENDER, "closing", b"another")
    with pytest.raises(StateConflict):
        import_state(tmp_path / "plain", store.state)
    with pytest.raises(ClientError, match="no tenders"):
        import_state(tmp_path / "nothing", store.state)
