"""`sunseal document check`."""

from __future__ import annotations

from pathlib import Path

import click

from bids.package import read_package
from bids.verification import verify
from trading.client.files import open_file, read_file
from trading.commands.anchors import Anchors, read_pem, record_holds, say_unanchored
from trading.commands.documents import kind_of, show_compared
from trading.commands.findings import read_log_key, show_finding
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import PATH, lang_option, say

_MAX_PDF = 256 << 20  # bytes, as in a package


@click.command()
@click.argument("document", type=PATH)
@click.argument("package", type=PATH)
@click.option("--roots", type=PATH, help="PEM of the root certificates you trust.")
@click.option("--log-key", help="The log's verifier key that you trust, or a file that holds it.")
@click.option("--outside-roots", type=PATH, help="PEM of the roots of authorities outside the platform.")
@lang_option
def check(
    document: Path, package: Path, roots: Path | None, log_key: str | None, outside_roots: Path | None,
    lang: Language,
) -> int:  # fmt: skip
    """Does a PDF that was handed out say what the signed record says? DOCUMENT is an opening record, an award
    report, an award notice or a notice of the result; PACKAGE the tender's evidence package.

    The package is verified, the document rendered again from it, and the two compared with all that is in
    them. Further time-stamps on the document change nothing.

    The exit status is 0 if it does, 1 if it contradicts the record, or if its signature or the package does
    not hold, 3 if it could not be compared.
    """
    from trading.evidence.comparing import compare

    anchors = Anchors(read_pem(roots), read_log_key(log_key), read_pem(outside_roots))
    pdf = read_file(document, _MAX_PDF)
    with open_file(package) as source:
        opened = read_package(source)
        report = verify(opened, anchors.roots, anchors.log_key, outside_roots=anchors.outside)
        if not record_holds(report):
            for finding in report.findings:
                if finding.ok is False:
                    show_finding(finding, lang)
            say(
                lang,
                "未比较：证据包本身不成立（见上）。",
                "Not compared: the package itself does not hold (see above).",
            )
            return EXIT_FAILED
        found = compare(opened, anchors.trust(opened), pdf)
    status = show_compared({document.name + kind_of(found, lang): found}, lang)
    say_unanchored(report.anchored, lang)
    return status
