"""What a custodian keeps of each segment of a tender, and the stage statements that open the later ones."""

from __future__ import annotations

from bids.custody import CheckedClosing, CheckedStage, check_stages
from bids.notice import Policy
from bids.trust import Trust
from signing.encoding import b64decode
from trading.client.api import Api
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError


def release_name(policy: Policy, segment: str) -> str:
    """The record of the release made for a segment; the first one's has the plain name."""
    return f"release-{segment}.json" if policy.place(segment) else "release.json"


def sent_name(policy: Policy, segment: str) -> str:
    """The record that the platform has that release."""
    return f"sent-{segment}" if policy.place(segment) else "sent"


def fetch_stage(
    api: Api, checked: CheckedClosing, segment: str, entries: tuple[bytes, ...], trust: Trust
) -> CheckedStage | None:
    """The stage statement on which a segment opens, every check made; None for the first segment.

    `entries` are the tender's in the log, as this custodian followed it.

    Raises:
        BidError: there is none yet, or it does not hold. ClientError: malformed.
    """
    place = checked.policy.place(segment)
    if place == 0:
        return None
    shown = {
        str(one["segment"]): b64decode(str(one["record"]))
        for one in api.get(f"/tenders/{checked.notice.tender}/opening")["stages"]
    }
    before = checked.policy.segment_names[:place]
    missing = [name for name in before if name not in shown]
    if missing:
        raise ClientError("answer-malformed", what=f"opening record of {missing[0]}")
    return check_stages(checked, segment, entries, [shown[name] for name in before], trust)


class Memory:
    """The one digest of a kind that a tender has, on disk: its closing's, or that of a stage statement."""

    def __init__(self, state: CustodianState, name: str) -> None:
        self._state = state
        self._name = name

    def recall(self, tender: str) -> str | None:
        """What was kept."""
        kept = self._state.read(tender, self._name)
        return None if kept is None else kept.decode()

    def keep(self, tender: str, digest: str) -> None:
        """On disk before this returns."""
        self._state.write_once(tender, self._name, digest.encode())
