"""`sunseal receipt check`."""

from __future__ import annotations

from pathlib import Path

import click

from bids.promise import Judgement
from bids.receipt_bundle import Kept, files_of, write_bundle
from bids.receipt_readme import readme
from bids.unlock_receipts import is_unlock_receipt
from signing.notes import NoteVerifier
from trading.client.files import new_file
from trading.client.keyfile import read_lists, read_roots
from trading.client.receipts import (
    Anchors,
    fetch_published,
    judge_kept,
    open_receipt,
    stands_in,
    with_document,
    with_package,
)
from trading.commands.findings import read_log_key, show_finding
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import PATH, lang_option, make_api, say, tsa_crl_option
from trading.commands.sealed_ids import read_sealed

EXIT_BROKEN = 3  # the platform broke its promise, and that is proved

_SAID = {
    "open": (
        "尚不能下结论：上面标明了缺什么。回执本身请妥善保存。",
        "It cannot be told yet: the findings above say what is missing. Keep the receipt.",
    ),
    "nothing": (
        "不能证明任何事：回执、截标声明、台账或解锁声明本身不成立（见上）。这不是对平台的证据。",
        "This proves nothing: receipt, closing, ledger or unlocking statement do not hold by themselves "
        "(see above). It is no proof against the platform.",
    ),
}
_BID = {
    "kept": (
        "平台履行了承诺：投标在台账中。",
        "The platform kept its promise: the bid stands in the ledger.",
    ),
    "broken": (
        "平台没有履行承诺：它签发了回执，台账中却没有这份投标，或与回执不符。"
        "平台自己的两个签名互相矛盾，任何人都能核对。",
        "The platform BROKE its promise: it signed the receipt, and its ledger lacks the bid or has it "
        "otherwise. Two signatures of its own contradict each other, as anybody can check.",
    ),
}
_UNLOCKING = {
    "kept": (
        "平台履行了承诺：您的解锁密钥在解锁声明中。",
        "The platform kept its promise: your secret stands in the unlocking statement.",
    ),
    "broken": (
        "平台没有履行承诺：它签发了解锁回执，解锁声明却称没有收到，或与回执不符。"
        "平台自己的两个签名互相矛盾，任何人都能核对。",
        "The platform BROKE its promise: it signed the receipt for unlocking, and its unlocking statement "
        "lacks the secret or has it otherwise. Two signatures of its own contradict each other, as anybody "
        "can check.",
    ),
}
_MADE_UP = (
    "平台的声明互相矛盾，但根证书是随文件一起来的：谁都可以编造一个平台来签名。"
    "请用 --roots 给出您自己取得的平台根证书再核对，否则不能证明任何事。",
    "Its statements contradict each other, but the root certificates came along with the file, and "
    "anybody can make up a platform that signs. Give the platform's roots, from elsewhere, with --roots: "
    "without them this proves nothing.",
)


