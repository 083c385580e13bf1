"""Key files: a signer, and the root its owner trusts."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signing.certificates import dump_pem
from signing.keys import save_pkcs12
from tests.bids_factory import World
from trading.client.errors import ClientError
from trading.client.keyfile import KeyFile, read_lists, read_roots


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=5)


def key_file(world: World, path: Path, with_root: bool = True) -> Path:
    signer = world.suppliers[0].signer
    chain = (*signer.chain, world.root.certificate) if with_root else signer.chain
    path.write_bytes(save_pkcs12(signer.key, signer.certificate, chain, b"secret"))
    return path


def test_roots_lie_beside_the_key(world: World, tmp_path: Path) -> None:
    key = KeyFile.read(key_file(world, tmp_path / "a.p12"), b"secret")
    assert key.roots == world.roots
    assert key.signer.chain == world.suppliers[0].signer.chain, "a signature embeds no root"
    assert key.party.id == world.suppliers[0].id
    assert KeyFile.read(key_file(world, tmp_path / "b.p12", False), b"secret").roots == ()


def test_wrong_password_and_damage_are_told_alike(world: World, tmp_path: Path) -> None:
    path = key_file(world, tmp_path / "a.p12")
    for password, data in ((b"wrong", path.read_bytes()), (b"secret", b"rubbish")):
        path.write_bytes(data)
        with pytest.raises(ClientError) as error:
            KeyFile.read(path, password)
        assert error.value.code == "key-file-password"
        assert "wrong" not in error.value.params.values() and "secret" not in str(error.value)


def test_of_role(world: World, tmp_path: Path) -> None:
    key = KeyFile.read(key_file(world, tmp_path / "a.p12"), b"secret")
    assert key.of_role("supplier") is key
    with pytest.raises(ClientError, match="custodian is needed"):
        key.of_role("custodian")


def test_read_roots(world: World, tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(dump_pem(world.roots))
    assert read_roots(path) == world.roots
    path.write_bytes(b"no PEM")
    with pytest.raises(ClientError) as error:
        read_roots(path)
    assert error.value.code == "pem-malformed"


def test_read_lists(world: World, tmp_path: Path) -> None:
    path, der = tmp_path / "crl", world.crl.public_bytes(Encoding.DER)
    for data in (der, world.crl.public_bytes(Encoding.PEM) * 2):
        path.write_bytes(data)
        assert [crl.public_bytes(Encoding.DER) for crl in read_lists(path)] == [der]
    for data in (b"", b"no list", dump_pem(world.roots), der[:-1]):
        path.write_bytes(data)
        with pytest.raises(ClientError) as error:
            read_lists(path)
        assert error.value.code == "crl-file-malformed" and "PEM" in error.value.text("zh")
