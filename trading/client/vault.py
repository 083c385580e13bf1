"""A folder's secrets at rest: records under one random key, and that key under a passphrase.

AES-256-GCM (NIST SP 800-38D) with random nonces; the key is wrapped by Argon2id (RFC 9106, its second
recommended choice: 64 MiB, three passes, four lanes). A record is bound to its name, so that none can be put
in another's place.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from signing.encoding import b64decode, b64encode
from signing.errors import SigningError
from trading.client.errors import ClientError
from trading.client.files import read_file, replace_secret

HEADER = "store.json"
FORMAT = "sunseal-store/1"
KEY_SIZE, _NONCE, _SALT = 32, 12, 16  # bytes
MINIMUM = 12  # characters of a passphrase
_COST = {"passes": 3, "lanes": 4, "memory_kib": 64 * 1024}
# A header from elsewhere must not make this machine allocate what it does not have.
_MOST = {"passes": 16, "lanes": 16, "memory_kib": 1024 * 1024}


class Box(Protocol):
    """How a record's bytes lie on disk."""

    def seal(self, name: str, data: bytes) -> bytes:
        """What is written under `name`."""
        ...

    def open(self, name: str, data: bytes) -> bytes:
        """What was sealed under `name`; ClientError "store-damaged"."""
        ...


class Plain:
    """Records as they are: for custodians inside the platform, whose operator holds their keys anyway."""

    def seal(self, name: str, data: bytes) -> bytes:
        """As Box."""
        return data

    def open(self, name: str, data: bytes) -> bytes:
        """As Box."""
        return data


class Sealer:
    """Records under one 32-byte key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    def seal(self, name: str, data: bytes) -> bytes:
        """As Box: nonce (12 bytes) ‖ ciphertext ‖ tag."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, name.encode())

    def open(self, name: str, data: bytes) -> bytes:
        """As Box."""
        try:
            return self._cipher.decrypt(data[:_NONCE], data[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise ClientError("store-damaged", name=name) from None

    def lock(self, folder: Path, passphrase: str) -> None:
        """Put the key into the folder's header, under a passphrase; the header before it is overwritten.

        The key stays: who has a copy of the old header and the old passphrase opens the records also later.

        Raises:
            ClientError: "passphrase-short".
        """
        if len(passphrase) < MINIMUM:
            raise ClientError("passphrase-short", least=MINIMUM)
        salt = secrets.token_bytes(_SALT)
        wrapping = Sealer(_derive(passphrase, salt, _COST))
        header = {
            "format": FORMAT,
            "argon2id": {**_COST, "salt": b64encode(salt)},
            "key": b64encode(wrapping.seal(FORMAT, self._key)),
        }
        text = json.dumps(header, indent=1).encode() + b"\n"
        replace_secret(folder / HEADER, text)


def create(folder: Path, passphrase: str) -> Sealer:
    """A new key for a folder; ClientError "store-exists", "passphrase-short"."""
    if (folder / HEADER).exists():
        raise ClientError("store-exists", path=folder)
    made = Sealer(secrets.token_bytes(KEY_SIZE))
    made.lock(folder, passphrase)
    return made


def unlock(folder: Path, passphrase: str) -> Sealer:
    """The folder's key; ClientError "store-missing", "store-damaged", "store-passphrase"."""
    path = folder / HEADER
    if not path.exists():
        raise ClientError("store-missing", path=folder)
    try:
        header = json.loads(read_file(path, 4096))
        cost = header["argon2id"]
        salt, wrapped = b64decode(cost.pop("salt")), b64decode(header["key"])
        if header["format"] != FORMAT or any(not 1 <= cost[name] <= most for name, most in _MOST.items()):
            raise ValueError
        wrapping = Sealer(_derive(passphrase, salt, cost))
    except (ValueError, KeyError, TypeError, AttributeError, SigningError):
        raise ClientError("store-damaged", name=HEADER) from None
    try:
        return Sealer(wrapping.open(FORMAT, wrapped))
    except ClientError:
        raise ClientError("store-passphrase", path=folder) from None


def _derive(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return Argon2id(
        salt=salt,
        length=KEY_SIZE,
        iterations=cost["passes"],
        lanes=cost["lanes"],
        memory_cost=cost["memory_kib"],
    ).derive(passphrase.encode())
