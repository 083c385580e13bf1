"""A bidder unlocks its own bid at the opening: the secret leaves this machine only when that is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from bids.errors import BidError
from bids.trust import Trust
from bids.unlock_file import UnlockFile
from bids.unlock_receipts import check_unlock_receipt
from bids.unlocking import Unlocking, check_frozen
from signing.canonical import digest
from signing.encoding import b64decode, b64encode, format_time, parse_time
from signing.notes import NoteVerifier
from trading.client.api import Api, JsonObject, unfile
from trading.client.supplier import Supplier, fetch_notice
from trading.client.transport import ConnectionFailed

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
        api: with the supplier's token. roots: that the platform must sign under. log: the public log's key.
        now: this machine's own clock, UTC; nobody talks a bidder into unlocking before the opening time.
    """

    def __init__(
        self, api: Api, roots: Sequence[x509.Certificate], log: NoteVerifier, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._roots = tuple(roots)
        self._log = log
        self._now = now

    def state(self, file: UnlockFile) -> JsonObject:
        """How it stands: state (none, waiting, open, unlocked, ended), and the window's times."""
        return self._api.get(f"/tenders/{file.tender}/bids/{file.bid}/unlocking")

    def wait(self, file: UnlockFile, sleep: Sleep, tell: Tell) -> JsonObject:
        """Until the window begins, through broken connections; `tell` hears of each new state."""
        known = None
        opens = parse_time(file.opens)
        while True:
            left = (opens - self._now()).total_seconds()
            try:
                state = self.state(file)
            except ConnectionFailed:
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
        3. The platform has frozen at least the threshold of the custodians' releases, on record.

        Raises:
            BidError, SigningError: one of these does not hold; the secret was not sent.
            ApiProblem: refused. ConnectionFailed: not reached.
        """
        notice = fetch_notice(self._api, file.tender, self._roots).notice
        if notice.tender != file.tender:
            raise BidError("policy-tender")
        if self._now() < notice.policy.opens_at:
            raise BidError("opening-early", opens_at=format_time(notice.policy.opens_at))
        closing = Supplier(self._api, self._roots).check_proofs(file.tender, file.bid, self._log)
        trust = Trust(self._roots, log=self._log, log_origin=self._log.name)
        entries = self._api.get("/log/entries", tender=file.tender)["entries"]
        check_frozen([b64decode(str(each["raw"])) for each in entries], closing, notice.policy, trust)
        answer = self._api.post(
            f"/tenders/{file.tender}/bids/{file.bid}/unlocking", {"secret": b64encode(file.secret)}
        )
        receipt = check_unlock_receipt(
            unfile(answer, "receipt"), self._roots, tender=file.tender, policy=notice.policy.digest,
            bid=file.bid, lock=digest(file.secret),
        )  # fmt: skip
        return Unlocked(receipt.received_at, receipt.raw)

    def unlock_in_time(self, file: UnlockFile, until: datetime, sleep: Sleep) -> Unlocked:
        """As `unlock`, again and again through broken connections until `until`."""
        while True:
            try:
                return self.unlock(file)
            except ConnectionFailed:
                if self._now() >= until:
                    raise
                sleep(_SOON * 2)


def fetch_unlocking(api: Api, tender: str, trust: Trust) -> Unlocking | None:
    """The statement that ended the tender's window, signed by the platform; None while there is none.

    Raises:
        ApiProblem: the tender has no such window. BidError: it does not hold.
    """
    file = api.get(f"/tenders/{tender}/unlocking")["file"]
    if file is None:
        return None
    return Unlocking.parse(trust.platform_statement("unlocking", b64decode(str(file))))
