"""A tender as the public addresses show it: notices, what is needed to check it, and the closed ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cryptography import x509

from bids.custody import ClosedTender
from bids.errors import BidError
from bids.examination import BidFiles
from bids.ledger import parse_leaf
from bids.notice import Notice
from bids.trust import Trust, enrolments_of
from signing import canonical, notes
from signing.certificates import load_pem
from signing.encoding import b64decode
from signing.notes import NoteVerifier
from signing.revocations import Revocations
from trading.client.api import Api, JsonObject, unfile
from trading.client.errors import ClientError

_MAX_NOTICES = 1000


@dataclass(frozen=True)
class SignedNotice:
    """A notice's file and its signature."""

    raw: bytes
    signature: bytes
    notice: Notice = field(repr=False)


def fetch_trust(api: Api, tender: str, roots: Sequence[x509.Certificate], log: NoteVerifier | None) -> Trust:
    """Revocation lists and enrolments as the platform gives them, under the reader's own roots and log key.

    Raises:
        BidError: an enrolment does not hold. ClientError: malformed.
    """
    return read_trust(api.get(f"/tenders/{tender}/trust"), roots, log)


def read_trust(answer: JsonObject, roots: Sequence[x509.Certificate], log: NoteVerifier | None) -> Trust:
    """As `fetch_trust`, from what was fetched before."""
    lists: dict[str, x509.CertificateRevocationList] = {}
    for text in answer["crls"]:
        der = b64decode(str(text))
        try:
            lists[canonical.digest(der)] = x509.load_der_x509_crl(der)
        except ValueError:
            raise ClientError("answer-malformed", what="crls") from None
    if not lists:
        # Without any, nobody's revocation would be noticed.
        raise ClientError("answer-malformed", what="crls")
    files = [b64decode(str(text)) for text in answer["enrolments"]]
    enrolments = enrolments_of(files, roots, Revocations(lists.values()))
    # Which certificates lead to them, enrolments under the reader's own roots say.
    outside = tuple(load_pem(answer["outside"].encode())) if answer.get("outside") else ()
    return Trust(tuple(roots), lists, enrolments, log, "" if log is None else log.name, outside)


def fetch_notice_file(api: Api, tender: str, sha256: str | None = None) -> SignedNotice:
    """The tender's notice in force, or the earlier one of that digest; its signature is not checked here.

    Raises:
        BidError: no notice. ClientError: of another tender, or another one than was asked for.
    """
    at = f"/tenders/{tender}" + (f"/notices/{sha256}" if sha256 else "")
    raw = api.raw(f"{at}/notice.json")
    notice = Notice.parse(raw)
    if notice.tender != tender:
        raise ClientError("notice-other-tender")
    if sha256 is not None and notice.digest != sha256:
        raise ClientError("answer-malformed", what="notice.json")
    return SignedNotice(raw, api.raw(f"{at}/notice.p7s"), notice)


def fetch_earlier(api: Api, tender: str, notice: Notice) -> list[SignedNotice]:
    """The notices before `notice`, newest first, along `replaces`."""
    found: list[SignedNotice] = []
    while notice.replaces is not None and len(found) < _MAX_NOTICES:
        found.append(fetch_notice_file(api, tender, notice.replaces))
        notice = found[-1].notice
    return found


@dataclass(frozen=True)
class FetchedClosing:
    """The closed tender, and the checkpoint of the public log under which its closing is shown."""

    closed: ClosedTender
    checkpoint: bytes

    def with_entries(self, entries: tuple[bytes, ...]) -> ClosedTender:
        """The closed tender with the log entries that its reader followed."""
        return replace(self.closed, entries=entries)


def fetch_closed(api: Api, tender: str, known: SignedNotice | None = None) -> FetchedClosing:
    """The closed tender as the platform hands it out; nothing in it has been checked.

    `known` is the notice that the reader holds already; without it the one in force is fetched.
    """
    logged = api.get(f"/tenders/{tender}/closing")
    proof = str(logged["proof"]).encode()
    signed = known or fetch_notice_file(api, tender)
    leaves, bids = _fetch_ledger(api, tender)
    earlier = fetch_earlier(api, tender, signed.notice)
    closed = ClosedTender(
        notice=signed.raw,
        notice_signature=signed.signature,
        closing=unfile(logged),
        leaves=tuple(leaves),
        bids=bids,
        closing_proof=proof,
        closing_entry=unfile(logged, "entry"),
        earlier=tuple((one.raw, one.signature) for one in earlier),
    )
    return FetchedClosing(closed, notes.parse_proof(proof).checkpoint)


def _fetch_ledger(api: Api, tender: str) -> tuple[list[bytes], dict[str, BidFiles]]:
    leaves: list[bytes] = []
    accepted: dict[str, JsonObject] = {}
    withdrawn: dict[str, JsonObject] = {}
    start: int | None = 0
    while start is not None:
        page = api.get(f"/tenders/{tender}/ledger", start=start)
        for item in page["items"]:
            raw = unfile(item, "leaf")
            leaf = parse_leaf(raw)
            into = accepted if leaf.kind == "acceptance" else withdrawn
            if leaf.bid in into:
                raise BidError("ledger-bid-twice", bid=leaf.bid, file="ledger.jsonl")
            into[leaf.bid] = item
            leaves.append(raw)
        after = page["next"]
        if after is not None and (not isinstance(after, int) or after <= start):
            raise ClientError("answer-malformed", what="ledger")
        start = after
    for bid in withdrawn.keys() - accepted.keys():
        raise BidError("ledger-withdrawn-unknown", bid=bid, file="ledger.jsonl")
    return leaves, {bid: _files(item, withdrawn.get(bid)) for bid, item in accepted.items()}


def _files(item: JsonObject, withdrawal: JsonObject | None) -> BidFiles:
    manifest, signature, receipt = (unfile(item, name) for name in ("manifest", "signature", "receipt"))
    if withdrawal is None:
        return BidFiles(manifest, signature, receipt)
    return BidFiles(
        manifest,
        signature,
        receipt,
        unfile(withdrawal, "withdrawal"),
        unfile(withdrawal, "withdrawal_signature"),
        unfile(withdrawal, "receipt"),
    )
