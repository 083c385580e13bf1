"""Documents that are not what they seem: whatever a reader could see or a program run is a difference."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from reports import opening_record
from tests.signed_papers import AT, Papers
from tests.unit.reports.make_facts import opening_facts
from trading.evidence.pades import as_signed
from trading.evidence.pades_check import check_document
from trading.evidence.pdf_objects import differences, hidden
from trading.evidence.printed import Printed, texts

NAME = "阳光交易 Sunseal"


@pytest.fixture(scope="module")
def papers() -> Papers:
    return Papers.made()


@pytest.fixture(scope="module")
def rendered() -> bytes:
    return opening_record.render(opening_facts(2, 2))


@pytest.fixture(scope="module")
def ours(papers: Papers, rendered: bytes) -> bytes:
    return as_signed(rendered, papers.seal(), AT, NAME)


Change = Callable[[PdfWriter], object]


def rewritten(pdf: bytes, change: Change) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def fonts(writer: PdfWriter) -> list[Any]:
    resources = writer.pages[0]["/Resources"]
    return [each.get_object() for each in resources["/Font"].values()]


def stream(data: bytes, **members: Any) -> DecodedStreamObject:
    made = DecodedStreamObject()
    made.set_data(data)
    made.update({NameObject(f"/{name}"): value for name, value in members.items()})
    return made


def drawn_over(writer: PdfWriter) -> None:
    page = writer.pages[0]
    over = writer._add_object(stream(b"1 1 1 rg 0 0 600 800 re f"))
    page[NameObject("/Contents")] = ArrayObject([page.raw_get("/Contents"), over])


def annotated(writer: PdfWriter) -> None:
    box = ArrayObject([FloatObject(each) for each in (0, 0, 600, 800)])
    note = {"/Type": NameObject("/Annot"), "/Subtype": NameObject("/Square"), "/Rect": box}
    annotation = DictionaryObject({NameObject(name): value for name, value in note.items()})
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(annotation)])


def other_text_table(writer: PdfWriter) -> None:
    """What programs extract is something else than what people see."""
    table = next(each["/ToUnicode"] for each in fonts(writer) if "/ToUnicode" in each)
    table.set_data(table.get_data().replace(b"<4E00>", b"<4E8C>").replace(b"beginbfchar", b"beginbfchar "))


def other_glyphs(writer: PdfWriter) -> None:
    """What people see is something else than what programs extract."""
    font = next(each for each in fonts(writer) if "/FontDescriptor" in each)
    file = font["/FontDescriptor"]["/FontFile2"]
    data = bytearray(file.get_data())
    data[len(data) // 2] ^= 1
    file.set_data(bytes(data))


def layer(writer: PdfWriter) -> None:
    group = {"/Type": NameObject("/OCG"), "/Name": TextStringObject("x")}
    named = DictionaryObject({NameObject(name): value for name, value in group.items()})
    groups = ArrayObject([writer._add_object(named)])
    root = writer._root_object
    root[NameObject("/OCProperties")] = DictionaryObject(
        {NameObject("/OCGs"): groups, NameObject("/D"): DictionaryObject({NameObject("/OFF"): groups})}
    )


def form(writer: PdfWriter) -> None:
    xfa = writer._add_object(stream(b"<xdp/>"))
    writer._root_object["/AcroForm"][NameObject("/XFA")] = xfa


def scripted(writer: PdfWriter) -> None:
    action = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject(name): value for name, value in action.items()}
    )


def seal_elsewhere(writer: PdfWriter) -> None:
    annotation = writer.pages[-1]["/Annots"][0].get_object()
    annotation["/Rect"][1] = FloatObject(float(annotation["/Rect"][1]) + 300)


def seal_of_others(writer: PdfWriter) -> None:
    shown = writer.pages[-1]["/Annots"][0].get_object()["/AP"]["/N"]["/Resources"]["/XObject"]
    seal = shown["/Seal"].get_object()
    other = stream(seal.get_data() + b"\n0 0 0 rg 0 0 100 100 re f")
    other.update({name: seal.raw_get(name) for name in seal if name not in ("/Filter", "/Length")})
    shown[NameObject("/Seal")] = writer._add_object(other)


CHANGES: list[Change] = [
    drawn_over, annotated, other_text_table, other_glyphs, layer, form, seal_elsewhere, seal_of_others,
    scripted,
    lambda writer: writer.add_attachment("award.txt", b"x"),
    lambda writer: writer.add_blank_page(595, 842),
    lambda writer: writer.pages[0].rotate(180),
    lambda writer: writer.pages[0].__setitem__(NameObject("/UserUnit"), NumberObject(2)),
    lambda writer: writer.add_metadata({"/Title": "开标记录 Record of bid opening · 07-1P5805"}),
    lambda writer: writer.add_outline_item("二", 0),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_whatever_is_changed_is_found(ours: bytes, change: Change) -> None:
    assert differences(ours, rewritten(ours, change))


def test_what_is_only_written_otherwise_is_no_difference(ours: bytes) -> None:
    def pack(writer: PdfWriter) -> None:
        for page in writer.pages:
            page.compress_content_streams(level=1)

    other = rewritten(ours, pack)
    assert len(other) != len(ours) and differences(ours, other) == []


def test_the_signature_itself_is_no_difference(papers: Papers, rendered: bytes, ours: bytes) -> None:
    signed = papers.sign(rendered, name=NAME)
    printed = Printed.read(signed)
    assert (printed.platform, printed.signed_at, printed.digest) == (
        NAME, AT, opening_facts(2, 2).statement_digest
    )  # fmt: skip
    # As `make_facts` has one, in other width and case; and one that is not in the document.
    assert printed.written("江苏恒远路桥工程有限公司") == "江苏恒远路桥工程有限公司"
    assert printed.written("ｃａ rasmussen Inc") == "C A RASMUSSEN INC"
    assert printed.written("第三人（集团）") == "第三人（集团）"
    assert len(printed.signed) < len(signed) and differences(ours, printed.signed) == []
    other = as_signed(rendered, papers.seal(), AT, "别人")
    assert differences(other, printed.signed) == [("/Root", "/AcroForm", "/Fields", "0", "/V", "/Name")]


def test_a_time_of_signing_without_its_zone_is_none(papers: Papers, rendered: bytes) -> None:
    signed, count = re.subn(rb"(/M \(D\\072\d{14})Z\)", rb"\1) ", papers.sign(rendered, name=NAME))
    assert count
    with pytest.raises(ValueError, match="when it was made"):
        Printed.read(signed)


def test_other_facts_differ_in_words_before_they_differ_in_metadata(papers: Papers, ours: bytes) -> None:
    other = as_signed(opening_record.render(opening_facts(3, 2)), papers.seal(), AT, NAME)
    assert differences(ours, other)[0][:2] == ("/Root", "/Pages")
    assert texts(ours) != texts(other)


def split(pdf: bytes) -> tuple[bytes, bytes]:
    """A PDF before its table of objects, and from it on."""
    place = pdf.rindex(b"xref\n0 ")
    return pdf[:place], pdf[place:]


def ending(body: bytes, tail: bytes) -> bytes:
    """The two after something was put between them, or the table edited."""
    return body + re.sub(rb"startxref\n\d+", b"startxref\n%d" % len(body), tail)


def beside(rendered: bytes, false: bytes) -> bytes:
    """Another document's objects, under the same numbers, in no table."""
    body, tail = split(rendered)
    objects = split(false)[0]
    return ending(body + objects[objects.index(b"1 0 obj") :], tail)


