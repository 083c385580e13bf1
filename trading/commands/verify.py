"""`sunseal verify`."""

from __future__ import annotations

from pathlib import Path

import click

from bids.package import Package, read_package
from bids.verification import DocumentCheck, Report
from bids.verification import verify as verify_package
from bids.verification.witnesses import key_by_policy
from trading.client.files import open_file, read_file
from trading.client.keyfile import read_lists
from trading.client.policy_file import read_policy_file
from trading.commands.anchors import Anchors, read_pem, record_holds, say_unanchored
from trading.commands.documents import EXIT_OPEN, show_compared
from trading.commands.findings import read_log_key, show_finding
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import PATH, lang_option, say, tsa_crl_option

_MAX_LOG = 1 << 30  # bytes


@click.command()
@click.argument("package", type=PATH)
@click.option("--roots", type=PATH, help="PEM of the root certificates you trust.")
@click.option("--log-key", help="The log's verifier key that you trust, or a file that holds it.")
@click.option("--log-entries", type=PATH, help="All leaves of the log, one a line, as fetched by you.")
@click.option("--outside-roots", type=PATH, help="PEM of the roots of authorities outside the platform.")
@click.option("--tsa-roots", type=PATH, help="PEM of the roots of outside time-stamp authorities you trust.")
@tsa_crl_option
@click.option(
    "--policy", type=PATH, help="Your C2SP tlog-policy: which log, and whose cosignatures of it you want."
)  # fmt: skip
@click.option(
    "--documents/--no-documents", default=None,
    help="Compare the PDF documents with the signed record, or don't; by default where sunseal[platform] is "
    "installed. With --documents the exit status is 3 where one could not be compared.",
)  # fmt: skip
@lang_option
def verify(
    package: Path, roots: Path | None, log_key: str | None, log_entries: Path | None,
    outside_roots: Path | None, tsa_roots: Path | None, tsa_crls: tuple[Path, ...], policy: Path | None,
    documents: bool | None, lang: Language,
) -> int:  # fmt: skip
    """Check an evidence package: signatures, ledger, opening, ranking, log. Needs no network and no platform.

    The exit status is 1 if anything does not hold. Without --roots and --log-key the package's own are
    taken, which shows that it agrees with itself but not who made it: "unanchored". With --log-entries it
    is also checked that the log has no other entries of the tender. --outside-roots are for parties who
    signed with certificates from elsewhere; without them the package's are taken. With --policy the
    log's checkpoint must be cosigned as it says. The signatures of PDF documents are checked where
    sunseal[platform] is installed, and there each document is rendered again from the record and compared.
    """
    anchors, outside, stampers = (read_pem(path) for path in (roots, outside_roots, tsa_roots))
    lists = tuple(crl for path in tsa_crls for crl in read_lists(path))
    rules = None
    if policy is not None:
        read_policy_file(policy)  # a malformed one is the reader's mistake too
        rules = read_file(policy)
    key = read_log_key(log_key)
    entries = None if log_entries is None else read_file(log_entries, _MAX_LOG)
    with open_file(package) as source:
        opened = read_package(source)
        report = verify_package(
            opened, anchors, key, entries, outside, stampers, rules, _documents(), lists
        )
        for finding in report.findings:
            show_finding(finding, lang)
        compared = None
        if documents is not False:
            mine = Anchors(anchors, key or key_by_policy(opened, rules), outside)
            compared = _compare(opened, report, mine, bool(documents), lang)
        pdfs = any(name.endswith(".pdf") for name in opened.names)
    failed = _conclude(report, compared if pdfs else 0, lang)
    return failed or (EXIT_OPEN if documents and pdfs and compared != 0 else 0)


def _compare(package: Package, report: Report, anchors: Anchors, wanted: bool, lang: Language) -> int | None:
    """The documents of the package against its record, as `show_compared`; None where that cannot be done."""
    try:
        from trading.evidence.comparing import compare_all
    except ImportError:
        if wanted:
            raise
        return None
    say(lang, "PDF 文件与签名记录：", "PDF documents against the signed record:")
    if record_holds(report):
        return show_compared(compare_all(package, anchors.trust(package)), lang)
    say(
        lang,
        "    未比较：签名记录本身不成立（见上）。",
        "    Not compared: the signed record does not hold itself (see above).",
    )
    return None


def _documents() -> DocumentCheck | None:
    """What checks PDF documents, where its libraries are: the base install has none."""
    try:
        from trading.evidence.pades_check import examine
    except ImportError:
        return None
    return examine


def _conclude(report: Report, compared: int | None, lang: Language) -> int:
    """The last sentences; `compared` is the exit status of the documents, None if they were not compared."""
    failed = sum(finding.ok is False for finding in report.findings)
    unknown = sum(finding.ok is None for finding in report.findings)
    say_unanchored(report.anchored, lang)
    if failed:
        say(lang, f"核对未通过：{failed} 项不符。", f"The package does NOT hold: {failed} findings failed.")
        return EXIT_FAILED
    if compared == EXIT_FAILED:
        say(
            lang,
            "核对未通过：签名记录成立，但有 PDF 文件与之矛盾。以签名记录为准；"
            "平台签名的这份文件就是对平台的证据。",
            "The package does NOT hold: its signed record does, but a PDF document contradicts it. The "
            "record is what counts; the document, signed by the platform, is evidence against the platform.",
        )
        return EXIT_FAILED
    checked = len(report.findings) - unknown
    rest_zh = f"，{unknown} 项未能核对" if unknown else ""
    rest_en = f", {unknown} could not be checked" if unknown else ""
    say(lang, f"核对通过：{checked} 项符合{rest_zh}。", f"The package holds: {checked} findings{rest_en}.")
    if compared is None:
        say(
            lang,
            "PDF 文件的内容没有与签名记录比较。",
            "What the PDF documents say was NOT compared with the signed record.",
        )
    elif compared == EXIT_OPEN:
        say(
            lang,
            "有 PDF 文件没有与签名记录比较（见上），不能说它们属实。",
            "Not every PDF document was compared with the signed record (see above): those may say anything.",
        )
    return 0
