"""Opening: from frozen releases and one ciphertext to an offer, or to a recorded reason and whose fault.

Each bid is opened on its own and never raises for what its bidder, a custodian or the platform did: a bid
that does not open is recorded and stops no other (Order 20 art. 31).
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bids.corrections import correction_members
from bids.custody import CurrentBid, Release
from bids.errors import BidError, Language
from bids.manifest import Part
from bids.messages import MESSAGES
from bids.money import format_amount
from bids.notice import Notice, Policy
from bids.objects import build_statement
from bids.offer import Announcement, Offer, Recomputed, recompute
from bids.segments import BID, is_priced
from bids.unlocking import REVOKED, UNDECIDED, WITHDRAWN, Unlock
from signing import canonical
from signing.canonical import JSON
from signing.encoding import format_time
from signing.errors import CiphertextError, DealingError, PaddingError
from signing.suite import by_name

BIDDER, PLATFORM, CUSTODIAN, UNKNOWN = "bidder", "platform", "custodian", "unknown"

_SILENT = {
    REVOKED: (BIDDER, "unlock-revoked"),
    WITHDRAWN: (PLATFORM, "unlock-withdrawn"),
    UNDECIDED: (UNKNOWN, "unlock-unknown"),
}
_OFFER_INVALID = "offer-invalid"


@dataclass(frozen=True)
class Outcome:
    """What became of one bid.

    If it opened: the bytes of its offer `offer_raw`, and `offer` with its amounts `recomputed`, or from a
    segment without prices the `announcement`. If not: `fault`, whose it
    appears to be (bidder, platform, custodian, unknown), and `reason`, a code that `reason_text` explains.
    """

    bid: str
    supplier: str
    opened: bool
    offer: Offer | None = None
    offer_raw: bytes | None = None
    recomputed: Recomputed | None = None
    fault: str | None = None
    reason: str | None = None
    announcement: Announcement | None = None


def frozen(releases: int, count: int, threshold: int, since: datetime, grace: int, now: datetime) -> bool:
    """Whether the set of releases is to be frozen: all `count` are in, or at least `threshold` and `grace`
    seconds have passed since `since`, the closing statement's time or that of the stage statement's entry."""
    if releases >= count:
        return True
    return releases >= threshold and now >= since + timedelta(seconds=grace)


def open_bid(
    bid: CurrentBid,
    policy: Policy,
    notice: Notice,
    releases: Sequence[Release],
    ciphertext: bytes | None,
    unlock: Unlock | None = None,
    segment: str = BID,
) -> Outcome:
    """Open one bid's public part in a segment from checked, frozen `releases` and its index' ciphertext.

    `unlock` is what the unlocking statement says of the bid, where the policy has a lock.

    1. The ciphertext is there with the size and SHA-256 of the manifest: if not, the platform's fault.
    2. At least k released shares match the bidder's commitments: if not, a custodian's fault where one
       released another share, else nobody can tell rubbish sealed by the bidder from a lying refusal.
    3. The key recovered deals to all n commitments: if not, the bidder's fault.
    4. With a lock, the bidder unlocked: if not, the fault is as the unlocking statement has it.
    5. The key decrypts the ciphertext, which gives a valid offer for the notice: if not, the bidder's fault,
       for all of that is in what the bidder signed.
    """
    part = bid.manifest.part(segment, "public")
    suite = by_name(policy.suite)
    failure = ciphertext_failure(part, ciphertext)
    if failure is not None or ciphertext is None:
        return _failed(bid, PLATFORM, failure or "")
    shares = [found for release in releases if (found := release.shares.get(bid.bid)) is not None]
    matching = {share[-1]: share for share in shares if _matches(share, part)}
    if len(matching) < policy.threshold:
        if any(not _matches(share, part) for share in shares):
            return _failed(bid, CUSTODIAN, "share-mismatch")
        return _failed(bid, UNKNOWN, "shares-refused")
    context = suite.context(
        bid.manifest.tender, bid.manifest.policy, bid.supplier, bid.bid, segment, "public"
    )
    try:
        key = suite.recover(
            list(matching.values()), policy.threshold, len(policy.custodians), context, part.share_digests
        )
        if policy.lock:
            secret = None if unlock is None else unlock.secret
            if secret is None or not bid.manifest.is_secret(secret):
                verdict = None if unlock is None else unlock.verdict
                return _failed(bid, *_SILENT[verdict or UNDECIDED])
            key = suite.bind_lock(key, secret, context)
        raw = suite.decrypt(ciphertext, key, context, 0, True)
        return read_outcome(bid.bid, bid.supplier, raw, notice, segment)
    except DealingError:
        return _failed(bid, BIDDER, "dealing-dishonest")
    except (CiphertextError, PaddingError):
        return _failed(bid, BIDDER, "ciphertext-undecryptable")
    except BidError as error:
        return _failed(bid, BIDDER, f"{_OFFER_INVALID}:{error.code}")


def read_outcome(bid: str, supplier: str, raw: bytes, notice: Notice, segment: str) -> Outcome:
    """The outcome of a bid whose offer in `segment` opened as `raw`; BidError for an invalid one."""
    if not is_priced(segment):
        announcement = Announcement.parse(raw, notice)
        return Outcome(bid, supplier, True, offer_raw=raw, announcement=announcement)
    offer = Offer.parse(raw, notice)
    return Outcome(bid, supplier, True, offer, raw, recompute(offer, notice))


def ciphertext_failure(part: Part, ciphertext: bytes | None) -> str | None:
    """Why a ciphertext is not the public index that the manifest names; None if it is."""
    if ciphertext is None:
        return "ciphertext-missing"
    wanted = part.objects[0]
    if len(ciphertext) != wanted.size or canonical.digest(ciphertext) != wanted.sha256:
        return "ciphertext-altered"
    return None


def _matches(share: bytes, part: Part) -> bool:
    position = share[-1]
    if not 1 <= position <= len(part.share_digests):
        return False
    return hmac.compare_digest(canonical.digest(share), part.share_digests[position - 1])


def _failed(bid: CurrentBid, fault: str, reason: str) -> Outcome:
    return Outcome(bid.bid, bid.supplier, False, fault=fault, reason=reason)


def reason_text(reason: str, lang: Language) -> str:
    """The sentence for a reason in an opening record; an unknown one stands as it is."""
    code, _, detail = reason.partition(":")
    sentences = MESSAGES.get(f"opening-{code}")
    if sentences is None:
        return reason
    sentence = sentences[0 if lang == "zh" else 1]
    return f"{sentence} ({detail})" if detail else sentence


def build_opening_record(
    tender: str,
    closing: str,
    outcomes: Sequence[Outcome],
    notice: Notice,
    at: datetime,
    segment: str = BID,
) -> dict[str, JSON]:
    """The opening record's statement: one for each segment; `outcomes` are those of the bids released for it,
    in the ledger's order, `closing` the digest.

    An opened bid's total is the recomputed one; corrections stand among what is announced.
    """
    members: dict[str, JSON] = {
        "at": format_time(at),
        "tender": tender,
        "closing": closing,
        "bids": opening_rows(outcomes, notice, segment),
    }
    return build_statement("opening-record", members)


def opening_rows(outcomes: Sequence[Outcome], notice: Notice, segment: str = BID) -> list[JSON]:
    """The rows of a segment's opening record, as its `bids` has them."""
    return [_row(outcome, notice.digits, segment) for outcome in outcomes]


def _row(outcome: Outcome, digits: int, segment: str) -> dict[str, JSON]:
    row: dict[str, JSON] = {
        "bid": outcome.bid,
        "supplier": outcome.supplier,
        "segment": segment,
        "opened": outcome.opened,
    }
    if outcome.announcement is not None:
        return {**row, "announced": dict(outcome.announcement.announced)}
    if outcome.offer is None or outcome.recomputed is None:
        return {**row, "fault": outcome.fault, "reason": outcome.reason}
    announced: dict[str, JSON] = dict(outcome.offer.announced)
    corrections = correction_members(outcome.recomputed, digits)
    if corrections:
        announced["corrections"] = corrections
    return {**row, "total": format_amount(outcome.recomputed.total, digits), "announced": announced}
