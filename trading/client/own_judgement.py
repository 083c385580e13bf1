"""Which of the certificates that were met in a party's name are its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography import x509

from bids.errors import BidError
from signing.certificates import Party, fingerprint
from signing.keys import require_p256, spki
from trading.client.errors import ClientError
from trading.client.own_memory import Sighting
from trading.client.own_name import Looked


@dataclass(frozen=True)
class Own:
    """What a party knows to be its own: fingerprints, and the certificates of keys that it holds."""

    fingerprints: frozenset[str]
    certificates: tuple[tuple[x509.Certificate, Party], ...]

    @property
    def known(self) -> frozenset[str]:
        """All fingerprints."""
        return self.fingerprints | {fingerprint(each) for each, _ in self.certificates}


@dataclass(frozen=True)
class Judged:
    """All that was met, by certificate: the party's own and foreign; and what else is wrong."""

    own: dict[str, list[Sighting]]
    foreign: dict[str, list[Sighting]]
    faults: tuple[BidError | ClientError, ...]


def judge(looked: Looked, own: Own) -> Judged:
    """Tell own from foreign: by fingerprint, or by a key that the party holds, whoever renewed its
    certificate.

    1. Each certificate met is the party's own, or foreign. 2. Each certificate in a key file of the party
    stands in the log: in an entry of its own, or as a supplier's in what the platform lists and, by its day's
    end, under the root (`OwnName.look` sees to it).
    """
    known = own.known
    keys = {_key_of(each) for each, _ in own.certificates}
    of = {one.certificate: one.key for one in looked.sightings if one.key is not None}
    keys |= {of[name] for name in known if name in of}
    mine: dict[str, list[Sighting]] = {}
    foreign: dict[str, list[Sighting]] = {}
    for one in looked.sightings:
        theirs = one.certificate not in known and (one.key or of.get(one.certificate)) not in keys
        (foreign if theirs else mine).setdefault(one.certificate, []).append(one)
    return Judged(mine, foreign, (*looked.faults, *_missing(looked, own, mine)))


def _missing(looked: Looked, own: Own, mine: dict[str, list[Sighting]]) -> Iterable[ClientError]:
    for certificate, party in own.certificates:
        name = fingerprint(certificate)
        kinds = {one.kind for one in mine.get(name, ())}
        if party.role == "supplier":
            if looked.signed_in and "listed" not in kinds:
                yield ClientError("own-unshown", certificate=name)
        elif "issued" not in kinds and name not in looked.withheld:
            yield ClientError("own-unlogged", certificate=name)


def signer_of(certificates: Sequence[tuple[x509.Certificate, Party]]) -> Party:
    """The one party that all certificates name; ClientError "own-parties"."""
    parties = {party.id: party for _, party in certificates}
    if len(parties) != 1:
        raise ClientError("own-parties", found=", ".join(sorted(parties)))
    return next(iter(parties.values()))


def _key_of(certificate: x509.Certificate) -> str:
    return hashlib.sha256(spki(require_p256(certificate.public_key()))).hexdigest()
