"""`sunseal certificates check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from bids.trust import Enrolment
from signing.authorities import BACKDATED
from signing.certificates import Party, load_pem, party_of
from signing.encoding import is_digest, parse_time
from signing.errors import SigningError
from signing.notes import NoteVerifier
from trading.client.api import Api
from trading.client.custodian_keys import kept_signers
from trading.client.custodian_session import open_api
from trading.client.custodian_state import CustodianState
from trading.client.custodian_store import Store
from trading.client.errors import ClientError
from trading.client.files import new_file, read_file
from trading.client.foreign_proof import write_proof
from trading.client.keyfile import read_roots
from trading.client.log_follower import pinned_verifier
from trading.client.own_judgement import Judged, Own, judge, signer_of
from trading.client.own_memory import Sighting
from trading.client.own_name import Looked, OwnName
from trading.client.own_record import NAME, add_own, read_own, record_beside
from trading.client.policy_file import read_policy_file
from trading.client.witnessed import require_cosigned
from trading.commands.findings import read_log_key
from trading.commands.group import EXIT_FAILED, Language
from trading.commands.options import (
    PATH,
    first_line,
    given_server,
    lang_option,
    local_time,
    make_api,
    read_key,
    read_passphrase,
    say,
    server_options,
)
from trading.commands.usage import WrongUsage

EXIT_FOREIGN = 3  # somebody else has a certificate in this name, and that is proved

_KINDS = {
    "issued": ("登记", "enrolled"),
    "listed": ("平台所列", "listed by the platform"),
    "day": ("供应商证书的每日汇总", "under the daily root of"),
    "statement": ("签署了声明", "signed a statement"),
    "notice": ("签署了公告", "signed a notice"),
    "custodian": ("公告中写作本机构的保管人公钥", "named in a notice as your custodian's key"),
    "bid": ("投标", "bid"),
}
_STATEMENTS = {
    "sunseal/envelope-key/v1": ("附件信封公钥", "envelope key for attachments"),
    "sunseal/stage/v1": ("阶段评审决定", "judgement of a segment"),
    "sunseal/evaluation/v1": ("评审结果", "evaluation"),
    "sunseal/award-decision/v1": ("定标决定", "award decision"),
    "sunseal/unlock-decision/v1": ("未解锁投标的处理决定", "decision on bids not unlocked"),
    "sunseal/cancellation/v1": ("终止采购", "cancellation"),
    "sunseal/erasure/v1": ("销毁密钥", "erasure of a key"),
}
_ROLES = {"agency": "招标人", "supplier": "供应商", "custodian": "保管人"}


@click.command()
@server_options
@click.option("--key", "keys", type=PATH, multiple=True, help="A key file of yours; may be repeated.")
@click.option("--password-file", type=PATH, help="A file with the key files' password.")
@click.option(
    "--certificate", "pems", type=PATH, multiple=True,
    help="PEM of a certificate of yours, where the key is elsewhere; may be repeated.",
)  # fmt: skip
@click.option("--store", type=PATH, help="A custodian's key store: its keys, platform and token.")
@click.option(
    "--passphrase-file", type=PATH, help="A file with the store's passphrase; else it is asked for."
)
@click.option(
    "--record", type=PATH,
    help=f"Your record of fingerprints; by default {NAME} beside the first key file or certificate.",
)  # fmt: skip
@click.option(
    "--mine", multiple=True, metavar="SHA256",
    help="Put a certificate on your record: it is yours, say a colleague's. May be repeated.",
)  # fmt: skip
@click.option("--state", type=PATH, required=True, help="The folder of what was read of the log so far.")
@click.option(
    "--roots", type=PATH, help="PEM of the root certificates you trust; else those of the key file."
)
@click.option("--log-key", help="The log's verifier key that you trust, or a file that holds it.")
@click.option("--policy", type=PATH, help="A C2SP tlog-policy: whose cosignatures of the log you want.")
@click.option(
    "--proofs", type=PATH, help="Where proofs for the supervisor go; by default in the state folder."
)
@lang_option
def check(
    server: str, token: str | None, token_file: Path | None, ca: Path | None, keys: tuple[Path, ...],
    password_file: Path | None, pems: tuple[Path, ...], store: Path | None, passphrase_file: Path | None,
    record: Path | None, mine: tuple[str, ...], state: Path, roots: Path | None, log_key: str | None,
    policy: Path | None, proofs: Path | None, lang: Language,
) -> int:  # fmt: skip
    """Did the platform certify a key in your name that you never asked for?

    Reads the whole public log (from where it read before), the notices and closed ledgers that it names, and,
    with your token, your place under the daily roots of suppliers' certificates. Every certificate in your
    organisation's name, and whatever such a certificate signed, is compared with your own: the key files and
    certificates given here, and your record of fingerprints, which sunseal enrol writes. What is on neither
    you are asked about; nothing is taken for yours in silence.

    The exit status is 0 if all are yours, 3 if one is not: then a proof for the supervisor is written. 1 if
    something does not hold or could not be seen.
    """
    given = _given(keys, password_file, pems, store, passphrase_file)
    if given.store is not None:
        secret = token if token_file is None else first_line(token_file)
        api = open_api(given.store, lang, given_server(server), None if secret is None else lambda: secret)
    else:
        api = make_api(server, token, token_file, ca, lang, need_token=False)
    party = signer_of(given.certificates)
    book = record or record_beside(given.first)
    now = datetime.now(UTC)
    for each in mine:
        if not is_digest(each):
            raise ClientError("fingerprint-malformed", given=each)
        add_own(book, each, "--mine", now)
    trusted = read_roots(roots) if roots is not None else given.roots
    if not trusted:
        raise ClientError("roots-missing")
    memory = CustodianState(state)
    verifier = _log_key(memory, api, read_log_key(log_key) or given.log_key, lang)
    watch = OwnName(api, memory, trusted, verifier, party, given.since)
    signed_in = bool(token or token_file or given.store)
    looked = watch.look(signed_in)
    if policy is not None:
        require_cosigned(api, watch.follower, read_policy_file(policy), looked.size - 1)
    own = Own(read_own(book), given.certificates)
    judged = _ask(judge(looked, own), looked, own, book, lang)
    return _tell(api, party, looked, judged, proofs or state / "proofs", lang)


@dataclass(frozen=True)
class _Given:
    """The party's own certificates as given, where the first of them lies, and what came with them."""

    certificates: tuple[tuple[x509.Certificate, Party], ...]
    first: Path
    roots: tuple[x509.Certificate, ...]
    since: datetime  # when the first of them was enrolled
    log_key: str | None = None
    store: Store | None = None


