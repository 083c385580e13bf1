"""`sunseal custodian backup`, `recover` and `drill`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from signing.encoding import format_time
from trading.client.backup_words import Gathering, gather, read_group
from trading.client.custodian_backup import (
    Backup,
    new_words,
    open_backup,
    read_about,
    require_room,
    restore,
    words_of,
    write_backup,
)
from trading.client.custodian_drill import drill as rehearse
from trading.client.custodian_store import Store
from trading.client.errors import ClientError
from trading.client.files import read_file, write_file
from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, read_passphrase, say, store_options
from trading.commands.usage import WrongUsage

_backup_option = click.option("--backup", "file", type=PATH, required=True, help="The backup.")
_words_option = click.option(
    "--words-file", "words_files", type=PATH, multiple=True,
    help="A file with one share of the words; may be repeated. Else you are asked for them.",
)  # fmt: skip


@click.command()
@store_options
@click.option("--out", type=PATH, required=True, help="The backup to be made, or made anew.")
@click.option(
    "--words", "groups", multiple=True, metavar="T/N",
    help="Deal the words to N people of whom T recover; repeated, to several groups. By default 1/1.",
)  # fmt: skip
@click.option("--groups", "needed", type=click.IntRange(1, 16), help="How many groups recover; else all.")
@click.option("--new-words", is_flag=True, help="Make new words; backups before open with the old alone.")
@click.option("--words-out", type=PATH, help="Write each share of new words to a file in this folder.")
@lang_option
def backup(
    store: Path, passphrase_file: Path | None, out: Path, groups: tuple[str, ...], needed: int | None,
    new_words: bool, words_out: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Back the store up into an encrypted file, which only words on paper open (SLIP-39).

    The first time the words are made and shown, once. After that the file can be made anew without them, also
    by the agent itself (sunseal custodian run --backup FILE).
    """
    opened = Store.open(store, read_passphrase(passphrase_file))
    if words_of(opened) is None or new_words:
        _deal(opened, [read_group(each) for each in groups or ("1/1",)], needed, words_out, lang)
    elif groups or needed or words_out:
        raise WrongUsage(
            "已有词组；--words、--groups、--words-out 须与 --new-words 同用。",
            "There are words already: --words, --groups and --words-out go with --new-words.",
        )
    about = write_backup(opened, out, datetime.now(UTC))
    opened.journal.write("backed-up", path=out, words=about.words)
    say(
        lang,
        f"备份已写入 {out}，用编号 {about.words} 的词组封存。",
        f"The backup is in {out}, sealed to the words numbered {about.words}.",
    )


def _deal(
    store: Store, groups: Sequence[tuple[int, int]], needed: int | None, folder: Path | None, lang: Language
) -> None:
    new_words(
        store, groups, needed or len(groups),
        lambda number, words: _tell(number, words, groups, folder, lang),
    )  # fmt: skip
    store.journal.write("backup-words", words=words_of(store))
    say(
        lang,
        "\n抄在纸上，各交一人，分开存放；此前的词组连同旧备份应销毁。",
        "\nWrite each on paper, give it to one person, keep them apart; destroy the words before these.",
    )


def _tell(
    number: str, words: list[list[str]], groups: Sequence[tuple[int, int]], folder: Path | None,
    lang: Language,
) -> None:  # fmt: skip
    say(lang, f"备份词组，编号 {number}，只此一次：", f"The words for backups, number {number}, this once:")
    for index, (group, (least, count)) in enumerate(zip(words, groups, strict=True), 1):
        for place, share in enumerate(group, 1):
            name = f"{number}-{index}-{place}.txt"
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_file(folder / name, share.encode() + b"\n", private=True)
            say(
                lang,
                f"\n第 {index} 组第 {place} 份（共 {count} 份，需 {least} 份）"
                + (f"：{folder / name}" if folder is not None else ""),
                f"\nGroup {index}, share {place} of {count}, {least} needed"
                + (f": {folder / name}" if folder is not None else ""),
            )
            if folder is None:
                _print_words(share)


