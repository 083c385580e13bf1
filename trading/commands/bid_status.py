"""`sunseal bid status`."""

from __future__ import annotations

from pathlib import Path

import click

from signing.encoding import is_id
from trading.client.supplier import Supplier
from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, make_api, say, server_options
from trading.commands.sealed_ids import read_sealed
from trading.commands.usage import WrongUsage

_STATES = {
    "published": "招标中", "closed": "已截止", "opening": "开标中", "judging": "阶段评审",
    "opened": "已开标", "evaluated": "已评标", "awarded": "已定标", "failed": "流标", "cancelled": "已取消",
    "current": "有效", "replaced": "已被替换", "withdrawn": "已撤回", "void": "已失效",
}  # fmt: skip


@click.command()
@click.argument("sealed", type=PATH, required=False)
@click.option("--tender", help="The tender's id, if no sealed bid is named.")
@server_options
@lang_option
def status(
    sealed: Path | None, tender: str | None, server: str, token: str | None, token_file: Path | None,
    ca: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Show a tender's state and your own bids there."""
    if sealed is not None:
        tender = tender or read_sealed(sealed)[0].tender
    if not is_id(tender):
        raise WrongUsage(
            "请给出密封的投标文件，或 --tender（32 位十六进制）。",
            "Name a sealed bid, or --tender (32 hexadecimal digits).",
        )
    api = make_api(server, token, token_file, ca, lang)
    shown = api.get(f"/tenders/{tender}")
    state = _word(str(shown["state"]), lang)
    say(lang, f"标段：{shown['title']}  状态：{state}", f"Tender: {shown['title']}  State: {state}")
    say(lang, f"截止时间：{shown['deadline']}", f"Deadline: {shown['deadline']}")
    bids = Supplier(api, ()).bids(str(tender))
    if not bids:
        say(lang, "您在此没有投标。", "You have no bid there.")
    for bid in bids:
        click.echo(f"  {bid['bid']}  {bid['received_at']}  {_word(str(bid['state']), lang)}")
        for one in bid["wanted"]:
            say(
                lang,
                f"    平台遗失了密文 {one['part']} {one['number']}：请在 {one['until']} 前"
                "用 sunseal bid submit 再次提交同一份 bid.sealed。",
                f"    The platform lost the ciphertext {one['part']} {one['number']}: before {one['until']} "
                "hand in the same bid.sealed again with sunseal bid submit.",
            )


def _word(state: str, lang: Language) -> str:
    return _STATES.get(state, state) if lang == "zh" else state