@click.command()
@click.argument("receipt", type=PATH)
@click.option("--sealed", type=PATH, help="The sealed bid that the receipt is for.")
@click.option("--package", type=PATH, help="The tender's evidence package, to look the bid up in.")
@click.option("--server", help="The platform's address, to look the bid up there; no token is needed.")
@click.option("--ca", type=PATH, help="PEM of the authorities for the server's TLS certificate.")
@click.option("--roots", type=PATH, help="PEM of the root certificates you trust.")
@click.option("--log-key", help="The log's verifier key that you trust, or a file that holds it.")
@click.option("--tsa-roots", type=PATH, help="PEM of the roots of outside time-stamp authorities you trust.")
@tsa_crl_option
@click.option("--proof", type=PATH, help="Where to write the proof against the platform, if need be.")
@lang_option
def check(
    receipt: Path, sealed: Path | None, package: Path | None, server: str | None, ca: Path | None,
    roots: Path | None, log_key: str | None, tsa_roots: Path | None, tsa_crls: tuple[Path, ...],
    proof: Path | None, lang: Language,
) -> int:  # fmt: skip
    """Did the platform keep the promise of a receipt? RECEIPT is a receipt's file, a bundle of proofs, or a
    proof that somebody lays against the platform.

    A receipt says that your bid was taken in time; once the tender is closed, the bid must stand in the
    ledger that the platform published. If it does not, that is proved by the platform's own signatures, and
    the proof is written as one file for the supervisor, who checks it with this same command and trusts
    neither side. With a receipt for unlocking (bid.unlocked.json) it is your secret that must stand in the
    unlocking statement.

    The exit status is 0 if the promise was kept, 3 if it was broken and that is proved, 1 if neither shows.
    """
    key = read_log_key(log_key)
    anchors = Anchors(
        None if roots is None else read_roots(roots),
        None if key is None else NoteVerifier.from_vkey(key),
        () if tsa_roots is None else read_roots(tsa_roots),
        tuple(crl for path in tsa_crls for crl in read_lists(path)),
    )
    worst = 0
    for kept in open_receipt(receipt):
        if sealed is not None and kept.document is None:
            manifest, signature = read_sealed(sealed)
            kept = with_document(kept, manifest.raw, signature)
        if package is not None:
            kept = with_package(kept, package)
        elif server is not None:
            kept = fetch_published(kept, make_api(server, None, None, ca, lang, need_token=False))
        judgement = judge_kept(kept, anchors)
        # Roots that an accuser brings along are those of any platform that the accuser made up.
        believed = anchors.roots is not None or (package is None and server is not None)
        worst = max(worst, _tell(judgement, kept, receipt, proof if believed else None, believed, lang))
        if package is not None and judgement.verdict == "kept" and stands_in(package, kept) is False:
            say(
                lang,
                "但证据包中没有您的投标文件原样：请用 sunseal verify 核对证据包。",
                "But the evidence package does not hold your files as you have them: check it with "
                "sunseal verify.",
            )
            worst = max(worst, EXIT_FAILED)
    if not anchors.complete:
        say(
            lang,
            "未锚定（unanchored）：根证书或日志公钥不是您自己给出的。请用 --roots 和 --log-key 给出。",
            "Unanchored: root certificates or log key were not your own. Give them with --roots and "
            "--log-key.",
        )
    return worst


def _tell(
    judgement: Judgement, kept: Kept, receipt: Path, proof: Path | None, believed: bool, lang: Language
) -> int:
    for finding in judgement.findings:
        show_finding(finding, lang)
    if judgement.verdict == "broken" and not believed:
        say(lang, *_MADE_UP)
        return EXIT_FAILED
    about = _UNLOCKING if is_unlock_receipt(kept.receipt) else _BID
    say(lang, *(_SAID | about)[judgement.verdict])
    if judgement.verdict != "broken":
        return 0 if judgement.verdict == "kept" else EXIT_FAILED
    _write_proof(kept, receipt, proof, lang)
    return EXIT_BROKEN


def _write_proof(kept: Kept, receipt: Path, proof: Path | None, lang: Language) -> None:
    # A bundle may have two receipts, and two proofs come of it.
    more = ".unlocking" if is_unlock_receipt(kept.receipt) and receipt.suffix == ".zip" else ""
    out = proof or receipt.with_name(f"{receipt.stem}{more}.proof.zip")
    if proof is None and receipt.name.endswith(".proof.zip"):
        return  # the proof itself is what was judged
    with new_file(out) as sink:
        write_bundle(sink, files_of(kept, readme()))
    say(
        lang,
        f"举证文件已写入 {out}。请交给监督部门；对方用 sunseal receipt check {out.name} 核对，"
        "无须相信任何一方。",
        f"The proof is in {out}. Give it to the supervisor, who checks it with "
        f"sunseal receipt check {out.name} and has to trust neither side.",
    )
