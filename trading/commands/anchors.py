"""The reader's own anchors, for commands that check a package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bids.package import Package
from bids.trust import Trust
from bids.verification import Report
from bids.verification.anchors import read_trust
from bids.verification.findings import Book
from trading.client.files import read_file
from trading.client.keyfile import read_roots
from trading.commands.group import Language
from trading.commands.options import say


@dataclass(frozen=True)
class Anchors:
    """Root certificates (PEM), the log's verifier key, roots of authorities outside the platform (PEM), each
    None to take the package's."""

    roots: bytes | None
    log_key: str | None
    outside: bytes | None

    def trust(self, package: Package) -> Trust:
        """What follows from them for a package that holds by them."""
        found = read_trust(package, Book(), self.roots, self.log_key, self.outside)
        assert found is not None
        return found


def record_holds(report: Report) -> bool:
    """Whether everything holds but, perhaps, the package's PDF documents."""
    return all(
        finding.files and all(name.endswith(".pdf") for name in finding.files)
        for finding in report.findings
        if finding.ok is False
    )


def read_pem(path: Path | None) -> bytes | None:
    """Root certificates in a file, None without one; ClientError for a file that has none."""
    if path is None:
        return None
    read_roots(path)  # rubbish there is the reader's mistake, not the package's
    return read_file(path)


def say_unanchored(anchored: bool, lang: Language) -> None:
    """What follows if the anchors were not the reader's own."""
    if not anchored:
        say(
            lang,
            "未锚定（unanchored）：根证书或日志公钥取自证据包本身。用 --roots 和 --log-key 给出您自己的。",
            "Unanchored: root certificates or log key came from the package itself. Give your own with "
            "--roots and --log-key.",
        )
