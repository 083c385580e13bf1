"""Whether a signed document says what the signed record says: rendered again from the evidence package, and
compared with all that a reader sees of it, or that a program finds in it.

1. The signature holds, as `pades_check` says; so nothing that follows it changes what is seen.
2. The facts are put together from the package, which must hold (`repeating`); the document is rendered from
   them, and prepared for a signature with the seal for the signer that it has.
3. The two are compared object by object as of the signature (`pdf_objects`), not by their texts: glyphs that
   show something else than their text, hidden layers, scripts or attachments differ as much as words do. And
   the file holds no objects beside those, which readers would find that mend a file.

Other editions of the documents, or of the libraries that draw them, may give other pages from the same facts.
A document that differs and was made by such, as it says itself, is neither right nor wrong by this.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

from bids import package as names
from bids.errors import BidError
from bids.package import Package, record_names
from bids.trust import SKEW, Trust
from reports import award_notice, award_report, opening_record, result_notice
from reports.errors import ReportError
from reports.layout import PORTRAIT, width_of
from reports.seal import SealFacts, render_seal
from signing.profile import fingerprint
from trading.errors import TradingError
from trading.evidence.pades import as_signed
from trading.evidence.pades_check import CheckedDocument, DocumentInvalid, check_document
from trading.evidence.pdf_objects import differences, hidden
from trading.evidence.printed import Garbled, Printed, metadata, texts
from trading.evidence.repeating import Repeated
from trading.evidence.seals import roots_url, signer_name

RECORD, REPORT, NOTICE, RESULT = "opening-record", "award-report", "award-notice", "result-notice"
PLATFORM = "platform"
_TITLES = {
    RECORD: opening_record.TITLE_EN,
    REPORT: award_report.TITLE_EN,
    NOTICE: award_notice.TITLE_EN,
    RESULT: result_notice.TITLE_EN,
}
_BID = r"投标标识Bidid([0-9a-f]{32})"
_SHOWN = 6
_LINES = 1000  # of a page that are compared: one made to take for ever has more

Verdict = Literal["same", "differs", "incomparable"]
# A kind of document, and of an opening record which segment's, None for the last.
Wanted = tuple[str, str | None]
Which = Callable[[Printed], Wanted | None]


@dataclass(frozen=True)
class TextDifference:
    """Lines of one page that differ: the document's, and those that the record gives."""

    page: int
    document: str
    record: str


@dataclass(frozen=True)
class Compared:
    """What came out for one document.

    kind: of the four, None where it is none of this tender's. verdict: "incomparable" is a document that
    differs, or that cannot be rendered here, and says that another version made it. code: why it is not the
    same; detail: of that. exact: the same to the byte, not only to readers. texts: where its words differ,
    a few at most. taken: what the document alone says, by kind, as no package has it.
    """

    kind: str | None
    verdict: Verdict
    code: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False
    texts: tuple[TextDifference, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)


def compare_all(package: Package, trust: Trust) -> dict[str, Compared]:
    """Every document of a package that holds, by its name there."""
    wanted: dict[str, Wanted] = {
        names.AWARD_REPORT: (REPORT, None), names.AWARD_NOTICE: (NOTICE, None),
    }
    for segment in _segments(package):
        wanted[record_names(segment)[1]] = (RECORD, segment)
    found = {}
    for name in package.names:
        if name.endswith(".pdf"):
            found[name] = _compare(package, trust, package.read(name), _always(wanted.get(name)))
    return found


def compare(package: Package, trust: Trust, pdf: bytes) -> Compared:
    """A document that was handed out: its title and the statement that it names say which one it is to be."""

    def which(printed: Printed) -> Wanted | None:
        for kind, title in _TITLES.items():
            if f" {title} · " in printed.title:
                return kind, _segment_of(package, printed.digest) if kind == RECORD else None
        return None

    return _compare(package, trust, pdf, which)


def _always(wanted: Wanted | None) -> Which:
    return lambda _: wanted


