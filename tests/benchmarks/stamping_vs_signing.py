"""A time-stamp of our own authority against the one signature that it cannot do without.

Measured: `TimeStampAuthority.reply` to requests with a nonce that want the certificates: the request parsed,
the token made and signed, the answer's bytes; a whole millisecond would be too much.
Compared with: a bare ECDSA P-256 signature over as many bytes as the signed attributes have.
Ratio: the stamp's time / the signature's time; 3 or less is wanted.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from signing.timestamp_messages import build_request, imprint_of, read_reply
from signing.timestamps import verify_token
from tests.benchmarks.ratios import Ratio, alternate, say
from tests.bids_factory import World

NAME = "stamping_vs_signing"
STAMPS = 2000
REPETITIONS = 7
_ATTRIBUTES = bytes(170)


def run(stamps: int = STAMPS, repetitions: int = REPETITIONS) -> Ratio:
    """Measure `stamps` stamps, `repetitions` times over."""
    world = World(seed=1, suppliers=1)
    authority = world.timestamps
    digest = hashlib.sha256(b"a receipt's signature").digest()
    requests = [build_request(imprint_of(digest), nonce) for nonce in range(1, stamps + 1)]
    key = ec.generate_private_key(ec.SECP256R1())

    def ours() -> None:
        for request in requests:
            authority.reply(request)

    def bare() -> None:
        for _ in requests:
            key.sign(_ATTRIBUTES, ec.ECDSA(hashes.SHA256()))

    token = read_reply(authority.reply(requests[0]))
    verify_token(token, digest, world.roots, nonce=1)
    times = alternate(ours, bare, range(repetitions), NAME)
    say(f"  {NAME}: a stamp takes {_milliseconds(ours, stamps):.3f} ms")
    return Ratio(NAME, tuple(own / least for own, least in times), at_most=3.0)


def _milliseconds(work: Callable[[], None], count: int) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start) / count
