"""A bidder unlocks its own bid at the opening: the secret leaves this machine only when that is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from cryptography import x509

from bids.closing import Closing
from bids.entries import Entry
from bids.errors import BidError
from bids.examination import check_entries
from bids.notice import Notice
from bids.trust import Trust
from bids.unlock_file import UnlockFile
from bids.unlock_receipts import check_unlock_receipt
from bids.unlocking import Unlocking, check_frozen
from signing.canonical import digest
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.policies import LogPolicy
from trading.client.api import Api, ApiProblem, JsonObject, unfile
from trading.client.custodian_state import CustodianState
from trading.client.errors import ClientError
from trading.client.log_follower import LogFollower, pinned_verifier
from trading.client.supplier import Supplier, fetch_notice
from trading.client.transport import ConnectionFailed
from trading.client.witnessed import require_cosigned

# Of "opening-early": a clock that is behind gets there by itself.
_PASSING = frozenset(
    {"cosignatures-missing", "log-entries-false", "log-gap", "opening-early", "unlock-not-frozen"}
)
_CALM, _SOON = 30.0, 1.0  # seconds between questions, before and after the opening time

Sleep = Callable[[float], None]
Tell = Callable[[JsonObject], None]


@dataclass(frozen=True)
class Unlocked:
    """A bid that was unlocked: when the secret was received (UTC), and the receipt's file, checked."""

    received_at: datetime
    receipt: bytes


class Unlocker:
    """A supplier that unlocks.

    Args:
        api: with the supplier's token. roots: that the platform must sign under.
        follower: reads the public log for the bid's tender; see `log_of`.
        now: this machine's own clock, UTC; nobody talks a bidder into unlocking before the opening time.
        policy: whose cosignatures of the log are wanted before the secret leaves; None for nobody's.
    """

    def __init__(
        self,
        api: Api,
        roots: Sequence[x509.Certificate],
        follower: LogFollower,
        now: Callable[[], datetime],
        policy: LogPolicy | None = None,
    ) -> None:
        self._api = api
        self._roots = tuple(roots)
        self._follower = follower
        self._now = now
        self._policy = policy

    def state(self, file: UnlockFile) -> JsonObject:
        """How it stands: state (none, waiting, open, unlocked, ended), and the window's times."""
        return self._api.get(f"/tenders/{file.tender}/bids/{file.bid}/unlocking")

    def wait(self, file: UnlockFile, sleep: Sleep, tell: Tell) -> JsonObject:
        """Until the window begins, through broken connections; `tell` hears of each new state."""
        # Ahead of the window: in it there is then little left to read. What is wrong with the log is told by
        # `unlock`, which reads it again: nothing must end this before the window.
        with suppress(ConnectionFailed, ApiProblem, BidError, ClientError):
            self._follower.follow()
        known = None
        opens = parse_time(file.opens)
        while True:
            left = (opens - self._now()).total_seconds()
            try:
                state = self.state(file)
            except (ConnectionFailed, ApiProblem) as error:
                if not _may_pass(error):
                    raise
                sleep(_SOON * 5)
                continue
            if state["state"] != known:
                known = state["state"]
                tell(state)
            if known != "waiting":
                return state
            sleep(min(_CALM, left) if left > _SOON else _SOON)

    def unlock(self, file: UnlockFile) -> Unlocked:
        """Send the secret, and check the receipt for it; the same again gets the same receipt.

        1. The notice's signature holds, and by this machine's clock its opening time is past.
        2. The closing is in the log, and this bid in the ledger that it froze.
        3. By the log, read entry by entry to its end and extending all that was read before: this notice is
           the last one published, the closing the only one, nothing ended the tender, and at least the
           threshold of the custodians' releases is frozen; the witnesses that are wanted cosigned that.

        Raises:
            BidError, SigningError, ClientError: one of these does not hold; the secret was not sent.
            ApiProblem: refused. ConnectionFailed: not reached.
        """
        notice = fetch_notice(self._api, file.tender, self._roots).notice
        if notice.tender != file.tender:
            raise BidError("policy-tender")
        if self._now() < notice.policy.opens_at:
            raise BidError("opening-early", opens_at=format_time(notice.policy.opens_at))
        closing = Supplier(self._api, self._roots).check_proofs(
            file.tender, file.bid, self._follower.verifier
        )
        self._check_log(notice, closing)
        answer = self._api.post(
            f"/tenders/{file.tender}/bids/{file.bid}/unlocking", {"secret": b64encode(file.secret)}
        )
        receipt = check_unlock_receipt(
            unfile(answer, "receipt"), self._roots, tender=file.tender, policy=notice.policy.digest,
            bid=file.bid, lock=digest(file.secret),
        )  # fmt: skip
        return Unlocked(receipt.received_at, receipt.raw)

    def _check_log(self, notice: Notice, closing: Closing) -> None:
        """What a cosigned checkpoint lets this follower read further is checked again."""
        verifier = self._follower.verifier
        trust = Trust(self._roots, log=verifier, log_origin=verifier.name)
        witnessed: int | None = None
        while True:
            self._follower.follow()
            places = self._follower.places(notice.tender)
            entries = [raw for _, raw in places]
            check_entries(entries, notice, closing.digest)
            check_frozen(entries, closing, notice.policy, trust)
            position = next(at for at, raw in places if Entry.parse(raw).act == "opening.frozen")
            if self._policy is None or position == witnessed:
                return
            require_cosigned(self._api, self._follower, self._policy, position)
            witnessed = position

    def unlock_in_time(self, file: UnlockFile, until: datetime, sleep: Sleep) -> Unlocked:
        """As `unlock`, again and again until `until` where what is wrong may pass: a broken line, a platform
        that is down, witnesses that are awaited, entries that did not come or came wrong, a clock of this
        machine's that is behind."""
        while True:
            try:
                return self.unlock(file)
            except (ConnectionFailed, ApiProblem, BidError, ClientError) as error:
                if not _may_pass(error) or self._now() >= until:
                    raise
                sleep(_SOON * 2)


def _may_pass(error: ConnectionFailed | ApiProblem | BidError | ClientError) -> bool:
    if isinstance(error, ApiProblem):
        return error.status >= 500 or error.status == HTTPStatus.TOO_MANY_REQUESTS
    return isinstance(error, ConnectionFailed) or error.code in _PASSING


def log_of(api: Api, folder: Path, tender: str, log_key: str | None = None) -> LogFollower:
    """Follows the log for a bidder's tender from its first entry; `folder` remembers what was seen.

    The log's key is `log_key`, else the first one that was ever shown here.

    Raises:
        ClientError: "log-key-other". NoteError: it is no verifier key.
    """
    state = CustodianState(folder)
    state.write(tender, "bid", b"")  # so that its entries are kept
    return LogFollower(api, state, pinned_verifier(api, state, log_key))


def fetch_unlocking(api: Api, tender: str, trust: Trust) -> Unlocking | None:
    """The statement that ended the tender's window, signed by the platform; None while there is none.

    Raises:
        ApiProblem: the tender has no such window. BidError: it does not hold.
    """
    file = api.get(f"/tenders/{tender}/unlocking")["file"]
    if file is None:
        return None
    return Unlocking.parse(trust.platform_statement("unlocking", b64decode(str(file))))
