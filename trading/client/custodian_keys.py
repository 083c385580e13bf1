"""A custodian's secret keys behind one interface, so that a token (PKCS #11) can stand beside the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from signing.certificates import dump_pem, load_pem, party_of
from signing.errors import SigningError
from signing.hpke import SealingKey
from signing.keys import Signer, load_private_pem, require_p256, save_private_pem, spki
from signing.suite import by_name
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError

SUITE = "sunseal-1"
_SEED = "seed"
_SIGNERS = "signers.json"


class CustodianKeys(Protocol):
    """What only the custodian has.

    A signing key is asked for signatures and for its public half alone, a sealing key for its public half
    and for opening what was sealed to it: so both may lie in a device that never gives them out.
    """

    @property
    def id(self) -> str:
        """The custodian's party id, by its certificate."""
        ...

    @property
    def signer(self) -> Signer:
        """The signing key in use, the newest."""
        ...

    def signer_of(self, signing_key: bytes) -> Signer | None:
        """The signing key with this SubjectPublicKeyInfo: a policy names the one of its own time."""
        ...

    def make(self, tender: str) -> bytes:
        """A fresh sealing key for a tender, the same one when asked again; its public half."""
        ...

    def holds(self, tender: str) -> bool:
        """Whether there is a sealing key for a tender, and it was not erased."""
        ...

    def sealing_key(self, tender: str) -> SealingKey | None:
        """The tender's sealing key; None if there is none, or none any more."""
        ...

    def erase(self, tender: str) -> None:
        """Destroy the tender's sealing key."""
        ...


class StateKeys:
    """Keys in the agent's own folder, encrypted as that folder is.

    Args:
        signers: at least one, the newest last, all of one party.
    """

    def __init__(self, state: CustodianState, signers: Sequence[Signer]) -> None:
        self._state = state
        self._signers = tuple(signers)
        self.id = party_of(signers[-1].certificate).id

    @property
    def signer(self) -> Signer:
        """As CustodianKeys."""
        return self._signers[-1]

    def signer_of(self, signing_key: bytes) -> Signer | None:
        """As CustodianKeys."""
        for signer in reversed(self._signers):
            if spki(require_p256(signer.certificate.public_key())) == signing_key:
                return signer
        return None

    def make(self, tender: str) -> bytes:
        """As CustodianKeys; on disk before this returns."""
        suite = by_name(SUITE)
        seed = self._state.read(tender, _SEED)
        if seed is None:
            seed = suite.new_sealing_seed()
            self._state.write_once(tender, _SEED, seed)
        return suite.sealing_key(seed).public

    def holds(self, tender: str) -> bool:
        """As CustodianKeys."""
        return self._state.read(tender, _SEED) is not None

    def sealing_key(self, tender: str) -> SealingKey | None:
        """As CustodianKeys."""
        seed = self._state.read(tender, _SEED)
        return None if seed is None else by_name(SUITE).sealing_key(seed)

    def erase(self, tender: str) -> None:
        """As CustodianKeys."""
        self._state.erase(tender, _SEED)


def keep_signers(state: CustodianState, signers: Sequence[Signer]) -> None:
    """Keep signing keys with their certificates in the agent's folder; only ever in an encrypted one."""
    rows = [
        {
            "key": save_private_pem(signer.key, None).decode(),
            "certificates": dump_pem([signer.certificate, *signer.chain]).decode(),
        }
        for signer in signers
    ]
    state.write_shared(_SIGNERS, json.dumps(rows).encode())


def kept_signers(state: CustodianState) -> tuple[Signer, ...]:
    """What `keep_signers` kept; ClientError "store-damaged"."""
    raw = state.read_shared(_SIGNERS)
    try:
        rows = json.loads(raw or b"")
        found = []
        for row in rows:
            certificates = load_pem(row["certificates"].encode())
            key = load_private_pem(row["key"].encode(), None)
            found.append(Signer(key, certificates[0], tuple(certificates[1:])))
        if not found:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, SigningError):
        raise ClientError("store-damaged", name=_SIGNERS) from None
    return tuple(found)
