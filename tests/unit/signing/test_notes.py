from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signing import keys, merkle, notes
from signing.errors import MerkleError, NoteError

ORIGIN = "log.example/交易"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = notes.NoteSigner(ORIGIN, KEY)
VERIFIER = notes.NoteVerifier.from_vkey(SIGNER.vkey)
OTHER = notes.NoteSigner(ORIGIN, notes.generate_note_key())
TREE = merkle.MemoryTree(merkle.leaf_hash(b"%d" % n) for n in range(9))
CHECKPOINT = notes.Checkpoint(ORIGIN, 9, TREE.root())
SIGNED = notes.format_checkpoint(CHECKPOINT, SIGNER)

# The examples of c2sp.org/signed-note and, in Go's package note, of its documentation.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ON"
    "ncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_the_example_of_the_specification() -> None:
    assert notes.NoteVerifier.from_vkey(VKEY).verify(NOTE.encode()) == "This is an example message.\n"


def test_a_checkpoint_round_trips() -> None:
    assert notes.parse_checkpoint(SIGNED, VERIFIER, ORIGIN) == CHECKPOINT
    assert SIGNED.decode().startswith(f"{ORIGIN}\n9\n")


@pytest.mark.parametrize("password", [None, b"secret"])
def test_keys_round_trip(password: bytes | None) -> None:
    pem = notes.save_note_key(KEY, password)
    assert notes.load_note_key(pem, password).private_bytes_raw() == KEY.private_bytes_raw()
    assert notes.vkey_for(ORIGIN, KEY.public_key()) == SIGNER.vkey == VERIFIER.vkey
    with pytest.raises(NoteError):
        notes.load_note_key(pem[:-40], password)
    with pytest.raises(NoteError):
        notes.load_note_key(keys.save_private_pem(generate_private_key(SECP256R1()), password), password)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\n"])
def test_key_names_have_neither_spaces_nor_plus(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        notes.NoteSigner(name, KEY)


@pytest.mark.parametrize(
    "vkey",
    ["", "a+b", VKEY + "\n", VKEY[:-1], VKEY.replace("530d", "530e"), VKEY.replace("+Ae", "+Ab")]
    + [VKEY.replace("+AekyeR", "+BOkyeR"), VKEY.replace("530d903a", "530D903A"), "x" + VKEY],
)
def test_other_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        notes.NoteVerifier.from_vkey(vkey)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "bell\a\n", "return\r\n", "\ud800\n"])
def test_other_texts_are_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        SIGNER.sign(text)


def test_a_witnesss_line_is_let_by_only_when_asked() -> None:
    witness = notes.NoteSigner("witness.example", KEY).sign(notes.NoteVerifier.verify(VERIFIER, SIGNED))
    cosigned = SIGNED + witness[witness.rindex(b"\n\n") + 2 :]
    assert notes.parse_checkpoint(cosigned, VERIFIER, ORIGIN, strict=False) == CHECKPOINT
    with pytest.raises(NoteError, match="exactly one"):
        notes.parse_checkpoint(cosigned, VERIFIER, ORIGIN)
    twice = SIGNED + SIGNED[SIGNED.rindex(b"\n\n") + 2 :]
    with pytest.raises(NoteError, match="once"):
        notes.parse_checkpoint(twice, VERIFIER, ORIGIN, strict=False)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff",
        b"x" * (1 << 20) + b"x",
        SIGNED[:-1],
        SIGNED + b"\n",
        SIGNED + b"x",
        SIGNED.replace(b"\n9\n", b"\n8\n"),
        SIGNED.replace(b"\n\n", b"\n"),
        SIGNED.replace("— ".encode(), b"- "),
        SIGNED.replace("— log".encode(), "—  log".encode()),
        SIGNED.replace(b"=\n", b"\n"),
        NOTE.encode(),
        "a\n\n— a AAAA\n".encode(),
        "a\tb\n\n— a AAAAAAAA\n".encode(),
        OTHER.sign(f"{ORIGIN}\n9\n"),
    ],
)
def test_other_notes_are_refused(note: bytes) -> None:
    with pytest.raises(NoteError):
        VERIFIER.verify(note)


ROOT = "A" * 43 + "="


@pytest.mark.parametrize(
    "text",
    [f"{ORIGIN}\n9\n", f"{ORIGIN}\n09\n{ROOT}\n", f"{ORIGIN}\n-1\n{ROOT}\n", f"{ORIGIN}\n9\nAAAA\n"]
    + [f"{ORIGIN}\n9\n{ROOT}\nextension\n", f"\n9\n{ROOT}\n", f"{ORIGIN}\n9\n!\n", f"other\n9\n{ROOT}\n"]
    + [f"{ORIGIN}\n{'9' * 20}\n{ROOT}\n"],
)
def test_other_checkpoints_are_refused_though_signed(text: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_checkpoint(SIGNER.sign(text), VERIFIER, ORIGIN)


def test_a_checkpoint_is_not_written_wrong() -> None:
    for checkpoint in (
        notes.Checkpoint("other", 9, bytes(32)),
        notes.Checkpoint(ORIGIN, -1, bytes(32)),
        notes.Checkpoint(ORIGIN, 9, b"short"),
    ):
        with pytest.raises(NoteError):
            notes.format_checkpoint(checkpoint, SIGNER)


class TestProof:
    proof = notes.format_proof(4, TREE.inclusion(4), SIGNED)

    def test_it_round_trips_and_verifies(self) -> None:
        parsed = notes.parse_proof(self.proof)
        assert parsed == notes.Proof(4, tuple(TREE.inclusion(4)), SIGNED)
        assert notes.format_proof(parsed.index, parsed.hashes, parsed.checkpoint) == self.proof
        assert notes.verify_proof(self.proof, b"4", VERIFIER, ORIGIN) == CHECKPOINT

    def test_a_tree_of_one_leaf_has_an_empty_path(self) -> None:
        tree = merkle.MemoryTree([merkle.leaf_hash(b"x")])
        signed = notes.format_checkpoint(notes.Checkpoint(ORIGIN, 1, tree.root()), SIGNER)
        assert notes.verify_proof(notes.format_proof(0, [], signed), b"x", VERIFIER, ORIGIN).size == 1

    def test_another_leaf_or_place_is_refused(self) -> None:
        with pytest.raises(MerkleError):
            notes.verify_proof(self.proof, b"5", VERIFIER, ORIGIN)
        with pytest.raises(MerkleError):
            notes.verify_proof(self.proof.replace(b"index 4", b"index 5"), b"4", VERIFIER, ORIGIN)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"@v1", b"@v2"),
            (b"index 4\n", b""),
            (b"index 4", b"index 04"),
            (b"index 4", b"index -4"),
            (b"index 4", b"extra AAAA\nindex 4"),
            (b"index 4", b"Index 4"),
            (b"index 4\n", b"index 4\nAAAA\n"),
            (b"index 4\n", b"index 4\r\n"),
            (b"c2sp", b"\xffc2sp"),
            (b"\n\n", b"\n"),
        ],
    )
    def test_other_forms_are_refused(self, old: bytes, new: bytes) -> None:
        with pytest.raises(NoteError):
            notes.verify_proof(self.proof.replace(old, new), b"4", VERIFIER, ORIGIN)
