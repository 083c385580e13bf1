"""A witness as logs and liars meet it: the specification's answers, its memory, its HTTP server."""

from __future__ import annotations

import hashlib
import http.client
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signing import merkle, notes
from signing.cosignatures import CosignatureSigner, CosignatureVerifier, with_cosignatures
from signing.encoding import b64encode
from signing.notes import NoteVerifier
from trading.client.errors import ClientError
from trading.client.witness import Witness
from trading.client.witness_http import WitnessServer
from trading.client.witness_store import WitnessStore, by_origin

AT = datetime(2026, 6, 1, tzinfo=UTC)
ORIGIN = "log.example/a"
# The same key in every process: its signatures are part of tests' names.
LOG = notes.NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
KEY = CosignatureSigner("witness.example/b", notes.generate_note_key())


class Tree:
    """A log of so many leaves; `fork` gives it another past."""

    def __init__(self, fork: str = "") -> None:
        self.tree = merkle.MemoryTree(merkle.leaf_hash(f"{fork}{n}".encode()) for n in range(20))

    def note(self, size: int, signer: notes.NoteSigner = LOG) -> bytes:
        return notes.format_checkpoint(notes.Checkpoint(signer.name, size, self.tree.root(size)), signer)

    def request(self, old: int, new: int, claimed: int | None = None) -> bytes:
        proof = self.tree.consistency(old, new) if old else []
        lines = [f"old {old if claimed is None else claimed}", *map(b64encode, proof), "", ""]
        return "\n".join(lines).encode() + self.note(new)


TREE, FORK = Tree(), Tree("other ")


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    own = Witness(tmp_path, KEY, {ORIGIN: [NoteVerifier.from_vkey(LOG.vkey)]}, lambda: AT)
    yield own
    own.close()


def ask(witness: Witness, body: bytes) -> tuple[int, str]:
    answer = witness.add_checkpoint(body)
    return answer.status, answer.body


def test_it_cosigns_what_grows_and_remembers_it(witness: Witness, tmp_path: Path) -> None:
    for old, new in ((0, 5), (5, 5), (5, 12), (12, 20)):
        status, line = ask(witness, TREE.request(old, new))
        assert status == 200
        cosigned = with_cosignatures(TREE.note(new), [line])
        assert CosignatureVerifier.from_vkey(KEY.vkey).verify(cosigned) == AT
        assert witness.latest(ORIGIN) == cosigned
    witness.close()
    again = Witness(tmp_path, KEY, {ORIGIN: [NoteVerifier.from_vkey(LOG.vkey)]})
    assert ask(again, TREE.request(12, 20)) == (409, "20\n")
    again.close()


def test_409_says_the_size_it_knows(witness: Witness) -> None:
    assert ask(witness, TREE.request(3, 5)) == (409, "0\n")
    ask(witness, TREE.request(0, 5))
    answer = witness.add_checkpoint(TREE.request(0, 9))
    assert (answer.status, answer.body, answer.content_type) == (409, "5\n", "text/x.tlog.size")
    assert ask(witness, TREE.request(3, 4)) == (409, "5\n")  # rolled back: of no use to anybody


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0", b"old x\n\n" + TREE.note(5), b"old 00\n\n" + TREE.note(5), b"new 0\n\n" + TREE.note(5),
        b"old 0\n" + TREE.note(5), b"old 0\n\n", b"old 0\nAAAA\n\n" + TREE.note(5), b"old 0\n\nrubbish\n",
        b"old 0\n" + (b64encode(bytes(32)).encode() + b"\n") * 64 + b"\n" + TREE.note(5),
        b"old 6\n\n" + TREE.note(5), b"\xff", b"old 0\n\n" + bytes(300_000), b"old -1\n\n" + TREE.note(5),
    ],
)  # fmt: skip
def test_400_for_what_is_no_request(witness: Witness, body: bytes) -> None:
    assert ask(witness, body)[0] == 400
    assert witness.latest(ORIGIN) is None


def test_404_for_another_log_and_403_for_another_key(witness: Witness) -> None:
    stranger = notes.NoteSigner("another.example", notes.generate_note_key())
    assert ask(witness, b"old 0\n\n" + TREE.note(5, stranger))[0] == 404
    impostor = notes.NoteSigner(ORIGIN, notes.generate_note_key())
    assert ask(witness, b"old 0\n\n" + TREE.note(5, impostor))[0] == 403
    both = with_cosignatures(TREE.note(5), ["— x.example AAAAAAAA\n"])
    assert ask(witness, b"old 0\n\n" + both)[0] == 200  # lines of unknown keys are left aside
    text, _ = notes.split_note(TREE.note(6))
    line = TREE.note(5).decode().split("\n\n")[1]
    assert ask(witness, f"old 5\n\n{text}\n{line}".encode())[0] == 403  # of another text


def test_422_for_forks_which_are_kept_as_proof(witness: Witness) -> None:
    ask(witness, TREE.request(0, 5))
    for body in (
        FORK.request(5, 9),  # another past
        FORK.request(5, 5),  # another root of the same size
        b"old 5\n\n" + TREE.note(9),  # no proof
        TREE.request(3, 9, claimed=5),  # a proof of something else
    ):
        assert ask(witness, body)[0] == 422
    assert witness.latest(ORIGIN) == with_cosignatures(TREE.note(5), [KEY.cosign(TREE.note(5), AT)])
    kept = [path.read_bytes() for path in witness.refused(ORIGIN)]
    assert any(FORK.note(5) in each and TREE.note(5).rstrip(b"\n") in each for each in kept)
    assert ask(witness, FORK.request(0, 5)) == (409, "5\n")
    assert len(list(witness.refused(ORIGIN))) == len(kept), "the same two are kept once"
    assert ask(witness, TREE.request(5, 9))[0] == 200, "it goes on with the log it knows"


