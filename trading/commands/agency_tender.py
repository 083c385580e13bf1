"""`sunseal agency envelope-key | draft | publish | cancel`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from signing import canonical, suite
from trading.client.errors import ClientError
from trading.client.files import read_file, refuse_existing, write_file
from trading.client.supplier import fetch_notice
from trading.commands.agency import make_agency, signing_options, tender_option
from trading.commands.group import Language
from trading.commands.options import PATH, say


@click.command("envelope-key")
@click.option("--out", type=PATH, required=True, help="The key to be made; with it bids' files are opened.")
@signing_options
def envelope_key(out: Path, lang: Language, **options: Any) -> None:
    """Make the key that bidders' attachments are sealed to, and publish its public half.

    Needed before the first publication. Whoever has the file opens the attachments of all bids: keep it, with
    a copy, away from the platform.
    """
    agency, _ = make_agency(lang=lang, **options)
    seed = suite.SUNSEAL_1.new_sealing_seed()
    write_file(out, seed.hex().encode() + b"\n", private=True)
    agency.put_envelope_key(suite.SUNSEAL_1.sealing_key(seed).public)
    say(lang, f"已公布。私钥存于 {out}，请妥善备份。", f"Published; the key is in {out}. Keep a copy of it.")


@click.command()
@click.argument("facts", type=PATH)
@click.option("--document", "documents", type=PATH, multiple=True, help="A bidding document; repeat.")
@signing_options
def draft(facts: Path, documents: tuple[Path, ...], lang: Language, **options: Any) -> None:
    """Draft the tender that FACTS (JSON, as POST /tenders takes it) describes, and print its id.

    `project` in it is a project's id, or {"number", "title"} of a new one or of one of yours.
    """
    agency, _ = make_agency(lang=lang, **options)
    members = _facts(facts)
    if isinstance(members.get("project"), dict):
        new = members["project"]
        members["project"] = agency.project(str(new.get("number", "")), str(new.get("title", "")))
    tender = agency.draft(members)
    for path in documents:
        agency.api.put_bytes(f"/tenders/{tender}/documents/{quote(path.name, safe='')}", read_file(path))
    click.echo(tender)
    say(
        lang,
        "草稿已建立。保管人交齐密钥后，用 sunseal agency publish 发布。",
        "Drafted. Publish it with sunseal agency publish once the custodians have handed in their keys.",
    )


@click.command()
@click.argument("facts", type=PATH)
@tender_option
@click.option("--wait", type=click.FloatRange(0, 3600), default=60.0, help="Seconds to wait for keys.")
@click.option(
    "--document", "documents", type=PATH, multiple=True,
    help="A bidding document as it was handed over, to hold against the one stored; repeat.",
)  # fmt: skip
@click.option("--out", type=PATH, help="Where to keep notice.json, and notice.p7s beside it.")
@signing_options
def publish(
    facts: Path, tender: str, wait: float, documents: tuple[Path, ...], out: Path | None, lang: Language,
    **options: Any,
) -> None:  # fmt: skip
    """Build the notice here from the draft, hold it against FACTS, sign it and publish it.

    The platform's draft must say what FACTS says, and have the documents given; else nothing is signed.
    """
    refuse_existing(out, out and out.with_suffix(".p7s"))
    agency, _ = make_agency(lang=lang, **options)
    drafted = {name: value for name, value in _facts(facts).items() if name != "project"}
    policy = agency.wait_for_keys(tender, wait)
    known = {path.name: canonical.digest(read_file(path)) for path in documents} if documents else None
    done = agency.publish(tender, agency.build_notice(tender, drafted, policy, documents=known))
    if out is not None:
        write_file(out, done.notice.raw)
        write_file(out.with_suffix(".p7s"), done.signature)
    say(
        lang,
        f"已发布，日志位置 {done.log_position}，公告摘要 {done.notice.digest}",
        f"Published; log position {done.log_position}, the notice's digest {done.notice.digest}",
    )


@click.command()
@tender_option
@click.option("--reason", required=True, help="Why; it is published.")
@signing_options
def cancel(tender: str, reason: str, lang: Language, **options: Any) -> None:
    """End a tender by a signed cancellation. Its bids are never opened."""
    agency, own = make_agency(lang=lang, **options)
    notice = fetch_notice(agency.api, tender, own.roots).notice
    agency.cancel(tender, notice.digest, reason)
    say(lang, "招标已终止，投标不会开启。", "Cancelled; its bids are never opened.")


def _facts(path: Path) -> dict[str, Any]:
    try:
        members = json.loads(read_file(path))
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise ClientError("facts-malformed", path=path)
    return members
