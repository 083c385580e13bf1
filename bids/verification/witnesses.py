"""Witnesses' cosignatures of the checkpoint that the package's proofs lead to, by the reader's own policy."""

from __future__ import annotations

from bids.errors import BidError, refusing
from bids.package import LOG_CHECKPOINT, LOG_KEY, Package
from bids.trust import Trust
from bids.verification.findings import Book
from signing import notes
from signing.encoding import format_time
from signing.errors import SigningError
from signing.policies import parse_policy


def check_cosignatures(package: Package, book: Book, trust: Trust, policy: bytes | None) -> None:
    """How many witnesses cosigned, and whether the reader's policy (C2SP tlog-policy) is satisfied.

    Without a policy nothing is known of who the other signatures are from: that is said, and no more.
    """
    if policy is None:
        count = _others(package)
        code = "verify-cosigned-unchecked" if count else "verify-cosigned-none"
        book.note(code, LOG_CHECKPOINT, count=count)
        return
    with book.step("verify-cosigned", LOG_CHECKPOINT) as step:
        with refusing("policy"):
            rules = parse_policy(policy)
        with refusing("log checkpoint"):
            found = rules.cosigned(package.read(LOG_CHECKPOINT))
        labels = {each.name: each.label for each in rules.witnesses}
        step.params["total"], step.params["count"] = str(len(labels)), str(len(found))
        if found:
            told = (f"{labels[name]} {format_time(at)}" for name, at in found.items())
            step.params["names"] = ", ".join(told)
        if trust.log is not None and rules.logs and trust.log.vkey not in _listed(policy):
            step.fail(BidError("log-unlisted", file=LOG_KEY))
        if not rules.satisfied(found):
            step.fail(BidError("cosigned-too-few", count=len(found), file=LOG_CHECKPOINT))


def key_by_policy(package: Package, policy: bytes | None) -> str | None:
    """The log's key, where the reader named the log in the policy: the package's if it is one of those."""
    listed = _listed(policy)
    if not listed:
        return None
    try:
        own = package.read(LOG_KEY).decode("utf-8", "replace").strip()
    except BidError:
        own = ""
    return own if own in listed else listed[0]


def _listed(policy: bytes | None) -> list[str]:
    if policy is None:
        return []
    try:
        return [known.verifier.vkey for known in parse_policy(policy).logs]
    except SigningError:
        return []


def _others(package: Package) -> int:
    """Signature lines beside the log's own, of a checkpoint that was read before."""
    return len(notes.split_note(package.read(LOG_CHECKPOINT))[1]) - 1
