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