def mended(rendered: bytes, false: bytes) -> bytes:
    """Readers find that the tables lead to nothing, and look for objects themselves: the other document's."""
    first = split(rendered)[0]
    broken = re.sub(rb"\n(\d+) 0 obj", rb"\n\1 0 xbj", first)
    return broken + beside(rendered, false)[len(first) :]


def other_root(rendered: bytes, _: bytes) -> bytes:
    """Where a file begins, to whoever looks for it, said in a comment."""
    body, tail = split(rendered)
    return ending(body + b"%trailer <</Root 99 0 R>>\n", tail)


def under(rendered: bytes, false: bytes) -> bytes:
    """The false document, over which the true one is written in a revision of its own."""
    body, tail = split(rendered)
    begin = len(false)
    moved = re.sub(rb"(\d{10}) 00000 n", lambda one: b"%010d 00000 n" % (int(one[1]) + begin), tail)
    previous = len(split(false)[0])
    moved = moved.replace(b"trailer\n<<", b"trailer\n<<\n/Prev %d" % previous)
    return false + body + re.sub(rb"startxref\n\d+", b"startxref\n%d" % (begin + len(body)), moved)


def odd_table(rendered: bytes, _: bytes) -> bytes:
    """A number that is one in Python alone."""
    return re.sub(rb"(\n00000)0(\d{4} 00000 n)", rb"\1_\2", rendered, count=1)


@pytest.mark.parametrize("make", [beside, mended, other_root, under, odd_table], ids=lambda one: one.__name__)
def test_what_only_readers_find_that_mend_a_file_is_found(
    papers: Papers, rendered: bytes, ours: bytes, make: Callable[[bytes, bytes], bytes]
) -> None:
    signed = papers.sign(make(rendered, opening_record.render(opening_facts(3, 2))), name=NAME)
    check_document(signed, papers.roots)
    printed = Printed.read(signed).signed
    assert differences(ours, printed) == [] and hidden(rendered, ours, printed, signed)


def test_an_honest_file_hides_nothing(papers: Papers) -> None:
    """Nor does one whose title looks like an object, or that was stamped again."""
    facts = opening_facts(2, 2)
    rendered = opening_record.render(replace(facts, tender=replace(facts.tender, title="10 20 objects")))
    ours, signed = as_signed(rendered, papers.seal(), AT, NAME), papers.sign(rendered, name=NAME)
    for each in (signed, papers.signer_of().renew(signed, papers.now)):
        printed = Printed.read(each).signed
        assert differences(ours, printed) == [] and not hidden(rendered, ours, printed, each)


def test_streams_that_not_all_readers_decode_alike_are_found(ours: bytes) -> None:
    def predicted(writer: PdfWriter) -> None:
        name = NameObject("/DecodeParms")
        writer.pages[0]["/Contents"].get_object()[name] = DictionaryObject()

    assert differences(ours, rewritten(ours, predicted))[0][-1] == "/DecodeParms"


def test_what_is_no_pdf_is_refused(ours: bytes) -> None:
    with pytest.raises(Exception, match=r"."):
        differences(ours, b"%PDF-1.7 nothing")
    encrypted = PdfWriter(clone_from=io.BytesIO(ours))
    encrypted.encrypt("", algorithm="RC4-128")
    output = io.BytesIO()
    encrypted.write(output)
    assert PdfReader(io.BytesIO(output.getvalue())).is_encrypted
    assert differences(ours, output.getvalue()) == [("/Encrypt",)]
