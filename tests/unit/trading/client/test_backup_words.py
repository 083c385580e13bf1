"""Words for backups: SLIP-39's published vectors, and people who type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shamir_mnemonic import MnemonicError, combine_mnemonics

from trading.client.backup_words import Gathering, deal_words, gather, read_group
from trading.client.errors import ClientError

SECRET = bytes(range(32))
VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "slip-39.json").read_text())


@pytest.mark.parametrize("shares, secret", VECTORS)
def test_the_published_vectors(shares: list[str], secret: str) -> None:
    """The library recovers what SLIP-39 says, and what it refuses ours refuses in a sentence."""
    if secret:
        assert combine_mnemonics(shares, b"TREZOR").hex() == secret
        gathering = Gathering()
        for share in shares:
            gathering.add(share)
        assert gathering.complete
    else:
        with pytest.raises(MnemonicError):
            combine_mnemonics(shares, b"TREZOR")
        with pytest.raises(ClientError):
            gather(shares)


def test_any_two_of_three_recover() -> None:
    ((*sheets,),) = deal_words(SECRET, [(2, 3)], 1)
    assert len({len(sheet.split()) for sheet in sheets}) == 1 and len(sheets[0].split()) == 33
    for left_out in range(3):
        assert gather([sheet for n, sheet in enumerate(sheets) if n != left_out]) == SECRET
    assert gather([*sheets, sheets[0]]) == SECRET
    assert gather(["  " + sheets[0].upper().replace(" ", "\n"), sheets[2]]) == SECRET


def test_groups_as_a_department_deals_them() -> None:
    chiefs, safes = deal_words(SECRET, [(1, 1), (2, 3)], 2)
    assert gather([safes[2], chiefs[0], safes[0]]) == SECRET
    with pytest.raises(ClientError, match=r"so far 2/2, 1/2"):
        gather(safes[:2])


def test_who_mistypes_is_told() -> None:
    ((one, other, _),) = deal_words(SECRET, [(2, 3)], 1)
    (stranger,) = deal_words(SECRET, [(1, 1)], 1)[0]
    gathering = Gathering()
    for wrong in ("", "hello world", one.replace(one.split()[9], "zebra"), one.rsplit(" ", 1)[0]):
        with pytest.raises(ClientError, match="mistyped"):
            gathering.add(wrong)
    assert gathering.add(one) and not gathering.add(one)
    with pytest.raises(ClientError, match="another set"):
        gathering.add(stranger)
    assert not gathering.complete and gathering.missing == "1/2"
    assert gathering.add(other)
    assert gathering.secret() == SECRET
    short = deal_words(bytes(16), [(1, 1)], 1)[0]
    with pytest.raises(ClientError, match="another set"):
        gather(short)


@pytest.mark.parametrize("text", ["", "2", "0/1", "3/2", "1/3", "17/17", "2/3/4", "-1/2", "二/三"])
def test_groups_that_cannot_be(text: str) -> None:
    with pytest.raises(ClientError, match="cannot be dealt"):
        read_group(text)
    assert read_group(" 2/3 ") == (2, 3) and read_group("16/16") == (16, 16)
