"""Bids sealed and signed in TypeScript before the Python code, and the other way; objects judged alike."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bids import names
from bids.envelope import open_files
from bids.errors import BidError
from bids.manifest import Manifest, check_manifest
from bids.notice import Notice
from bids.objects import read_object
from bids.offer import Announcement, Offer, build_announcement, build_offer, recompute
from bids.receipts import Withdrawal, check_receipt
from bids.unlock_file import UnlockFile, read_unlock_file, write_unlock_file
from bids.unlock_receipts import build_unlock_receipt, check_unlock_receipt
from signing import canonical, cms, objects
from signing.certificates import dump_pem, party_of
from signing.encoding import b64decode, b64encode, parse_time
from signing.statements import sign_statement, verify_statement
from signing.suite import SUNSEAL_1
from tests.bids_factory import NOW, Memory, Tender, World
from tests.bids_platform import Actor
from tests.typescript.node import Node, NodeError

WORLD = World(11)
TENDER = WORLD.tender(items=4)
SUPPLIER = WORLD.suppliers[0]
NOTICE = b64encode(TENDER.notice.raw)
OFFER = build_offer(TENDER.notice, TENDER.prices(SUPPLIER), delivery_days=90, quality="合格\n一次验收")
BID = TENDER.seal(SUPPLIER, offer=OFFER)
STAGED = WORLD.tender(items=2, segments=("technical", "price"))
ANNOUNCEMENT = build_announcement(TENDER.notice, delivery_days=30, quality="一级")


def signer(actor: Actor) -> dict[str, str]:
    key = actor.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"key": key, "certificates": dump_pem([actor.signer.certificate, *actor.signer.chain]).decode()}


def judged(act: Any) -> Any:
    """What a refusal says, of either language's code; "fine" where there is none."""
    try:
        act()
    except BidError as error:
        return error.code, error.params
    except NodeError as error:
        assert error.kind == "BidError", error
        return error.code, error.params
    return "fine"


# --- sealed and signed in TypeScript

SIZES = [0, 1, 16_375, 16_376, 16_377, 65_528, 200_000, 4 * 1024 * 1024 - 8]


