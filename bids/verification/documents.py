"""The signatures in PDF documents, which take libraries that the base install has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cryptography import x509

from bids.package import Package
from bids.trust import Trust
from bids.verification.findings import Book

# Raises BidError where a PDF's signature does not hold by these roots.
DocumentCheck = Callable[[bytes, Sequence[x509.Certificate]], None]


def check_documents(package: Package, book: Book, trust: Trust, check: DocumentCheck | None) -> None:
    """Each PDF by `check`; without one it is said that their signatures were not checked."""
    documents = [name for name in package.names if name.endswith(".pdf")]
    if not documents:
        return
    if check is None:
        book.note("verify-documents-unchecked", *documents, count=len(documents))
        return
    with book.step("verify-documents", *documents, count=len(documents)) as step:
        for name in documents:
            with step.guard(name):
                check(package.read(name), trust.roots)
