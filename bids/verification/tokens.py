"""The time-stamps on receipts: that each holds, and what they leave open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cryptography import x509

from bids.errors import BidError, refusing
from bids.ledger import Leaf
from bids.package import LEDGER, TIMESTAMP, Package, bid_name
from bids.receipts import Receipt
from bids.tokens import Stamped, examine_token, token_file
from bids.trust import Trust
from bids.verification.findings import Book
from signing.certificates import load_pem

_FILES = {"acceptance": "receipt", "withdrawal": "withdrawal-receipt"}


def check_tokens(
    package: Package,
    book: Book,
    trust: Trust,
    leaves: Sequence[Leaf],
    tsa_roots: bytes | None,
    tsa_crls: Sequence[x509.CertificateRevocationList] = (),
) -> set[str]:
    """Each receipt's token, if it has one, by `bids.tokens.examine_token`; and `receipt.tsr` is that token.

    `tsa_roots` are the reader's own roots of outside authorities (PEM), None to take the package's;
    `tsa_crls` lists of theirs that the reader fetched. Returns the names of the files that the tokens ask
    for.
    """
    receipts = list(_receipts(package, leaves))
    with_token = [(name, receipt) for name, receipt in receipts if receipt.token is not None]
    stamped: list[Stamped] = []
    if with_token:
        with book.step("verify-tokens", LEDGER) as step:
            outside = tuple(_outside(package, tsa_roots))
            for name, receipt in with_token:
                with step.guard(name):
                    _check_file(package, _file(name), receipt)
                    found = examine_token(receipt, trust.roots, outside, trust.revocations, tsa_crls)
                    stamped += () if found is None else (found,)
            own, foreign = (sum(one.authority == kind for one in stamped) for kind in ("own", "outside"))
            step.params.update(count=str(len(stamped)), own=str(own), outside=str(foreign))
    if tsa_crls:
        _tell_listed(book, [one for one in stamped if one.authority == "outside"])
    _tell(book, stamped, len(receipts) - len(with_token), tsa_roots is None)
    foreign = sum(one.authority == "own" for one in stamped) < len(with_token)
    kept = {TIMESTAMP} if TIMESTAMP in package and foreign else set()
    return kept.union(_file(name) for name, _ in with_token)


def _receipts(package: Package, leaves: Sequence[Leaf]) -> Iterator[tuple[str, Receipt]]:
    # They were examined with their leaves, so all of them can be read.
    for leaf in leaves:
        name = bid_name(leaf.bid, f"{_FILES[leaf.kind]}.json")
        yield name, Receipt.parse(package.read(name))


def _file(name: str) -> str:
    return name.removesuffix(".json") + ".tsr"


def _check_file(package: Package, file: str, receipt: Receipt) -> None:
    if file in package and package.read(file) != token_file(receipt.token or b""):
        raise BidError("token-file", file=file)


def _outside(package: Package, tsa_roots: bytes | None) -> Iterator[x509.Certificate]:
    """Roots and intermediates of outside authorities; with the reader's own roots none of the package's."""
    if tsa_roots is not None:
        with refusing("--tsa-roots"):
            yield from load_pem(tsa_roots)
    if TIMESTAMP in package:
        with refusing(TIMESTAMP):
            for one in load_pem(package.read(TIMESTAMP)):
                if tsa_roots is None or one.subject != one.issuer:
                    yield one


def _tell_listed(book: Book, stamped: Sequence[Stamped]) -> None:
    listed = sum(one.listed for one in stamped)
    with book.step("verify-tokens-listed", LEDGER, count=len(stamped), listed=listed) as step:
        if listed < len(stamped):
            step.unknown()


def _tell(book: Book, stamped: Sequence[Stamped], without: int, vouched: bool) -> None:
    """What the time-stamps leave open."""
    if without:
        book.note("verify-tokens-without", LEDGER, count=without)
    unrooted = sum(one.authority == "unrooted" for one in stamped)
    if unrooted:
        book.note("verify-tokens-unrooted", LEDGER, count=unrooted)
    if vouched and any(one.authority == "outside" for one in stamped):
        book.note("verify-tokens-package", TIMESTAMP)
    late = [one.late for one in stamped if one.late]
    if late:
        minutes = -(-max(late) // timedelta(minutes=1))
        book.note("verify-tokens-late", LEDGER, count=len(late), minutes=minutes)
