"""Documents name the edition that they are: by it one of long ago is not called false."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from pypdf import PdfReader

from reports import award_notice, award_report, opening_record, result_notice
from reports.edition import EDITION, producer
from reports.facts import StageFacts
from reports.layout import PORTRAIT, width_of
from reports.seal import SealFacts, render_seal
from tests.unit.reports import make_facts

# What the pages of an edition draw, of documents with the facts of `make_facts`.
DRAWN = {1: "859c8337d11c0c85"}


def drawn(pdf: bytes) -> bytes:
    """The operators of all pages and forms of a document."""
    metadata = PdfReader(io.BytesIO(pdf)).metadata
    assert metadata is not None and metadata["/Producer"] == producer()
    return content_of(pdf)


def content_of(pdf: bytes) -> bytes:
    found = b""
    for page in PdfReader(io.BytesIO(pdf)).pages:
        content = page.get_contents()
        assert content is not None
        forms: Any = page["/Resources"].get("/XObject", {})  # type: ignore[attr-defined]
        found += content.get_data() + b"".join(forms[name].get_object().get_data() for name in sorted(forms))
    return found


def test_who_changes_what_documents_look_like_raises_the_edition() -> None:
    stage = StageFacts("technical", 3, (("丁公司", "证书过期"),), make_facts.DEADLINE, "ab" * 32)
    documents = (
        opening_record.render(make_facts.opening_facts(4, 6)),
        opening_record.render(make_facts.opening_facts(2, 40, segment="price", stages=(stage,))),
        award_report.render(make_facts.award_facts(4, 6)),
        award_notice.render(make_facts.award_notice_facts()),
        result_notice.render(make_facts.result_notice_facts()),
    )
    seal = SealFacts("阳光交易", "Sunseal document", "0f" * 32, make_facts.DEADLINE, make_facts.URL)
    pages = [*map(drawn, documents), content_of(render_seal(seal, width_of(PORTRAIT)))]
    digest = hashlib.sha256(b"".join(pages)).hexdigest()[:16]
    assert DRAWN.get(EDITION) == digest, (
        "Documents come out otherwise than in this edition. Raise EDITION in reports/edition.py and enter "
        f"{digest} for it here; where only reportlab is another, which documents name too, enter it alone."
    )