def _print_words(share: str) -> None:
    words = share.split()
    for start in range(0, len(words), 6):
        line = (f"{start + n:2} {word:<10}" for n, word in enumerate(words[start : start + 6], 1))
        click.echo("  " + " ".join(line).rstrip())


@click.command()
@store_options
@_backup_option
@_words_option
@lang_option
def recover(
    store: Path, passphrase_file: Path | None, file: Path, words_files: tuple[Path, ...], lang: Language
) -> None:
    """Make a store from a backup and its words.

    Then see to it that the lost one is of no use: revoke its certificate if it was stolen, make new words.
    """
    require_room(store)
    found = _open(file, words_files, lang)
    made = restore(found, store, read_passphrase(passphrase_file, new=True))
    about, keys = found.about, len(found.tenders)
    made.journal.write("recovered", at=format_time(about.at), words=about.words)
    say(
        lang,
        f"已恢复密钥库 {store}，其中有 {keys} 把密封密钥。\n"
        "下一步：sunseal custodian backup --new-words，然后 sunseal custodian run。"
        "旧机器若失窃，先吊销其证书。",
        f"The store is recovered: {store}, with {keys} sealing keys.\n"
        "Next: sunseal custodian backup --new-words, then sunseal custodian run; if the old machine was "
        "stolen, revoke its certificate first.",
    )


@click.command()
@_backup_option
@_words_option
@click.option("--store", type=PATH, help="Note the drill in the journal of this store.")
@click.option("--passphrase-file", type=PATH, help="A file with that store's passphrase.")
@lang_option
def drill(
    file: Path, words_files: tuple[Path, ...], store: Path | None, passphrase_file: Path | None,
    lang: Language,
) -> int:  # fmt: skip
    """Try a backup and its words: open a sealed test tender with the keys in it. Nothing is sent or kept.

    Exit status 1 if anything does not hold.
    """
    noted = None if store is None else Store.open(store, read_passphrase(passphrase_file))
    found = _open(file, words_files, lang)
    findings = rehearse(found, datetime.now(UTC))
    for one in findings:
        click.echo(("✓ " if one.ok else "✗ ") + (one.zh if lang == "zh" else one.en))
    well = all(one.ok for one in findings)
    if well:
        say(lang, "演练成功：这份备份可以恢复保管人。", "It holds: this backup brings the custodian back.")
    else:
        say(lang, "演练失败：立即重新备份。", "It does not hold: make a new backup at once.")
    if noted is not None and well:
        at = format_time(found.about.at)
        noted.journal.write("drilled", at=at, keys=len(found.tenders))
    return 0 if well else 1


def _open(file: Path, words_files: Sequence[Path], lang: Language) -> Backup:
    about = read_about(file)
    say(
        lang,
        f"{about.name} 的备份，{format_time(about.at)}，词组编号 {about.words}",
        f"A backup of {about.name}, {format_time(about.at)}, words numbered {about.words}",
    )
    if words_files:
        texts = [read_file(each, 4096).decode("utf-8", "replace") for each in words_files]
        return open_backup(file, gather(texts))
    return open_backup(file, _ask(lang))


def _ask(lang: Language) -> bytes:
    """The words, share by share, from a person."""
    if not sys.stdin.isatty():
        raise ClientError("words-not-given")
    gathering = Gathering()
    while not gathering.complete:
        have = gathering.missing
        question = f"词组（已有 {have}）" if lang == "zh" else f"Words (so far {have})"
        try:
            if not gathering.add(click.prompt(question, hide_input=False, err=True)):
                zh, en = "这一份已经输入过，请输入另一份。", "This share is in already; type another."
                click.echo(zh if lang == "zh" else en, err=True)
        except ClientError as error:
            click.echo(error.text(lang), err=True)
    return gathering.secret()