def test_false_proofs_take_no_room_from_forks(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trading.client.witness._MAX_KEPT", 1)
    assert ask(witness, TREE.request(0, 5))[0] == 200
    lines = ["old 5", b64encode(bytes(32)), "", ""]
    for size in (6, 7):
        assert ask(witness, "\n".join(lines).encode() + TREE.note(size))[0] == 422
    assert ask(witness, FORK.request(5, 5))[0] == 422
    assert any(FORK.note(5) in path.read_bytes() for path in witness.refused(ORIGIN))
    assert len(list(witness.refused(ORIGIN))) == 2


def test_the_empty_tree(witness: Witness) -> None:
    empty = notes.format_checkpoint(notes.Checkpoint(ORIGIN, 0, bytes(32)), LOG)
    assert ask(witness, b"old 0\n\n" + empty)[0] == 422
    assert ask(witness, TREE.request(0, 0))[0] == 200
    hashes = b64encode(bytes(32)).encode()
    assert ask(witness, b"old 0\n" + hashes + b"\n\n" + TREE.note(5))[0] == 422
    assert ask(witness, TREE.request(0, 5))[0] == 200


def test_of_two_requests_at_once_none_rolls_the_other_back(witness: Witness) -> None:
    ask(witness, TREE.request(0, 5))
    answers: list[int] = []
    bodies = [TREE.request(5, new) for new in range(6, 20)]
    threads = [threading.Thread(target=lambda b=body: answers.append(ask(witness, b)[0])) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) == 1 and set(answers) == {200, 409}


def test_nothing_is_cosigned_that_is_not_on_disk(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trading.client.witness.write_record", full)
    with pytest.raises(OSError, match="No space"):
        witness.add_checkpoint(TREE.request(0, 5))
    assert witness.latest(ORIGIN) is None


def test_one_process_at_a_time(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(ClientError) as caught:
        Witness(tmp_path, KEY, {})
    assert caught.value.code == "witness-running"


def test_its_folder(tmp_path: Path) -> None:
    store = WitnessStore(tmp_path / "w")
    for act in (lambda: store.signer(None), lambda: store.create("a b", None)):
        with pytest.raises(ClientError):
            act()
    made = store.create("witness.example/b", b"secret")
    assert store.signer(b"secret").vkey == made.vkey
    for act in (lambda: store.signer(b"wrong"), lambda: store.signer(None), lambda: store.create("c", None)):
        with pytest.raises(ClientError):
            act()
    assert (store.folder / "key.pem").stat().st_mode & 0o777 == 0o600
    store.add_log(LOG.vkey, "https://log.example/a/")
    for vkey in (LOG.vkey, "rubbish"):
        with pytest.raises(ClientError):
            store.add_log(vkey, None)
    assert [each.vkey for each in by_origin(store.logs())[ORIGIN]] == [LOG.vkey]
    with (store.folder / "logs.policy").open("ab") as file:
        file.write(b"log what\n")
    with pytest.raises(ClientError) as caught:
        store.logs()
    assert caught.value.code == "policy-vkey" and caught.value.params["line"] == "4"
    assert "4" in caught.value.text("zh")


# --- over HTTP


@pytest.fixture
def served(witness: Witness) -> Iterator[http.client.HTTPConnection]:
    server = WitnessServer(witness, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    yield connection
    connection.close()
    server.shutdown()
    server.server_close()
    thread.join()


def call(connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b"", **headers: str):  # type: ignore[no-untyped-def]
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read()


def test_over_http_on_one_connection(served: http.client.HTTPConnection) -> None:
    place = f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert call(served, "GET", place)[0] == 404
    assert call(served, "POST", "/add-checkpoint", TREE.request(3, 5)) == (409, "text/x.tlog.size", b"0\n")
    status, kind, line = call(served, "POST", "/add-checkpoint", TREE.request(0, 5))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert call(served, "GET", place) == (200, "text/plain; charset=utf-8", TREE.note(5) + line)
    assert call(served, "GET", "/" + "0" * 64 + "/checkpoint")[0] == 404
    assert call(served, "GET", "/add-checkpoint")[0] == 404


def test_over_http_what_is_too_much_is_not_read(served: http.client.HTTPConnection) -> None:
    for length in ("999999999999999", "000000000000099999999"):
        assert call(served, "POST", "/add-checkpoint", b"", **{"Content-Length": length})[0] == 413
    assert call(served, "POST", "/other", b"old 0")[0] == 404
    assert call(served, "POST", "/add-checkpoint", b"", **{"Content-Length": "-5"})[0] == 411
    assert call(served, "PUT", "/add-checkpoint", b"")[0] == 501
    assert call(served, "POST", "/add-checkpoint", TREE.request(0, 5))[0] == 200


POST = b"POST /add-checkpoint HTTP/1.1\r\n"


@pytest.mark.parametrize("start", [b"", POST, POST + b"Content-Length: 9999\r\n\r\n"])
def test_over_http_whoever_trickles_gains_no_time(witness: Witness, start: bytes) -> None:
    server = WitnessServer(witness, "127.0.0.1", 0, seconds=0.3)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    closed = False
    with socket.create_connection(server.server_address[:2], timeout=0.05) as connection:
        connection.sendall(start)
        for _ in range(100):
            try:
                connection.sendall(b"x")
                closed = connection.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                closed = True
            if closed:
                break
    server.shutdown()
    server.server_close()
    assert closed


def test_an_address_that_is_taken(witness: Witness) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ClientError) as caught:
        taken.listen()
        WitnessServer(witness, "127.0.0.1", taken.getsockname()[1])
    assert caught.value.code == "witness-address"
