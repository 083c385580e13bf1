"""`sunseal custodian release`."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from bids.custody import CheckedClosing
from trading.client.custodian_session import open_session
from trading.client.custodian_store import Store
from trading.client.errors import ClientError
from trading.client.journal_telling import CHECKS
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    first_line,
    lang_option,
    local_time,
    read_passphrase,
    read_policy,
    say,
    store_options,
    witness_policy_option,
)


@click.command()
@click.argument("tender")
@store_options
@click.option("--server", help="The platform's address; by default the one of the enrolment.")
@click.option("--token-file", type=PATH, help="A file that holds the token; by default the store's.")
@witness_policy_option
@click.option("--yes", is_flag=True, help="Release without asking, if all checks hold.")
@click.option("--destroy-store", is_flag=True, help="Afterwards destroy this copy of the store, on a laptop.")
@lang_option
def release(
    tender: str, store: Path, passphrase_file: Path | None, server: str | None, token_file: Path | None,
    policy: Path | None, yes: bool, destroy_store: bool, lang: Language,
) -> None:  # fmt: skip
    """Release one tender by hand, in place of the agent: every check is made and shown, then you decide.

    For when the agent's machine is down: recover the backup on a laptop first.
    """
    opened = Store.open(store, read_passphrase(passphrase_file))
    with opened.alone():
        read_token = None if token_file is None else lambda: first_line(token_file)
        agent = open_session(opened, lang, server, read_token, policy=read_policy(policy))
        _show(agent.examine(tender), lang)
        if not yes and not _agreed(lang):
            raise ClientError("release-declined")
        opened.journal.write("by-hand", tender, person=getpass.getuser())
        agent.release(tender)
        say(lang, "份额已释放并提交。", "The shares are released and handed in.")
        if destroy_store:
            opened.destroy()
            say(lang, f"密钥库副本 {store} 已销毁。", f"This copy of the store, {store}, is destroyed.")


def _show(checked: CheckedClosing, lang: Language) -> None:
    notice = checked.notice
    opens = notice.policy.segments[0].opens_at
    say(lang, f"标段：{notice.title}（{notice.buyer.name}）", f"Tender: {notice.title} ({notice.buyer.name})")
    if opens is not None:
        say(lang, f"开启时间：{local_time(opens)}", f"Opening time: {local_time(opens)}")
    count, suppliers = len(checked.current), checked.suppliers
    say(
        lang,
        f"有效投标 {count} 份，来自 {suppliers} 家，下限 {notice.policy.minimum_bidders} 家",
        f"{count} current bids of {suppliers} suppliers; the minimum is {notice.policy.minimum_bidders}",
    )
    say(lang, f"截标声明：{checked.closing_digest}", f"Closing statement: {checked.closing_digest}")
    for zh, en in CHECKS if checked.minimum_reached else CHECKS[:-1]:
        click.echo("✓ " + (zh if lang == "zh" else en))
    if not checked.minimum_reached:
        raise ClientError("release-nothing")


def _agreed(lang: Language) -> bool:
    if not sys.stdin.isatty():
        raise ClientError("release-unasked")
    question = "释放本保管人对该标段的全部份额？" if lang == "zh" else "Release this custodian's shares?"
    return click.confirm(question, default=False, err=True)