def _given(
    keys: tuple[Path, ...], password_file: Path | None, pems: tuple[Path, ...], store: Path | None,
    passphrase_file: Path | None,
) -> _Given:  # fmt: skip
    if store is not None:
        if keys or pems:
            raise WrongUsage(
                "--store 与 --key、--certificate 只能给出其一。", "Give --store, or --key and --certificate."
            )
        opened = Store.open(store, read_passphrase(passphrase_file))
        held = tuple((each.certificate, party_of(each.certificate)) for each in kept_signers(opened.state))
        first = min(_issued(each) for each, _ in held)
        return _Given(held, store, opened.trusted.roots, first, opened.trusted.log_key, opened)
    if not keys and not pems:
        raise ClientError("own-none")
    files = [read_key(path, password_file) for path in keys]
    found = [(each.signer.certificate, each.party) for each in files]
    since = [
        _issued(each.signer.certificate) if each.enrolment is None else Enrolment.parse(each.enrolment).at
        for each in files
    ]
    others = [each for path in pems for each in _of_pem(path)]
    since += [_issued(each) for each, _ in others]
    roots = tuple(root for each in files for root in each.roots)
    return _Given((*found, *others), (*keys, *pems)[0], roots, min(since))


def _issued(certificate: x509.Certificate) -> datetime:
    """When the platform issued it: its validity begins a little before, for clocks that are slow."""
    return certificate.not_valid_before_utc + BACKDATED


def _of_pem(path: Path) -> list[tuple[x509.Certificate, Party]]:
    """The party's certificate in a PEM file, which may have what leads up from it as well."""
    try:
        return [(each, party_of(each)) for each in load_pem(read_file(path))[:1]]
    except SigningError:
        raise ClientError("pem-malformed", path=path) from None


def _log_key(memory: CustodianState, api: Api, given: str | None, lang: Language) -> NoteVerifier:
    """The log's key: the one given, or the one that was shown first, which is told."""
    new = given is None and memory.read_shared("log-key") is None
    verifier = pinned_verifier(api, memory, given)
    if new:
        key = (memory.read_shared("log-key") or b"").decode()
        say(
            lang,
            f"日志公钥取自平台，今后只认它：{key}（请与公布的核对）",
            f"The log's key was taken from the platform, and no other counts from now on: {key} (compare it)",
        )
    return verifier


def _ask(judged: Judged, looked: Looked, own: Own, book: Path, lang: Language) -> Judged:
    """Whether what nobody vouched for is the party's; without a person there it is not."""
    if not judged.foreign or not sys.stdin.isatty():
        return judged
    for name, seen in judged.foreign.items():
        _show(name, seen, lang)
        asked = (
            "这张证书是本机构自己申请的吗？"
            if lang == "zh"
            else "Did your organisation ask for this certificate?"
        )
        if click.confirm(asked, default=False, err=True):
            add_own(book, name, "confirmed", datetime.now(UTC))
    return judge(looked, Own(read_own(book), own.certificates))


