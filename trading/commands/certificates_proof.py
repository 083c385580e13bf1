"""`sunseal certificates proof`."""

from __future__ import annotations

from pathlib import Path

import click

from bids.package import LOG_KEY, ROOTS
from signing.certificates import load_pem
from signing.notes import NoteVerifier
from trading.client.files import open_file
from trading.client.foreign_proof import Shown, check_proof, read_proof
from trading.client.keyfile import read_roots
from trading.commands.findings import read_log_key
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import PATH, lang_option, say

_WHAT = {
    "enrolled": ("平台签署了登记声明", "The platform signed its enrolment"),
    "logged": ("在公开日志中", "It stands in the public log"),
    "day": ("在该机构每日汇总的位置中", "It stands in the party's place under the day's root"),
    "bid": ("它签署了投标", "It signed a bid"),
    "notice": ("它签署了公告，或公告写有这一公钥", "It signed a notice, or a notice names the key"),
}


@click.command()
@click.argument("proof", type=PATH)
@click.option("--roots", type=PATH, help="PEM of the root certificates you trust.")
@click.option("--log-key", help="The log's verifier key that you trust, or a file that holds it.")
@lang_option
def proof(proof: Path, roots: Path | None, log_key: str | None, lang: Language) -> int:
    """Check a proof that the platform certified a key in a party's name: for supervisors, off-line.

    That the platform enrolled the certificate is proved by its own signatures. That the party never asked for
    it is the party's word: ask the platform who did, and when (its acts of that day are under a root in the
    log). The exit status is 0 if the proof holds, 1 if it does not.
    """
    with open_file(proof) as source:
        package, claim, _ = read_proof(source)
        trusted = read_roots(roots) if roots is not None else tuple(load_pem(package.read(ROOTS)))
        key = read_log_key(log_key) or package.read(LOG_KEY).decode("utf-8", "replace").strip()
        found = check_proof(package, claim, trusted, NoteVerifier.from_vkey(key))
    say(lang, f"机构：{claim.name}（{claim.organisation}）", f"Party: {claim.name} ({claim.organisation})")
    say(lang, f"证书：{claim.certificate}", f"Certificate: {claim.certificate}")
    for one in found:
        _show(one, lang)
    if roots is None or log_key is None:
        say(
            lang,
            "未锚定（unanchored）：根证书或日志公钥取自举证文件本身，任何人都可以编造。请用 --roots 和 "
            "--log-key 给出。",
            "Unanchored: root certificates or log key came along with the proof, and anybody can make "
            "those up. Give "
            "your own with --roots and --log-key.",
        )
        return EXIT_FAILED
    if not any(one.refused is None for one in found) or any(one.refused is not None for one in found):
        say(lang, "举证不成立。", "The proof does not hold.")
        return EXIT_FAILED
    say(
        lang,
        "举证成立：平台以该机构名义认可了这张证书。该机构称从未申请；请向平台查询何人何时申请。",
        "The proof holds: the platform certified this key in the party's name. The party says that it "
        "never asked "
        "for it; ask the platform who did, and when.",
    )
    return 0


def _show(one: Shown, lang: Language) -> None:
    zh, en = _WHAT[one.kind]
    mark = "✓" if one.refused is None else "✗"
    tail = " ".join(each for each in (one.at, one.what) if each)
    why = "" if one.refused is None else f"  {one.refused.text(lang)}"
    click.echo(f"{mark} {zh if lang == 'zh' else en}  {tail}{why}".rstrip())
