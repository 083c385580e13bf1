"""Whatever package a test verifies, the portal's TypeScript verifies too: both must say the very same.

One Node for a process, started when the first package comes and ended with it.
"""

from __future__ import annotations

import atexit
import base64
import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bids import promise, receipts
from bids.errors import BidError
from bids.manifest import Manifest
from bids.package import Package, read_package
from bids.promise import Judgement
from bids.receipt_bundle import Kept, files_of, parse_receipt, write_bundle
from bids.receipts import Receipt
from bids.tokens import examine_token
from bids.trust import Trust, verify_platform
from bids.unlock_receipts import (
    UnlockReceipt,
    check_unlocked,
    check_unlocking_of,
    match_unlock_receipt,
    verify_unlock_receipt,
)
from bids.unlocking import Unlocking
from bids.verification import Report
from signing import canonical
from signing.certificates import dump_pem
from signing.encoding import b64encode
from tests.typescript.node import Node


@cache
def running() -> tuple[Node, Path]:
    """Node, and a folder of its own."""
    folder = tempfile.TemporaryDirectory(prefix="sunseal-agreement-")
    node = Node(Path(folder.name))

    def end() -> None:
        node.close()
        folder.cleanup()

    atexit.register(end)
    return node, Path(folder.name)


def asked(command: str, data: bytes, **members: Any) -> Any:
    """The TypeScript's answer about a package."""
    node, folder = running()
    path = folder / "package.zip"
    path.write_bytes(data)
    return node.ask(command, path=str(path), **members)


def verified(
    data: bytes,
    roots: bytes | None,
    log_key: str | None,
    log_entries: bytes | None,
    outside: bytes | None = None,
    tsa_roots: bytes | None = None,
    policy: bytes | None = None,
) -> Any:
    """The report of the TypeScript, or its refusal."""
    return asked(
        "package.verify",
        data,
        roots=None if roots is None else roots.decode(),
        log_key=log_key,
        log_entries=None if log_entries is None else base64.b64encode(log_entries).decode(),
        policy=None if policy is None else base64.b64encode(policy).decode(),
        outside_roots=None if outside is None else outside.decode(),
        tsa_roots=None if tsa_roots is None else tsa_roots.decode(),
    )


def refusal(error: BidError) -> dict[str, Any]:
    """All that a refusal says."""
    return {"code": error.code, "params": error.params, "zh": error.text("zh"), "en": error.text("en")}


def whole(report: Report) -> dict[str, Any]:
    """All that a report says: findings in order, files, reasons, sentences in both languages."""
    return {
        "anchored": report.anchored,
        "findings": [
            {
                "number": finding.number,
                "code": finding.code,
                "ok": finding.ok,
                "files": list(finding.files),
                "params": finding.params,
                "reasons": [refusal(reason) for reason in finding.reasons],
                "zh": finding.text("zh"),
                "en": finding.text("en"),
            }
            for finding in report.findings
        ],
    }


def admitted(data: bytes) -> Package:
    """`read_package`, which the TypeScript must follow in every file's name and digest, or refusal."""
    try:
        package = read_package(io.BytesIO(data))
    except BidError as error:
        assert asked("package.read", data) == {"refused": refusal(error)}
        raise
    files = {}
    for name in package.names:
        try:
            files[name] = canonical.digest(package.read(name))
        except BidError as error:
            files[name] = error.code
    assert asked("package.read", data) == {"files": files}
    return package


def check_receipt(
    receipt_file: bytes, document: bytes, signature: bytes, roots: Sequence[x509.Certificate]
) -> Receipt:
    """`bids.receipts.check_receipt`, in both languages."""
    members = {"file": receipt_file, "document": document, "signature": signature}
    told = running()[0].ask(
        "receipt.check",
        roots=dump_pem(roots).decode(),
        **{name: base64.b64encode(data).decode() for name, data in members.items()},
    )
    try:
        receipt = receipts.check_receipt(receipt_file, document, signature, roots)
    except BidError as error:
        assert told == {"refused": refusal(error)}
        raise
    assert told == {"bid": receipt.bid, "kind": receipt.kind, "digest": receipt.digest}
    return receipt


