from __future__ import annotations

from datetime import UTC, datetime

import pytest

from signing import notes
from signing.cosignatures import CosignatureSigner, CosignatureVerifier, bare, with_cosignatures
from signing.encoding import b64decode, b64encode
from signing.errors import NoteError

# The example of c2sp.org/tlog-cosignature: its log's checkpoint, and the witness's line with its time.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe\
4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dl\
rDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
""".encode()
AT = datetime(2026, 6, 1, 8, 30, 15, tzinfo=UTC)


def made() -> tuple[bytes, CosignatureSigner, CosignatureVerifier]:
    log = notes.NoteSigner("log.example/a", notes.generate_note_key())
    note = notes.format_checkpoint(notes.Checkpoint("log.example/a", 7, bytes(32)), log)
    witness = CosignatureSigner("witness.example/b", notes.generate_note_key())
    return note, witness, CosignatureVerifier.from_vkey(witness.vkey)


def test_a_cosignature_says_when_and_leaves_the_logs_own_as_it_is() -> None:
    note, witness, verifier = made()
    assert verifier.verify(note) is None
    cosigned = with_cosignatures(note, [witness.cosign(note, AT)])
    assert verifier.verify(cosigned) == AT
    assert bare(cosigned, "log.example/a") == note
    later = with_cosignatures(cosigned, [witness.cosign(note, AT.replace(hour=9))])
    assert verifier.verify(later) == AT.replace(hour=9)


def test_the_layout_is_that_of_the_c2sps_example() -> None:
    line = EXAMPLE.decode().split("\n")[5]
    value = b64decode(line.split(" ")[2])
    assert len(value) == 4 + 8 + 64
    assert int.from_bytes(value[4:12], "big") == 0x641850CB
    note, witness, _ = made()
    own = b64decode(witness.cosign(note, AT).split(" ")[2].strip())
    assert len(own) == len(value) and own[4:12] == int(AT.timestamp()).to_bytes(8, "big")
    assert b64decode(witness.vkey.split("+", 2)[2])[0] == 4
    assert notes.read_checkpoint(EXAMPLE).size == 20852163


@pytest.mark.parametrize("place", [4, 11, 12, 75])
def test_a_line_of_a_known_witness_that_is_altered_spoils_the_note(place: int) -> None:
    note, witness, verifier = made()
    line = witness.cosign(note, AT)
    value = bytearray(b64decode(line.split(" ")[2].strip()))
    value[place] ^= 1
    with pytest.raises(NoteError, match="does not hold"):
        verifier.verify(with_cosignatures(note, [f"— witness.example/b {b64encode(bytes(value))}\n"]))


def test_lines_of_others_count_for_nothing() -> None:
    note, witness, _ = made()
    _, namesake, verifier = made()
    cosigned = with_cosignatures(note, [witness.cosign(note, AT)])
    assert verifier.verify(cosigned) is None
    assert verifier.verify(with_cosignatures(cosigned, [namesake.cosign(note, AT)])) == AT


def test_a_line_without_a_time_or_cut_short_does_not_hold() -> None:
    note, witness, verifier = made()
    value = b64decode(witness.cosign(note, AT).split(" ")[2].strip())
    for bad in (value[:4] + bytes(8) + value[12:], value[:-1], value[:4] + b"\xff" * 8 + value[12:]):
        with pytest.raises(NoteError):
            verifier.verify(with_cosignatures(note, [f"— witness.example/b {b64encode(bad)}\n"]))


def test_a_logs_key_is_no_witnesss() -> None:
    log = notes.NoteSigner("a", notes.generate_note_key())
    with pytest.raises(NoteError, match="no witness"):
        CosignatureVerifier.from_vkey(log.vkey)
    with pytest.raises(NoteError, match="verifier key"):
        CosignatureVerifier.from_vkey("a+b")
    _, witness, _ = made()
    with pytest.raises(NoteError, match="not of the type"):
        notes.NoteVerifier.from_vkey(witness.vkey)


def test_extension_lines_are_cosigned_and_empty_ones_refused() -> None:
    _, witness, verifier = made()
    log = notes.NoteSigner("log.example/a", notes.generate_note_key())
    root = b64encode(bytes(32))
    note = log.sign(f"log.example/a\n7\n{root}\nextension\n")
    assert notes.read_checkpoint(note).size == 7
    assert verifier.verify(with_cosignatures(note, [witness.cosign(note, AT)])) == AT
    with pytest.raises(NoteError):
        notes.read_checkpoint(log.sign(f"log.example/a\n7\n{root}\n\nextension\n"))
    assert notes.is_size("0") and not notes.is_size("01")


def test_whether_a_note_names_a_key() -> None:
    note, witness, _ = made()
    name = "log.example/a"
    own = notes.NoteSigner(name, notes.generate_note_key())
    assert not notes.NoteVerifier.from_vkey(own.vkey).named_in(note)
    text, _ = notes.split_note(note)
    assert notes.NoteVerifier.from_vkey(own.vkey).named_in(own.sign(text))
    assert bare(with_cosignatures(own.sign(text), [witness.cosign(note, AT)]), name) == own.sign(text)
