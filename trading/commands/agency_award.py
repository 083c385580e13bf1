"""`sunseal agency files | decide-unlocking | stage | evaluate | award`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bids.custody import check_closed
from bids.opening_record import OpeningRecord
from bids.unlocking import REVOKED, WITHDRAWN
from signing import suite
from signing.notes import NoteVerifier
from trading.client.agency import Agency, LastOpening
from trading.client.attachments import open_attachments
from trading.client.closed import fetch_closed, fetch_trust
from trading.client.errors import ClientError
from trading.client.unlocking import fetch_unlocking
from trading.commands.agency import make_agency, signing_options, tender_option
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import PATH, first_line, say
from trading.commands.usage import WrongUsage


@click.command()
@tender_option
@click.option("--envelope-key", type=PATH, required=True, help="The file that `envelope-key` made.")
@click.option("--out", type=PATH, required=True, help="A folder; each bid gets one of its own in it.")
@signing_options
def files(tender: str, envelope_key: Path, out: Path, lang: Language, **options: Any) -> int:
    """Fetch and open the attachments of all bids in the segment that opened last, after checking the closing
    by itself."""
    agency, own = make_agency(lang=lang, **options)
    opening = _opening(agency, tender)
    try:
        key = suite.SUNSEAL_1.sealing_key(bytes.fromhex(first_line(envelope_key)))
    except ValueError:
        raise ClientError("envelope-key-malformed", path=envelope_key) from None
    log = NoteVerifier.from_vkey(agency.api.raw("/log/key").decode().strip())
    trust = fetch_trust(agency.api, tender, own.roots, log)
    checked = check_closed(fetch_closed(agency.api, tender).closed, trust, None, None)
    opened = {row.bid for row in opening.record.bids if row.opened}
    secrets: dict[str, bytes | None] = {}
    if checked.policy.lock and (unlocking := fetch_unlocking(agency.api, tender, trust)) is not None:
        secrets = {row.bid: row.secret for row in unlocking.bids}
    status = 0
    for bid in checked.current:
        if bid.bid not in opened:
            continue
        folder = out / bid.bid
        folder.mkdir(parents=True)
        secret, into = secrets.get(bid.bid), opening.segment
        for file in open_attachments(agency.api, checked.notice, bid.manifest, key, folder, into, secret):
            if file.problem is None:
                click.echo(f"{folder / file.name}")
            else:
                status = EXIT_FAILED
                click.echo(f"{folder / file.name}: {file.problem.text(lang)}", err=True)
    return status


@click.command("decide-unlocking")
@tender_option
@click.option("--revoked", multiple=True, metavar="BID", help="Not unlocked by its bidder's fault; repeat.")
@click.option("--withdrawn", multiple=True, metavar="BID", help="Not by its bidder's fault; repeat.")
@click.option("--reason", required=True, help="Why, for everybody to read.")
@signing_options
def decide_unlocking(
    tender: str, revoked: tuple[str, ...], withdrawn: tuple[str, ...], reason: str, lang: Language,
    **options: Any,
) -> None:  # fmt: skip
    """Sign whose fault it was that bids were not unlocked, where the record leaves it open."""
    agency, _ = make_agency(lang=lang, **options)
    verdicts = {**dict.fromkeys(revoked, REVOKED), **dict.fromkeys(withdrawn, WITHDRAWN)}
    if not verdicts or len(verdicts) < len(revoked) + len(withdrawn):
        raise WrongUsage(
            "每份投标用 --revoked 或 --withdrawn 给出一次。",
            "Name each bid once, by --revoked or --withdrawn.",
        )
    done = agency.decide_unlocking(tender, {bid: (verdict, reason) for bid, verdict in verdicts.items()})
    for bid in done:
        word = ("撤销", "revoked") if verdicts[bid] == REVOKED else ("撤回", "withdrawn")
        say(lang, f"投标 {bid}：视为{word[0]}", f"Bid {bid} counts as {word[1]}")


reject_option = click.option(
    "--reject", "rejected", multiple=True, metavar="BID=REASON",
    help="A bid that is not responsive, and why; repeat.",
)  # fmt: skip


@click.command()
@tender_option
@reject_option
@signing_options
def stage(tender: str, rejected: tuple[str, ...], lang: Language, **options: Any) -> None:
    """Sign the stage statement on the segment that is open: all bids but those rejected go on to the next
    one, which then opens by itself."""
    agency, _ = make_agency(lang=lang, **options)
    opening = _opening(agency, tender)
    if opening.opens is None:
        raise ClientError("no-stage")
    reasons = _reasons(rejected)
    done = agency.judge(tender, opening, reasons)
    for row in opening.record.bids:
        if row.opened:
            said = reasons.get(row.bid, "")
            words = ("否决", "rejected") if said else ("通过", "goes on")
            click.echo(f"{row.bid}  {words[lang != 'zh']}  {said}".rstrip())
    say(
        lang,
        f"已签署。{len(done['admitted'])} 份投标的 {opening.opens} 段将自动开启。",
        f"Signed. The segment {opening.opens} of {len(done['admitted'])} bid(s) now opens by itself.",
    )


@click.command()
@tender_option
@reject_option
@click.option("--order", metavar="BID,BID…", help="Bids with equal totals, best first, where the pack asks.")
@signing_options
def evaluate(
    tender: str, rejected: tuple[str, ...], order: str | None, lang: Language, **options: Any
) -> None:
    """Sign the evaluation: which bids are rejected and why; print the ranking that follows from it."""
    agency, _ = make_agency(lang=lang, **options)
    reasons = _reasons(rejected)
    parted = None if order is None else [each.strip() for each in order.split(",")]
    ranking = agency.evaluate(tender, _record(agency, tender), reasons, parted)
    for row in ranking["ranking"]:
        total = f"{row['total']:>20}"
        click.echo(f"{row['rank']:>4}  {row['bid']}  {total}  {row['supplier_name']}  {row['reason'] or ''}")
    if ranking["tied"]:
        say(
            lang,
            "并列第一：请用 --order 给出先后并说明理由。",
            "The first place is tied: part it with --order.",
        )


@click.command()
@tender_option
@click.option("--winner", required=True, help="The winning bid's id.")
@signing_options
def award(tender: str, winner: str, lang: Language, **options: Any) -> None:
    """Sign the decision for the winner; the platform's award statement comes back, checked."""
    agency, _ = make_agency(lang=lang, **options)
    done = agency.award(tender, _record(agency, tender), winner)
    say(lang, f"已定标：{done.winner}", f"Awarded to {done.winner}")


def _reasons(rejected: tuple[str, ...]) -> dict[str, str]:
    """The reasons by bid."""
    reasons: dict[str, str] = {}
    for each in rejected:
        bid, equals, reason = each.partition("=")
        if not equals or not reason.strip():
            raise WrongUsage(
                "--reject 须写成“投标编号=理由”。",
                "--reject takes BID=REASON.",
            )
        reasons[bid.strip()] = reason.strip()
    return reasons


def _opening(agency: Agency, tender: str) -> LastOpening:
    opening = agency.last_opening(tender)
    if opening is None:
        raise ClientError("not-opened")
    return opening


def _record(agency: Agency, tender: str) -> OpeningRecord:
    record = agency.opening_record(tender)
    if record is None:
        raise ClientError("not-opened")
    return record