def judge(
    kept: Kept,
    trust: Trust,
    outside: Sequence[x509.Certificate] = (),
    tsa_crls: Sequence[x509.CertificateRevocationList] = (),
) -> Judgement:
    """`bids.promise.judge`, which the TypeScript must follow to the word where a bundle holds the files."""
    judgement = promise.judge(kept, trust, outside, tsa_crls)
    try:
        parse_receipt(kept.receipt)
    except BidError:
        return judgement
    # The page is given no outside authority's lists, and takes the log for that of its key.
    if not tsa_crls and trust.log is not None and trust.log_origin == trust.log.name:
        ders = [b64encode(one.public_bytes(Encoding.DER)) for one in outside]
        told = asked("bundle.judge", bundled(kept, trust), outside=ders)
        mine = [
            {
                "code": one.code, "ok": one.ok, "files": list(one.files), "params": one.params,
                "reasons": [refusal(each) for each in one.reasons],
                "zh": one.text("zh"), "en": one.text("en"),
            }
            for one in judgement.findings
        ]  # fmt: skip
        assert told == {"verdict": judgement.verdict, "findings": mine}
    return judgement


def bundled(kept: Kept, trust: Trust) -> bytes:
    """The bundle of what is kept, with the anchors of `trust`."""
    assert trust.log is not None
    crls = b"".join(crl.public_bytes(Encoding.PEM) for crl in trust.crls.values())
    anchored = replace(kept, roots=dump_pem(trust.roots), crls=crls, log_key=f"{trust.log.vkey}\n".encode())
    sink = io.BytesIO()
    write_bundle(sink, files_of(anchored, "readme"))
    return sink.getvalue()


def check_unlock_promise(
    receipt_file: bytes, document: bytes | None, statement: bytes, roots: Sequence[x509.Certificate]
) -> UnlockReceipt:
    """That a receipt for unlocking holds and its secret stands in the unlocking statement, in both languages.

    Raises BidError, the same in both.
    """
    members = {"file": receipt_file, "document": document, "statement": statement}
    told = running()[0].ask(
        "unlock-promise.check",
        roots=dump_pem(roots).decode(),
        **{name: data and base64.b64encode(data).decode() for name, data in members.items()},
    )
    try:
        receipt = verify_unlock_receipt(receipt_file, roots)
        if document is not None:
            own = Manifest.parse(document)
            match_unlock_receipt(receipt, tender=own.tender, policy=own.policy, bid=own.bid, lock=own.lock)
        stamped = examine_token(receipt, roots)
        unlocking = Unlocking.parse(verify_platform(statement, "unlocking", "statement", roots))
        check_unlocking_of(receipt, unlocking)
        check_unlocked(receipt, unlocking)
    except BidError as error:
        assert told == {"refused": refusal(error)}
        raise
    token = None if stamped is None else stamped.authority
    assert told == {"bid": receipt.bid, "digest": receipt.digest, "token": token}
    return receipt


def differences(mine: Any, theirs: Any) -> list[str]:
    """Where Python's words and TypeScript's first differ."""
    if "refused" in mine or "refused" in theirs:
        return [] if mine == theirs else [f"{mine.get('refused')} / {theirs.get('refused')}"]
    found = [] if mine["anchored"] == theirs["anchored"] else ["anchored"]
    ours, others = mine["findings"], theirs["findings"]
    for number in range(max(len(ours), len(others))):
        one = ours[number] if number < len(ours) else {"code": None}
        other = others[number] if number < len(others) else {"code": None}
        for member in sorted(one.keys() | other.keys()):
            if one.get(member) != other.get(member):
                what = f"{number + 1} {one['code']} {member}"
                found.append(f"{what}:\n  Python     {one.get(member)}\n  TypeScript {other.get(member)}")
        if found:
            break
    return found


def agree(
    data: bytes,
    report: Report | BidError,
    roots: bytes | None = None,
    log_key: str | None = None,
    log_entries: bytes | None = None,
    outside: bytes | None = None,
    tsa_roots: bytes | None = None,
    policy: bytes | None = None,
) -> None:
    """Fail unless the TypeScript says of the package what Python said."""
    mine = {"refused": refusal(report)} if isinstance(report, BidError) else whole(report)
    found = differences(mine, verified(data, roots, log_key, log_entries, outside, tsa_roots, policy))
    assert not found, "\n".join(found)
