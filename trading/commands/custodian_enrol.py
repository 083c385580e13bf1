"""`sunseal custodian enrol`."""

from __future__ import annotations

import hashlib
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from signing.certificates import Party, fingerprint, party_of
from signing.encoding import format_time
from signing.keys import Signer
from signing.notes import NoteVerifier
from trading.client.api import Api
from trading.client.custodian_import import import_state
from trading.client.custodian_session import open_api
from trading.client.custodian_store import Store, Trusted
from trading.client.errors import ClientError
from trading.client.files import read_file
from trading.client.keyfile import enrol as enrol_key
from trading.client.keyfile import fetch_roots
from trading.client.own_record import add_own, record_beside
from trading.commands.group import Language
from trading.commands.options import (
    PATH,
    first_line,
    given_server,
    lang_option,
    make_api,
    read_key,
    read_passphrase,
    read_token,
    say,
    server_options,
    store_options,
)


@click.command()
@server_options
@store_options
@click.option("--root", help="SHA-256 of the platform's root certificate, as published; else you are asked.")
@click.option("--log-key", help="The log's verifier key, as published; else you are asked.")
@click.option("--renew", is_flag=True, help="A new signing key for a store that is there.")
@click.option("--key", type=PATH, help="Take over this key file (PKCS #12) instead of making a key.")
@click.option("--password-file", type=PATH, help="A file with that key file's password.")
@click.option("--state", type=PATH, help="Take over an agent's plain folder; its keys are erased there.")
@lang_option
def enrol(
    server: str, token: str | None, token_file: Path | None, ca: Path | None, store: Path,
    passphrase_file: Path | None, root: str | None, log_key: str | None, renew: bool, key: Path | None,
    password_file: Path | None, state: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Make this custodian's key store, have its signing key certified, and pin whom it trusts.

    Keys are made here and stay here, encrypted under the passphrase. Compare the fingerprints shown with
    those that the platform publishes elsewhere: all later checks rest on them.
    """
    if renew:
        opened = Store.open(store, read_passphrase(passphrase_file))
        with opened.alone():
            given = token if token_file is None else first_line(token_file)
            _renew(opened, given_server(server), given, lang)
        return
    secret = read_token(token, token_file)
    api = make_api(server, secret, None, ca, lang)
    _require_custodian(api)
    made = Store.begin(store, read_passphrase(passphrase_file, new=True))
    with made.alone():
        trusted = _compare(api, server, ca, root, log_key, lang)
        if key is not None:
            signer = read_key(key, password_file).of_role("custodian").signer
        else:
            signer = _certified(api, trusted)
        made.pin(trusted)
        made.keep_token(secret)
        if state is not None:
            import_state(state, made.state)
        made.add_signers([signer])
    party = party_of(signer.certificate)
    made.journal.write(
        "enrolled", name=party.name, organisation=party.organisation, log_key=trusted.log_key,
        root=", ".join(fingerprint(each) for each in trusted.roots),
    )  # fmt: skip
    _tell(party, signer, store, lang)


def _require_custodian(api: Api) -> None:
    role = str(api.get("/me")["role"])
    if role != "custodian":
        raise ClientError("signer-role", found=role, wanted="custodian")


def _compare(
    api: Api, server: str, ca: Path | None, root: str | None, log_key: str | None, lang: Language
) -> Trusted:
    """Roots and log key as the platform shows them, once they are compared with published ones."""
    roots = tuple(fetch_roots(api))
    shown = [fingerprint(each) for each in roots]
    key = api.raw("/log/key").decode().strip()
    NoteVerifier.from_vkey(key)
    if root is not None and shown != [_bare(root)]:
        what = "根证书" if lang == "zh" else "root"
        raise ClientError("fingerprint-other", what=what, found=", ".join(shown))
    if log_key is not None and key != log_key.strip():
        raise ClientError("fingerprint-other", what="日志公钥" if lang == "zh" else "log key", found=key)
    for each in shown:
        say(lang, f"平台根证书 SHA-256：{each}", f"The platform's root, SHA-256: {each}")
    digest = hashlib.sha256(key.encode()).hexdigest()
    say(lang, f"日志公钥：{key}\n  SHA-256：{digest}", f"The key of its log: {key}\n  SHA-256: {digest}")
    if root is None or log_key is None:
        if not sys.stdin.isatty():
            raise ClientError("fingerprints-uncompared")
        question = (
            "与平台另行公布的一致吗？" if lang == "zh"
            else "Are these the ones that the platform publishes elsewhere?"
        )  # fmt: skip
        if not click.confirm(question, default=False, err=True):
            raise ClientError("fingerprints-refused")
    return Trusted(server, roots, key, None if ca is None else read_file(ca).decode("utf-8", "replace"))


def _bare(text: str) -> str:
    return text.replace(":", "").replace(" ", "").lower()


def _certified(api: Api, trusted: Trusted) -> Signer:
    """A new key, certified under a root that was compared."""
    made = enrol_key(api, secrets.token_urlsafe(16).encode()).key
    if {fingerprint(each) for each in made.roots} != {fingerprint(each) for each in trusted.roots}:
        raise ClientError("answer-malformed", what="roots.pem")
    return made.of_role("custodian").signer


def _renew(store: Store, server: str | None, token: str | None, lang: Language) -> None:
    """A further signing key, from the store's own platform unless another address is named; policies that
    name an older one are served by that."""
    read_token = None if token is None else lambda: token
    api = open_api(store, lang, server, read_token)
    _require_custodian(api)
    before = store.keys.id
    signer = _certified(api, store.trusted)
    party = party_of(signer.certificate)
    if party.id != before:
        raise ClientError("store-other-party", found=party.id, wanted=before)
    store.add_signers([signer])
    if token is not None:
        store.keep_token(token)
    store.journal.write("renewed", certificate=fingerprint(signer.certificate))
    _tell(party, signer, store.folder, lang)


def _tell(party: Party, signer: Signer, store: Path, lang: Language) -> None:
    until = format_time(signer.certificate.not_valid_after_utc)
    add_own(record_beside(store), fingerprint(signer.certificate), "custodian enrol", datetime.now(UTC))
    click.echo(f"{party.name} ({party.organisation}, {party.role})")
    say(
        lang,
        f"证书指纹：{fingerprint(signer.certificate)}，有效至 {until}",
        f"Certificate: {fingerprint(signer.certificate)}, until {until}",
    )
    say(
        lang,
        f"密钥库：{store}\n下一步：sunseal custodian backup，然后 sunseal custodian run",
        f"The store: {store}\nNext: sunseal custodian backup, then sunseal custodian run",
    )