@settings(max_examples=12)
@given(sizes=st.lists(st.sampled_from(SIZES) | st.integers(0, 40_000), max_size=3), data=st.data())
@example(sizes=[], data=None)
@example(sizes=SIZES, data=None)
def test_sealed_in_typescript_opens_in_python(
    node: Node, sizes: list[int], data: st.DataObject | None
) -> None:
    files = {f"附件 {n}.pdf": (bytes(range(251)) * (size // 251 + 1))[:size] for n, size in enumerate(sizes)}
    sealed = node.ask(
        "bid.seal",
        notice=NOTICE,
        supplier=SUPPLIER.id,
        offer=b64encode(OFFER),
        replaces="2" * 32 if data is not None and data.draw(st.booleans()) else None,
        attachments=[
            {"name": name, "media_type": "application/pdf", "bytes": b64encode(content)}
            for name, content in files.items()
        ],
    )
    raw = b64decode(sealed["manifest"])
    manifest = Manifest.parse(raw)
    check_manifest(manifest, TENDER.notice, SUPPLIER.id)
    assert manifest.bid == sealed["bid"]
    ciphertexts = {(part, number): b64decode(text) for part, number, text, _ in sealed["objects"]}
    for part in manifest.parts:
        for number, entry in enumerate(part.objects):
            ciphertext = ciphertexts[part.part, number]
            assert (canonical.digest(ciphertext), len(ciphertext)) == (entry.sha256, entry.size)
    public = manifest.part("bid", "public")
    context = manifest.context("bid", "public")
    key = SUNSEAL_1.recover(released(TENDER, manifest, "public"), 2, 3, context, public.share_digests)
    assert SUNSEAL_1.decrypt(ciphertexts["public", 0], key, context, 0, True) == OFFER
    memory = Memory()
    opened = open_files(
        manifest,
        released(TENDER, manifest, "files"),
        lambda j: io.BytesIO(ciphertexts["files", j]),
        TENDER.notice,
        memory.sink,
    )
    assert memory.objects == files
    assert all(file.problem is None and file.media_type == "application/pdf" for file in opened)


LOCKED = WORLD.tender(items=2, lock=True)


def test_a_bidders_lock_sealed_in_either_language_opens_in_the_other(node: Node) -> None:
    secret, notice = SUNSEAL_1.lock_secret(), b64encode(LOCKED.notice.raw)
    offer = build_offer(LOCKED.notice, LOCKED.prices(SUPPLIER))
    asked: dict[str, Any] = {
        "notice": notice, "supplier": SUPPLIER.id, "offer": b64encode(offer), "replaces": None,
        "attachments": [{"name": "a.bin", "media_type": "", "bytes": b64encode(b"abc")}],
    }  # fmt: skip
    assert judged(lambda: node.ask("bid.seal", **asked)) == ("lock-secret-missing", {})
    sealed = node.ask("bid.seal", **asked, secret=b64encode(secret))
    manifest = Manifest.parse(b64decode(sealed["manifest"]))
    check_manifest(manifest, LOCKED.notice, SUPPLIER.id)
    assert manifest.is_secret(secret)
    ciphertexts = {(part, number): b64decode(text) for part, number, text, _ in sealed["objects"]}
    memory = Memory()
    shares = released(LOCKED, manifest, "files")
    open_files(
        manifest, shares, lambda j: io.BytesIO(ciphertexts["files", j]), LOCKED.notice, memory.sink, secret
    )
    assert memory.objects == {"a.bin": b"abc"}

    bid = LOCKED.seal(SUPPLIER, offer=offer)
    opening: dict[str, Any] = {
        "notice": notice, "manifest": b64encode(bid.manifest.raw), "part": "public",
        "shares": [share.hex() for share in released(LOCKED, bid.manifest, "public")],
        "objects": [b64encode(bid.ciphertext("public"))],
    }  # fmt: skip
    assert bid.secret is not None
    opened = node.ask("bid.open", **opening, secret=b64encode(bid.secret))
    assert b64decode(opened["index"]) == offer
    assert judged(lambda: node.ask("bid.open", **opening)) == ("lock-secret-missing", {"bid": bid.id})
    other = judged(lambda: node.ask("bid.open", **opening, secret=b64encode(secret)))
    assert other == ("lock-secret-other", {"bid": bid.id})


def locked_of(manifest: Manifest) -> dict[str, str]:
    return {name: getattr(manifest, name) for name in ("tender", "policy", "bid", "lock")}


def test_unlocking_files_and_receipts(node: Node) -> None:
    bid = LOCKED.seal(SUPPLIER)
    assert bid.secret is not None
    file = UnlockFile(LOCKED.id, bid.id, "2026-06-01T02:00:00.000Z", bid.secret)
    data = write_unlock_file(file)
    told = {"tender": file.tender, "bid": file.bid, "opens": file.opens, "secret": b64encode(file.secret)}
    assert b64decode(node.ask("unlock-file.write", **told)) == data
    mailed = b"\xef\xbb\xbf" + data.replace(b"\n", b" \r\n")
    for each in (data, mailed):
        assert read_unlock_file(each) == file and node.ask("unlock-file.read", file=b64encode(each)) == told
    broken = [
        b"",
        b"\xff",
        data * 20,
        data.replace(b"bid: ", b"bid: 0"),
        data.replace(b"secret: ", b"secret: A"),
    ]
    for each in [*broken, data.replace(b"lock: ", b"lock: 0"), data.replace(b"lock", b"look")]:
        refused = judged(lambda each=each: read_unlock_file(each))
        assert refused != "fine" and refused == judged(
            lambda each=each: node.ask("unlock-file.read", file=b64encode(each))
        )
    receipt = sign_statement(build_unlock_receipt(bid.manifest, NOW), WORLD.receipt_signer, NOW)
    asked = {"file": b64encode(receipt), "roots": dump_pem(WORLD.roots).decode()}
    mine = locked_of(bid.manifest)
    at = node.ask("unlock-receipt.check", **mine, **asked)
    assert parse_time(at) == check_unlock_receipt(receipt, WORLD.roots, **mine).received_at == NOW
    with pytest.raises(NodeError) as refusal:
        node.ask("unlock-receipt.check", **locked_of(LOCKED.seal(SUPPLIER).manifest), **asked)
    assert refusal.value.code == "receipt-mismatch"


@pytest.mark.parametrize("length", [0, 100_000, 31 * 2**20, 33 * 2**20])
def test_files_are_measured_in_pieces_or_whole(node: Node, length: int) -> None:
    """Larger ones by a script in pieces, smaller ones by WebCrypto: the same digests."""
    told = node.ask("file.measure", length=length)
    content = (bytes(range(251)) * (length // 251 + 1))[:length]
    assert told["content"] == canonical.digest(content)
    assert told["measured"] == told["read"]


def released(tender: Tender, manifest: Manifest, part: str, segment: str = "bid") -> list[bytes]:
    """Shares of the first and the last custodian."""
    one, context = manifest.part(segment, part), manifest.context(segment, part)
    return [
        SUNSEAL_1.open_share(tender.sealing_keys[n], context, n + 1, one.sealed_shares[n]) for n in (0, 2)
    ]


@pytest.mark.parametrize(
    "actor", [SUPPLIER, WORLD.agency, WORLD.custodians[0]], ids=lambda one: one.party.role
)
def test_signed_in_typescript_holds_in_python(node: Node, actor: Actor) -> None:
    for n in range(20):  # an ECDSA number is now and then a byte shorter
        data = BID.manifest.raw + b" " * n
        signature = b64decode(
            node.ask("cms.sign", data=b64encode(data), at="2026-06-01T01:00:00.500Z", **signer(actor))
        )
        verified = cms.verify_with_chain(data, signature, WORLD.roots, NOW, "parties", "party", [WORLD.crl])
        assert party_of(verified.certificate) == actor.party
        assert verified.signing_time == NOW
        assert len(verified.intermediates) == 1
    late = b64decode(node.ask("cms.sign", data="", at="2051-01-01T00:00:00Z", **signer(actor)))
    assert cms.verify(b"", late).signing_time.year == 2051


def test_statements_signed_in_typescript(node: Node) -> None:
    members = {
        "type": "sunseal/award-decision/v1",
        "at": "2026-06-01T01:00:00.000Z",
        "tender": TENDER.id,
        "opening": "ab" * 32,
        "winner": BID.id,
    }
    asked = {"statement": members, "at": members["at"], **signer(WORLD.agency)}
    file = b64decode(node.ask("statement.sign", **asked))
    read = verify_statement(file, members["type"], WORLD.roots, "parties", "party", [WORLD.crl])
    assert read.statement == members


def test_withdrawals_and_receipts(node: Node) -> None:
    place = {"tender": TENDER.id, "policy": TENDER.notice.policy.digest, "supplier": SUPPLIER.id}
    raw = b64decode(node.ask("withdrawal.build", **place, bid=BID.id, reason="不参加了"))
    assert Withdrawal.parse(raw).reason == "不参加了"
    tender = WORLD.tender()
    bid = tender.submit(SUPPLIER)
    given_ = {"document": b64encode(bid.manifest.raw), "signature": b64encode(bid.signature)}
    told = node.ask("receipt.match", file=b64encode(bid.receipt), **given_)
    receipt = check_receipt(bid.receipt, bid.manifest.raw, bid.signature, WORLD.roots)
    assert (told["bid"], told["document"], told["crl"]) == (bid.id, receipt.document, receipt.crl)
    other = tender.submit(WORLD.suppliers[1])
    for changed in ({"document": b64encode(other.manifest.raw)}, {"signature": b64encode(other.signature)}):
        with pytest.raises(NodeError) as refusal:
            node.ask("receipt.match", file=b64encode(bid.receipt), **{**given_, **changed})
        assert refusal.value.code == "receipt-mismatch"


# --- sealed in Python

LENGTHS = st.sampled_from([0, 1, objects.CHUNK - 8, objects.CHUNK, 65_536]) | st.integers(0, 50_000)


@settings(max_examples=12)
@given(lengths=st.lists(LENGTHS, max_size=3))
def test_sealed_in_python_opens_in_typescript(node: Node, lengths: list[int]) -> None:
    files = {f"{n}.bin": bytes([n + 1]) * length for n, length in enumerate(lengths)}
    bid = TENDER.seal(SUPPLIER, offer=OFFER, attachments=files)
    asked = {"notice": NOTICE, "manifest": b64encode(bid.manifest.raw)}

    def opened(part: str, count: int) -> Any:
        shares = [share.hex() for share in released(TENDER, bid.manifest, part)]
        ciphertexts = [b64encode(bid.ciphertext(part, j)) for j in range(count)]
        return node.ask("bid.open", part=part, shares=shares, objects=ciphertexts, **asked)

    assert b64decode(opened("public", 1)["index"]) == OFFER
    found = opened("files", len(files) + 1)
    assert {name: b64decode(content) for name, _, content in found["files"]} == files
    assert found["names"] == list(files)


def test_what_does_not_open(node: Node) -> None:
    asked: dict[str, Any] = {"notice": NOTICE, "manifest": b64encode(BID.manifest.raw), "part": "public"}
    shares = [share.hex() for share in released(TENDER, BID.manifest, "public")]
    changed = bytearray(BID.ciphertext("public"))
    changed[100] ^= 1
    for facts, code in (
        ({"shares": shares[:1], "objects": [b64encode(BID.ciphertext("public"))]}, "dealing-failed"),
        ({"shares": shares, "objects": [b64encode(bytes(changed))]}, "ciphertext-digest"),
        ({"shares": shares, "objects": [b64encode(BID.ciphertext("files"))]}, "ciphertext-digest"),
        ({"shares": shares, "objects": [b64encode(BID.ciphertext("public")[:-1])]}, "ciphertext-digest"),
        ({"shares": shares, "objects": [b64encode(BID.ciphertext("public") + b"x")]}, "ciphertext-digest"),
        ({"shares": shares, "objects": [""]}, "ciphertext-digest"),
    ):
        with pytest.raises(NodeError) as refusal:
            node.ask("bid.open", **asked, **facts)
        assert refusal.value.code == code


# --- objects judged alike

READERS: dict[str, Any] = {
    "notice": (TENDER.notice.raw, Notice.parse, lambda node, file: node.ask("notice.read", file=file)),
    "manifest": (
        BID.manifest.raw,
        lambda raw: check_manifest(Manifest.parse(raw), TENDER.notice, SUPPLIER.id),
        lambda node, file: node.ask("manifest.check", notice=NOTICE, file=file, supplier=SUPPLIER.id),
    ),
    "announcement": (
        ANNOUNCEMENT,
        lambda raw: Announcement.parse(raw, TENDER.notice),
        lambda node, file: node.ask("announcement.read", notice=NOTICE, file=file),
    ),
    "staged notice": (
        STAGED.notice.raw, Notice.parse, lambda node, file: node.ask("notice.read", file=file)
    ),
    "offer": (
        OFFER,
        lambda raw: Offer.parse(raw, TENDER.notice),
        lambda node, file: node.ask("offer.read", notice=NOTICE, file=file),
    ),
}
VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-3, 2**45) | st.text(max_size=5) | st.sampled_from(
        ["", "0" * 32, "ab" * 32, "1.50", "01", "-1", "1.123456789", "CNY", "public", "bid", "CON", "a/b", [],
         {}, "2026-06-01T02:00:00.000Z", "x" * 501, "AAAA", "9" * 16, "\u202e", "\U0001f600" * 256]
    )
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, ...]] = []
    if isinstance(value, dict):
        inner = [place for name, one in value.items() for place in places(one, (*path, name))]
    elif isinstance(value, list):
        inner = [place for at, one in enumerate(value) for place in places(one, (*path, at))]
    return [*([path] if path else []), *inner]


@settings(max_examples=150)
@given(name=st.sampled_from(sorted(READERS)), data=st.data())
def test_changed_objects_are_judged_alike(node: Node, name: str, data: st.DataObject) -> None:
    raw, python, typescript = READERS[name]
    value = json.loads(raw)
    *above, last = data.draw(st.sampled_from(places(value)))
    holder = value
    for step in above:
        holder = holder[step]
    act = data.draw(st.sampled_from(["replace", "remove", "add", "repeat"]))
    if act == "replace":
        holder[last] = data.draw(VALUES)
    elif act == "remove":
        del holder[last]
    elif act == "add" and isinstance(holder, dict):
        holder["another"] = data.draw(VALUES)
    elif isinstance(holder, list):
        holder.append(holder[last])
    changed = canonical.dumps(value)
    assert judged(lambda: typescript(node, b64encode(changed))) == judged(lambda: python(changed))


def test_members_are_read_as_python_reads_them(node: Node) -> None:
    told, notice = node.ask("notice.read", file=NOTICE), TENDER.notice
    assert (told["digest"], told["digits"], told["title"]) == (notice.digest, 2, notice.title)
    assert told["policy"]["digest"] == notice.policy.digest
    for mine, theirs in zip(told["policy"]["custodians"], notice.policy.custodians, strict=True):
        assert (mine["position"], mine["id"]) == (theirs.position, theirs.id)
        assert mine["fingerprint"] == theirs.sealing_key_digest
    manifest = node.ask(
        "manifest.check", notice=NOTICE, file=b64encode(BID.manifest.raw), supplier=SUPPLIER.id
    )
    assert manifest["digest"] == BID.manifest.digest
    [[certificate, party]] = node.ask(
        "certificate.read", pem=dump_pem([SUPPLIER.signer.certificate]).decode()
    )
    mine = SUPPLIER.party
    assert party == {
        "id": mine.id,
        "organisation": mine.organisation,
        "role": mine.role,
        "name": mine.name,
        "organisationName": mine.organisation_name,
    }
    assert certificate["notAfter"] == SUPPLIER.signer.certificate.not_valid_after_utc.strftime(
        "%Y-%m-%dT%H:%M:%S.000Z"
    )


@pytest.mark.parametrize(
    "name", ["receipt", "release", "award", "entry", "closing", "evaluation", "stage", "withdrawal"]
)
def test_the_other_schemas_are_there(node: Node, name: str) -> None:
    empty = canonical.dumps({"type": f"sunseal/{name}/v1"})
    with pytest.raises(BidError) as ours:
        read_object(empty, name)
    with pytest.raises(NodeError) as theirs:
        node.ask("object.read", name=name, file=b64encode(empty))
    assert (theirs.value.code, theirs.value.params) == (ours.value.code, ours.value.params)


PRICES = st.sampled_from(
    ["0", "1.5", ".95", " 2 ", "00", "-1", "1e3", "", "1,000", "12345678.12345678", "9" * 16]
)


@settings(max_examples=60)
@given(prices=st.lists(PRICES, min_size=3, max_size=5), announced=st.booleans())
def test_offers_are_built_alike(node: Node, prices: list[str], announced: bool) -> None:
    given_ = {str(n): price for n, price in enumerate(prices, 1)}
    more: dict[str, Any] = {"delivery_days": 30, "total_in_words": "壹仟元整"} if announced else {}
    try:
        wanted: Any = build_offer(TENDER.notice, given_, **more)
        assert not recompute(Offer.parse(wanted, TENDER.notice), TENDER.notice).corrections
    except BidError as error:
        wanted = error.code, error.params
    try:
        built = b64decode(node.ask("offer.build", notice=NOTICE, prices=list(given_.items()), announced=more))
    except NodeError as error:
        built = error.code, error.params  # type: ignore[assignment]
    assert built == wanted


@given(
    name=st.text(max_size=12)
    | st.sampled_from(
        ["CON", "com¹.x", "COnın$", "a.", " a", "x" * 201, "nul.txt", "..", "路" * 90, "x\u202egpj.exe"]
    )
)
def test_names_are_judged_alike(node: Node, name: str) -> None:
    told = node.ask("name.judge", name=name)
    made = names.make_safe(name, 7)
    assert told == {"safe": names.is_safe(name), "key": names.same_key(name), "made": made}


def test_every_character_folds_as_in_python(node: Node) -> None:
    """All that both know: a browser may have a newer Unicode than Python 3.11."""
    known = [
        chr(code) for code in range(sys.maxunicode + 1)
        if not 0xD800 <= code < 0xE000 and unicodedata.category(chr(code)) not in ("Cn", "Co")
    ]  # fmt: skip
    several = node.ask("name.keys", names=known)
    assert [each for each, key in zip(known, several, strict=True) if names.same_key(each) != key] == []
