"""`sunseal verify`."""

from __future__ import annotations

from pathlib import Path

import click

from bids.package import read_package
from bids.verification import DocumentCheck, Report
from bids.verification import verify as verify_package
from trading.client.errors import ClientError
from trading.client.files import read_file
from trading.client.keyfile import read_roots
from trading.client.policy_file import read_policy_file
from trading.commands.findings import read_log_key, show_finding
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import PATH, lang_option, say

_MAX_LOG = 1 << 30  # bytes


@click.command()
@click.argument("package", type=PATH)
@click.option("--roots", type=PATH, help="PEM of the root certificates you trust.")
@click.option("--log-key", help="The log's verifier key that you trust, or a file that holds it.")
@click.option("--log-entries", type=PATH, help="All leaves of the log, one a line, as fetched by you.")
@click.option("--outside-roots", type=PATH, help="PEM of the roots of authorities outside the platform.")
@click.option("--tsa-roots", type=PATH, help="PEM of the roots of outside time-stamp authorities you trust.")
@click.option(
    "--policy", type=PATH, help="Your C2SP tlog-policy: which log, and whose cosignatures of it you want."
)  # fmt: skip
@lang_option
def verify(
    package: Path, roots: Path | None, log_key: str | None, log_entries: Path | None,
    outside_roots: Path | None, tsa_roots: Path | None, policy: Path | None, lang: Language,
) -> int:  # fmt: skip
    """Check an evidence package: signatures, ledger, opening, ranking, log. Needs no network and no platform.

    The exit status is 1 if anything does not hold. Without --roots and --log-key the package's own are
    taken, which shows that it agrees with itself but not who made it: "unanchored". With --log-entries it
    is also checked that the log has no other entries of the tender. --outside-roots are for parties who
    signed with certificates from elsewhere; without them the package's are taken. With --policy the
    log's checkpoint must be cosigned as it says. The signatures of PDF documents are checked where
    sunseal[platform] is installed.
    """
    anchors, outside, stampers = (_pem(path) for path in (roots, outside_roots, tsa_roots))
    rules = None
    if policy is not None:
        read_policy_file(policy)  # a malformed one is the reader's mistake too
        rules = read_file(policy)
    key = read_log_key(log_key)
    entries = None if log_entries is None else read_file(log_entries, _MAX_LOG)
    try:
        source = package.open("rb")
    except OSError as error:
        raise ClientError("file-unreadable", path=package, reason=error.strerror) from None
    with source:
        report = verify_package(
            read_package(source), anchors, key, entries, outside, stampers, rules, _documents()
        )
    for finding in report.findings:
        show_finding(finding, lang)
    return _conclude(report, lang)


def _documents() -> DocumentCheck | None:
    """What checks PDF documents, where its libraries are: the base install has none."""
    try:
        from trading.evidence.pades_check import examine
    except ImportError:
        return None
    return examine


def _pem(path: Path | None) -> bytes | None:
    if path is None:
        return None
    read_roots(path)  # rubbish there is the reader's mistake, not the package's
    return read_file(path)


def _conclude(report: Report, lang: Language) -> int:
    failed = sum(finding.ok is False for finding in report.findings)
    unknown = sum(finding.ok is None for finding in report.findings)
    if not report.anchored:
        say(
            lang,
            "未锚定（unanchored）：根证书或日志公钥取自证据包本身。用 --roots 和 --log-key 给出您自己的。",
            "Unanchored: root certificates or log key came from the package itself. Give your own with "
            "--roots and --log-key.",
        )
    if failed:
        say(lang, f"核对未通过：{failed} 项不符。", f"The package does NOT hold: {failed} findings failed.")
        return EXIT_FAILED
    checked = len(report.findings) - unknown
    rest_zh = f"，{unknown} 项未能核对" if unknown else ""
    rest_en = f", {unknown} could not be checked" if unknown else ""
    say(lang, f"核对通过：{checked} 项符合{rest_zh}。", f"The package holds: {checked} findings{rest_en}.")
    return 0