def _tell(
    api: Api,
    party: Party,
    looked: Looked,
    judged: Judged,
    proofs: Path,
    lang: Language,
) -> int:
    click.echo(f"{party.organisation_name} ({party.organisation})")
    say(
        lang,
        f"已核对公开日志至第 {looked.size} 条。",
        f"The public log was read up to its {looked.size} entries.",
    )
    if looked.signed_in:
        say(
            lang,
            f"已核对本机构在 {looked.opened} 个每日汇总下的位置。",
            f"Daily roots under which your place was checked: {looked.opened}.",
        )
    else:
        say(
            lang,
            "未给出令牌：供应商证书的每日汇总没有核对。请加 --token-file 再核对。",
            "No token was given: the daily roots of suppliers' certificates were not opened. Add "
            "--token-file.",
        )
    for name, seen in judged.own.items():
        _show(name, seen, lang, own=True)
    for name, seen in judged.foreign.items():
        _show(name, seen, lang)
        _prove(api, party, name, judged, seen, proofs, lang)
    for fault in judged.faults:
        click.echo(f"✗ {fault.text(lang)}")
    for name in looked.withheld:
        say(
            lang,
            "✗ 日志记载签发了证书 "
            f"{name}，平台却没有出示其登记声明：它可能是以本机构名义签发的。请要求平台出示。",
            f"✗ The log has a certificate {name} whose enrolment the platform does not show: it may be in "
            "your name. "
            "Ask for it.",
        )
    if judged.foreign:
        _advise(lang)
        return EXIT_FOREIGN
    if judged.faults or looked.withheld:
        return EXIT_FAILED
    say(
        lang,
        "以本机构名义的证书都是本机构自己的。",
        "Every certificate in your name is your own.",
    )
    return 0


def _show(name: str, seen: Sequence[Sighting], lang: Language, own: bool = False) -> None:
    mark = click.style("✓" if own else "✗", fg="green" if own else "red", bold=True)
    tail = "" if own else ("  不是本机构的！" if lang == "zh" else "  NOT YOURS")
    click.echo(f"{mark} {name}{click.style(tail, fg='red', bold=True)}")
    told = [one for one in seen if one.kind != "listed"] or seen  # where the log says so as well
    for one in sorted(told, key=lambda one: one.at):
        zh, en = _KINDS[one.kind]
        word = (zh if lang == "zh" else en) + _what(one, lang)
        place = "" if one.position is None else (
            f"，日志第 {one.position} 条" if lang == "zh" else f", entry {one.position} of the log"
        )  # fmt: skip
        tender = "" if one.tender is None else (
            f"，标段 {one.tender}" if lang == "zh" else f", tender {one.tender}"
        )  # fmt: skip
        click.echo(f"    {local_time(parse_time(one.at))}  {word}{place}{tender}")


def _what(one: Sighting, lang: Language) -> str:
    if one.what is None:
        return ""
    if one.kind in ("issued", "listed"):
        role = _ROLES.get(one.what, one.what) if lang == "zh" else one.what
        return f"（{role}）" if lang == "zh" else f" ({role})"
    if one.kind == "statement":
        zh, en = _STATEMENTS.get(one.what, (one.what, one.what))
        return f"：{zh}" if lang == "zh" else f": {en}"
    return f" {one.what}"


def _prove(
    api: Api, party: Party, name: str, judged: Judged, seen: Sequence[Sighting], folder: Path, lang: Language
) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    out = folder / f"{name[:16]}.proof.zip"
    with new_file(out, overwrite=True) as sink:
        write_proof(sink, party, name, sorted(judged.own), seen, api)
    say(
        lang,
        f"    举证文件：{out}（监督部门用 sunseal certificates proof {out.name} 核对）",
        f"    Proof for the supervisor: {out} (checked with sunseal certificates proof {out.name})",
    )


def _advise(lang: Language) -> None:
    say(
        lang,
        "有以本机构名义的证书不是上列密钥文件和记录中的。若是同事申请的，请核实后用 --mine 指纹 "
        "记入；否则：\n"
        "  1. 立即要求平台撤销：sunseal revoke --certificate 指纹 --reason "
        "keyCompromise（由本机构管理员或平台运营机构）；\n"
        "  2. 将举证文件交监督部门，由其向平台查询何人何时申请；\n"
        "  3. 用它签署的投标、公告、声明不是本机构的，请书面声明。",
        "There is a certificate in your name that is neither among your key files nor on your record. If a "
        "colleague "
        "asked for it, make sure and put it on record with --mine. If nobody did:\n"
        "  1. have it revoked at once: sunseal revoke --certificate SHA256 --reason keyCompromise (your "
        "administrator, or the platform's operator);\n"
        "  2. give the proof to the supervisor, who asks the platform who asked for it, and when;\n"
        "  3. say in writing that what it signed (bids, notices, statements) is not yours.",
    )
