"""What tests of the verifier ask of a package: changed ZIPs, findings by code, tenders at some stage.

Every package that they check is checked by the portal's TypeScript too, which must say the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping

from bids.errors import BidError
from bids.package import read_package
from bids.verification import Report, verify
from signing.certificates import dump_pem
from tests.bids_factory import World
from tests.package_factory import Case, unzipped, zipped
from tests.typescript.agreement import agree

Package = dict[str, bytes]


def rewrite(data: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The same ZIP with files changed or added, or removed where None is given."""
    files: dict[str, bytes | None] = {**unzipped(data), **changes}
    return zipped({name: content for name, content in files.items() if content is not None})


def check(
    data: bytes,
    world: World | None = None,
    log_entries: bytes | None = None,
    outside: bytes | None = None,
    tsa_roots: bytes | None = None,
    policy: bytes | None = None,
) -> Report:
    """Verify a package; with `world`, anchored in its root and log key. In Python and in TypeScript."""
    roots, log_key = (None, None) if world is None else (dump_pem(world.roots), world.log_signer.vkey)
    try:
        package = read_package(io.BytesIO(data))
    except BidError as error:
        agree(data, error, roots, log_key, log_entries, outside, tsa_roots, policy)
        raise
    report = verify(package, roots, log_key, log_entries, outside, tsa_roots, policy)
    agree(data, report, roots, log_key, log_entries, outside, tsa_roots, policy)
    return report


def failures(report: Report) -> dict[str, list[str]]:
    """The codes of failed findings and, of each, those of its reasons."""
    return {
        finding.code: [reason.code for reason in finding.reasons]
        for finding in report.findings
        if finding.ok is False
    }


def texts(report: Report) -> Iterable[str]:
    """All findings in both languages: none may be without its words."""
    for finding in report.findings:
        yield finding.text("zh")
        yield finding.text("en")


def honest(case: Case) -> bytes:
    data = case.package()
    report = check(data, case.world)
    assert report.ok, list(texts(report))
    assert report.anchored
    return data


def caught(case: Case, data: bytes, code: str, reason: str, *files: str) -> None:
    """The forged package fails in the finding `code` for `reason`, and names `files`."""
    report = check(data, case.world)
    assert not report.ok
    found = failures(report)
    assert reason in found.get(code, []), found
    named = {name for finding in report.findings if finding.code == code for name in finding.files}
    assert named.issuperset(files), named
    assert all(texts(report))


def without(*gone: str) -> Callable[[Package], None]:
    """Files that the platform leaves out."""

    def change(files: Package) -> None:
        for name in gone:
            del files[name]

    return change


def opened(case: Case) -> Case:
    """Closed, released, opened."""
    case.close()
    case.release()
    case.open()
    return case


def too_few(seed: int) -> Case:
    """Closed with fewer bidders than the minimum."""
    case = Case(World(seed=seed), bidders=2, minimum_bidders=3)
    case.close()
    return case
