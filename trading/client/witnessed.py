"""A custodian's own policy of witnesses: what is released only once others have seen the same log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from signing.cosignatures import bare
from signing.errors import NoteError
from signing.policies import LogPolicy
from trading.client.api import Api
from trading.client.errors import ClientError
from trading.client.log_follower import LogFollower


@dataclass(frozen=True)
class Cosigned:
    """A checkpoint of `size` entries, and which witnesses cosigned it when."""

    size: int
    witnesses: dict[str, datetime]


def require_cosigned(
    api: Api, follower: LogFollower, policy: LogPolicy, position: int
) -> Cosigned | None:
    """A checkpoint that holds the entry at `position`, cosigned as the policy wants; None if it wants none.

    It is believed only if it extends everything that was followed here: a platform that shows witnesses
    another log than this reader is found out by it.

    Raises:
        ClientError: "cosignatures-missing": not yet. BidError: as of `LogFollower.follow`.
    """
    if policy.quorum is None:
        return None
    labels = {witness.name: witness.label for witness in policy.witnesses}
    best: dict[str, datetime] = {}
    for text in api.get("/log/cosigned", after=position)["checkpoints"]:
        note = str(text).encode()
        try:
            found = policy.cosigned(note)
        except NoteError:
            continue  # a false line under a witness's name: as good as none
        if policy.satisfied(found):
            checkpoint = follower.follow(bare(note, follower.origin))
            if checkpoint.size > position:
                return Cosigned(checkpoint.size, {labels[name]: at for name, at in found.items()})
        best = max(best, found, key=len)
    given = ", ".join(labels[name] for name in best) or "–"
    wanted = labels.get(policy.quorum, policy.quorum)
    raise ClientError("cosignatures-missing", position=position, found=given, quorum=wanted)
