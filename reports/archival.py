"""What makes a document PDF/A-2b (ISO 19005-2): metadata as XMP, an output intent with an sRGB profile."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from PIL import ImageCms
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFCatalog,
    PDFDictionary,
    PDFName,
    PDFStream,
    PDFString,
    PDFZCompress,
)

PDF_VERSION = (1, 7)
_PACKET = "W5M0MpCehiHzreSzNTczkc9d"  # the constant that XMP packets are found by


_format = PDFStream.format


def _format_with_line_end(self: PDFStream, document: Any) -> bytes:
    """A stream as reportlab writes it, with the line end before `endstream` of ISO 19005-2, 6.1.7.1."""
    body: bytes = _format(self, document).removesuffix(b"endstream\n")
    return body + b"\nendstream\n"


# For the whole process: reportlab makes its streams of pages, forms and fonts itself.
PDFStream.format = _format_with_line_end  # type: ignore[method-assign]


class ArchivalCatalog(PDFCatalog):
    """reportlab's catalogue, which knows no output intents."""

    __NoDefault__ = [*PDFCatalog.__NoDefault__, "OutputIntents"]


def make_archival(document: Any, moment: datetime) -> None:
    """Give a finished canvas's document its XMP metadata and output intent.

    The metadata are those of its information dictionary, as PDF/A asks; `moment` is when it was made.
    """
    catalog = document.Catalog
    catalog.__class__ = ArchivalCatalog
    packet = xmp(document.info, moment, document.signature.hexdigest())
    kind = {"Type": PDFName("Metadata"), "Subtype": PDFName("XML")}
    catalog.Metadata = PDFStream(PDFDictionary(kind), packet, filters=[])
    profile = PDFStream(PDFDictionary({"N": 3}), srgb(), filters=[PDFZCompress])
    intent = {
        "Type": PDFName("OutputIntent"),
        "S": PDFName("GTS_PDFA1"),
        "OutputConditionIdentifier": PDFString("sRGB"),
        "RegistryName": PDFString("http://www.color.org"),
        "Info": PDFString("sRGB IEC61966-2.1"),
        "DestOutputProfile": document.Reference(profile),
    }
    catalog.OutputIntents = PDFArray([PDFDictionary(intent)])


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """An ICC profile of sRGB, the same bytes always."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # ISO 19005-2 knows ICC up to version 4.2; what is in it is no newer.
    profile[8:12] = bytes.fromhex("04200000")
    # Instead of the time at which it was made: the day of IEC 61966-2-1.
    profile[24:36] = bytes.fromhex("07cf000a0012000000000000")
    return bytes(profile)


def xmp(info: Any, moment: datetime, seed: str) -> bytes:
    """The metadata of an information dictionary as an XMP packet (ISO 16684-1); `seed` is 32 hex digits that
    the document's id is made of.
    """
    at = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    title, author, subject = (escape(each) for each in (info.title, info.author, info.subject))
    document = uuid.UUID(seed[:32], version=4)
    return f"""<?xpacket begin="\ufeff" id="{_PACKET}"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<pdf:Keywords>{escape(info.keywords)}</pdf:Keywords>
<pdf:Producer>{escape(info.producer)}</pdf:Producer>
<xmp:CreatorTool>{escape(info.creator)}</xmp:CreatorTool>
<xmp:CreateDate>{at}</xmp:CreateDate>
<xmp:ModifyDate>{at}</xmp:ModifyDate>
<xmpMM:DocumentID>uuid:{document}</xmpMM:DocumentID>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
""".encode()
