"""Signatures of documents, and every way in which one must not hold."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pypdf import PdfReader

from bids.errors import BidError
from reports import opening_record
from signing.certificates import new_root
from tests.signed_papers import AT, Papers, leaf, party
from tests.unit.reports.make_facts import opening_facts
from trading.evidence.pades_check import DocumentInvalid, check_document, examine


@pytest.fixture(scope="module")
def papers() -> Papers:
    return Papers.made()


@pytest.fixture(scope="module")
def unsigned() -> bytes:
    return opening_record.render(opening_facts(2, 4))


@pytest.fixture(scope="module")
def signed(papers: Papers, unsigned: bytes) -> bytes:
    return papers.sign(unsigned)


def refused(pdf: bytes, papers: Papers) -> str:
    with pytest.raises(DocumentInvalid) as caught:
        check_document(pdf, papers.roots)
    return caught.value.code


def test_a_signed_document_holds_by_the_root_alone(papers: Papers, unsigned: bytes, signed: bytes) -> None:
    assert signed.startswith(unsigned)
    checked = check_document(signed, papers.roots)
    assert checked.signer == papers.signer.certificate
    assert (checked.signed_at, checked.stamps) == (AT, (AT,))
    assert checked.stamped_until == papers.stamper.certificate.not_valid_after_utc


def test_the_seal_is_in_the_field_and_says_who_and_when(signed: bytes) -> None:
    annotation = PdfReader(io.BytesIO(signed)).pages[-1]["/Annots"][0].get_object()
    assert (annotation["/T"], annotation["/F"]) == ("Seal", 132)
    fonts = annotation["/AP"]["/N"]["/Resources"]["/XObject"]["/Seal"]["/Resources"]["/Font"]
    assert all("/FontDescriptor" in each.get_object() for each in fonts.values() if "Sunseal" in str(each))
    left, bottom, right, top = (float(each) for each in annotation["/Rect"])
    assert right - left > 480 and 110 < top - bottom < 130


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.96, 0.999])
def test_one_bit_anywhere(papers: Papers, signed: bytes, place: float) -> None:
    changed = bytearray(signed)
    changed[int(len(changed) * place)] ^= 1
    refused(bytes(changed), papers)


def page_added(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    pages = writer.root["/Pages"]
    page = generic.DictionaryObject(pages["/Kids"][0].get_object())
    pages["/Kids"].append(writer.add_object(page))
    pages["/Count"] = generic.NumberObject(len(pages["/Kids"]))
    writer.update_container(pages)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda pdf: pdf + b"\n", "pdf-uncovered"),
        (page_added, "pdf-changed"),
        (lambda pdf: pdf[: pdf.rindex(b"%%EOF", 0, -10) + 6], "pdf-unsigned"),  # the last time-stamp cut off
        (lambda pdf: pdf[:-200], "pdf-unreadable"),
        (lambda pdf: b"%PDF-1.7 nothing", "pdf-unreadable"),
        (lambda pdf: b"", "pdf-unreadable"),
    ],
)
def test_bytes_added_or_taken(
    papers: Papers, signed: bytes, change: Callable[[bytes], bytes], code: str
) -> None:
    assert refused(change(signed), papers) == code


def test_nothing_is_shown_after_the_signature_under_a_later_time_stamp(papers: Papers, signed: bytes) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    append_signature_field(writer, SigFieldSpec("Other", on_page=0, box=(0, 0, 500, 800)))
    output = io.BytesIO()
    writer.write(output)
    assert refused(papers.signer_of().renew(output.getvalue(), papers.now), papers) == "pdf-changed"


def test_an_unsigned_document(papers: Papers, unsigned: bytes) -> None:
    assert refused(unsigned, papers) == "pdf-unsigned"
    with pytest.raises(BidError) as caught:
        examine(unsigned, papers.roots)
    # A fault, also where the package may be from before: otherwise signatures could be taken off.
    assert "earlier version" in caught.value.text("en") and "早期版本" in caught.value.text("zh")


def test_another_root(signed: bytes) -> None:
    with pytest.raises(DocumentInvalid, match="pdf-invalid"):
        check_document(signed, [new_root("Sunseal Root", AT).certificate])


def test_nobody_else_under_the_root_signs_as_the_platform(papers: Papers, unsigned: bytes) -> None:
    impostor = party(papers.root)
    with pytest.raises(Exception, match="could not be validated"):
        papers.sign(unsigned, signer=impostor)  # its authority's list is not there
    statement = leaf(papers.platform, "statement")
    assert refused(papers.sign(unsigned, signer=statement), papers) == "pdf-stranger"


def test_a_revoked_key_signs_nothing(papers: Papers, unsigned: bytes) -> None:
    with pytest.raises(Exception, match="could not be validated"):
        papers.sign(unsigned, lists=papers.lists([papers.signer]))


def test_without_a_list_of_the_root_only_the_authority_itself_goes_unasked(
    papers: Papers, unsigned: bytes
) -> None:
    assert check_document(papers.sign(unsigned, lists=papers.lists()[1:], answers=[]), papers.roots)
    with pytest.raises(Exception, match="could not be validated"):
        papers.sign(unsigned, lists=papers.lists()[:1], answers=[])


def test_it_holds_long_after_its_certificates_if_stamped_again(unsigned: bytes) -> None:
    papers = Papers.made()
    papers.stamper = leaf(papers.platform, "timestamp", 30)
    signed = papers.sign(unsigned)
    papers.now = AT + timedelta(days=20)
    papers.stamper = leaf(papers.platform, "timestamp", 7000)
    renewed = papers.signer_of().renew(signed, papers.now)
    assert renewed.startswith(signed)
    checked = check_document(renewed, papers.roots)
    assert checked.stamps == (AT, papers.now)
    assert checked.stamped_until == papers.stamper.certificate.not_valid_after_utc
    assert refused(renewed[:-30], papers) == "pdf-unreadable"