def _compare(package: Package, trust: Trust, pdf: bytes, which: Which) -> Compared:
    try:
        checked = check_document(pdf, trust.roots)
    except DocumentInvalid as invalid:
        return Compared(None, "differs", invalid.code)
    try:
        printed = Printed.read(pdf)
    except Exception:  # signed by the platform, and made to break whoever reads it
        return Compared(None, "differs", "pdf-unreadable")
    wanted = which(printed)
    if wanted is None or (wanted[0] != RECORD and names.AWARD not in package):
        return Compared(None, "differs", "other-document", {"title": printed.title})
    kind, segment = wanted
    try:
        return _compare_with(package, trust, pdf, printed, checked, kind, segment)
    except Garbled as error:
        return Compared(kind, "differs", "unreadable", {"reason": str(error)})
    except TradingError as error:  # a rule pack that this version does not have
        return Compared(kind, "incomparable", "pack-unknown", {"reason": error.code})
    except ReportError as error:
        return Compared(kind, "incomparable", "unrenderable", {"reason": str(error)})
    except BidError:  # the package has no record of that segment
        return Compared(kind, "differs", "other-document", {"title": printed.title})


def _compare_with(
    package: Package, trust: Trust, pdf: bytes, printed: Printed, checked: CheckedDocument, kind: str,
    segment: str | None,
) -> Compared:  # fmt: skip
    facts = Repeated(package, trust, printed, segment)
    rendered = _render(facts, kind, printed)
    if rendered is None:
        return Compared(kind, "differs", "other-bidder")
    taken = {PLATFORM: printed.platform, **facts.taken}
    if abs(printed.signed_at - checked.signed_at) > SKEW:
        return Compared(kind, "differs", "signed-at", taken=taken)
    seal = SealFacts(
        platform=printed.platform,
        signer=signer_name(checked.signer),
        fingerprint=fingerprint(checked.signer),
        signed_at=printed.signed_at,
        roots_url=roots_url(facts.public_url),
    )
    mine = as_signed(rendered, render_seal(seal, width_of(PORTRAIT)), printed.signed_at, printed.platform)
    try:
        where = differences(mine, printed.signed)
        beside = not where and hidden(rendered, mine, printed.signed, pdf)
        changed = tuple(_text_differences(texts(mine), texts(printed.signed))) if where else ()
    except Exception as error:  # as above
        return Compared(kind, "differs", "unreadable", {"reason": type(error).__name__}, taken=taken)
    if not where and not beside:
        return Compared(kind, "same", exact=printed.signed.startswith(rendered), taken=taken)
    here = str(metadata(mine).get("/Producer"))
    if printed.producer != here:
        made = {"made": printed.producer or "–", "here": here}
        return Compared(kind, "incomparable", "other-version", made, texts=changed, taken=taken)
    if beside:
        return Compared(kind, "differs", "hidden", taken=taken)
    code = "words" if changed else "drawing"
    return Compared(kind, "differs", code, {"where": "".join(where[0])}, texts=changed, taken=taken)


def _render(facts: Repeated, kind: str, printed: Printed) -> bytes | None:
    """The document once more; None for a notice to nobody who is to have one."""
    if kind == RECORD:
        return opening_record.render(facts.opening())
    if kind == REPORT:
        return award_report.render(facts.award())
    if kind == NOTICE:
        return award_notice.render(facts.award_notice())
    supplier = facts.supplier_of(printed.found(_BID) or "")
    return result_notice.render(facts.result_notice(supplier)) if supplier in facts.losers else None


def _segments(package: Package) -> list[str]:
    return list(Repeated.segments_of(package))


def _segment_of(package: Package, digest: str) -> str | None:
    """The segment whose opening record has that digest; None for the last."""
    return next((each for each in _segments(package) if Repeated.digest_of(package, each) == digest), None)


def _text_differences(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[TextDifference]:
    left = 0
    for page, (mine, said) in enumerate(zip_longest(ours, theirs, fillvalue=""), start=1):
        if mine == said:
            continue
        lines, other = mine.splitlines()[:_LINES], said.splitlines()[:_LINES]
        matcher: Any = difflib.SequenceMatcher(None, lines, other, autojunk=False)
        for tag, i, j, k, m in matcher.get_opcodes():
            if tag != "equal":
                yield TextDifference(page, " ".join(other[k:m]), " ".join(lines[i:j]))
                left += 1
                if left == _SHOWN:
                    return
