from __future__ import annotations

import pytest

from signing import der


@pytest.mark.parametrize(
    ("size", "head"), [(0, "0400"), (127, "047f"), (128, "048180"), (256, "04820100"), (65536, "0483010000")]
)
def test_lengths_are_minimal_both_ways(size: int, head: str) -> None:
    element = der.tlv(der.OCTET_STRING, bytes(size))
    assert element.hex().startswith(head)
    assert der.Reader(element).content(der.OCTET_STRING) == bytes(size)


@pytest.mark.parametrize(
    "data",
    [
        "04",
        "0401",
        "0480",
        "048100",
        "04817f" + "00" * 127,
        "0482007f" + "00" * 127,
        "0485000000000100",
        "0481",
        "0501",
    ],
)
def test_other_lengths_are_refused(data: str) -> None:
    with pytest.raises(der.DERError):
        der.Reader(bytes.fromhex(data)).content(der.OCTET_STRING)


def test_sets_are_in_order() -> None:
    elements = [der.integer(2), der.integer(1)]
    assert der.Reader(der.set_of(der.SET, elements)).set_of(der.SET) == elements[::-1]
    for wrong in (der.tlv(der.SET, *elements), der.tlv(der.SET), der.tlv(der.SET, elements[0], elements[0])):
        with pytest.raises(der.DERError):
            der.Reader(wrong).set_of(der.SET)


def test_integers_and_ends() -> None:
    assert der.integer(128).hex() == "02020080"
    reader = der.Reader(der.integer(1) + b"\0")
    assert reader.peek() == der.INTEGER
    reader.element()
    with pytest.raises(der.DERError):
        reader.end()
    assert der.Reader(b"").peek() == -1


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("1.2.840.113549.1.7.2", "06092a864886f70d010702"),
        ("2.16.840.1.101.3.4.2.1", "0609608648016503040201"),
        ("2.999.3", "0603883703"),
        ("0.9.2342", "0603099226"),
        ("2.25.162057351244657885725724804254784797040", None),
    ],
)
def test_object_identifiers_both_ways(dotted: str, encoded: str | None) -> None:
    element = der.oid(dotted)
    assert encoded is None or element.hex() == encoded
    assert der.dotted(element) == dotted


def test_numbers_are_minimal() -> None:
    for value in (0, 1, 127, 128, -1, -128, -129, 2**128):
        size = (value if value >= 0 else ~value).bit_length() // 8 + 1
        assert der.number(value.to_bytes(size, "big", signed=True)) == value
    for content in (b"", b"\0\1", b"\xff\x80"):
        with pytest.raises(der.DERError):
            der.number(content)
