"""`sunseal enrol`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from signing.certificates import fingerprint
from trading.client.errors import ClientError
from trading.client.files import refuse_existing, write_file
from trading.client.keyfile import enrol as enrol_key
from trading.client.keyfile import enrol_outside, enrolment_beside
from trading.client.keyfile import renew as renew_key
from trading.client.own_record import add_own, record_beside
from trading.commands.asking import ask_secret
from trading.commands.group import Language
from trading.commands.options import (
    PASSWORD_VARIABLE,
    PATH,
    first_line,
    lang_option,
    local_time,
    make_api,
    read_key,
    say,
    server_options,
)
from trading.commands.usage import WrongUsage


@click.command()
@server_options
@click.option("--out", type=PATH, required=True, help="The key file to be made (PKCS #12).")
@click.option(
    "--password-file", type=PATH,
    help=f"A file with the password for it; else {PASSWORD_VARIABLE}, else it is asked for.",
)  # fmt: skip
@click.option("--renew", type=PATH, help="A key file to renew: its key signs for the new certificate.")
@click.option("--new-key", is_flag=True, help="With --renew: for a new key instead of the same one.")
@click.option("--outside", type=PATH, help="A key file of another authority's: enrol its certificate.")
@click.option("--outside-password-file", type=PATH, help="A file with that one's password.")
@lang_option
def enrol(
    server: str, token: str | None, token_file: Path | None, ca: Path | None, out: Path,
    password_file: Path | None, renew: Path | None, new_key: bool, outside: Path | None,
    outside_password_file: Path | None, lang: Language,
) -> None:  # fmt: skip
    """Make a signing key on this machine and have the platform certify it; the key stays here.

    With --renew the holder of a key file gets a new certificate, without a token. The old one stays good to
    its end. The same key by default: a bid is replaced only under the key that signed it, and a custodian's
    key stands in the notices that name it.

    With --outside no key is made: a certificate of an authority that the platform accepts is enrolled, and
    what belongs to it is written beside the new key file.
    """
    api = make_api(server, token, token_file, ca, lang, need_token=renew is None)
    refuse_existing(out)
    if renew is not None and outside is not None:
        raise WrongUsage(
            "--renew 与 --outside 只能给出一个。", "Give one of --renew and --outside, not both."
        )
    theirs = None if outside is None else read_key(outside, outside_password_file)
    old = None if renew is None else read_key(renew, password_file)
    if password_file is not None:
        password = first_line(password_file)
    else:
        given = os.environ.get(PASSWORD_VARIABLE)
        if not given and not sys.stdin.isatty():
            raise ClientError("password-missing")
        password = given or ask_secret("为密钥文件设置口令", "A password for the key file", twice=True)
    origin, now = server.rstrip("/"), datetime.now(UTC)
    if theirs is not None:
        made = enrol_outside(api, origin, theirs, password.encode(), now)
        write_file(enrolment_beside(out), made.key.enrolment or b"")
    elif old is not None:
        made = renew_key(api, origin, old, password.encode(), new_key, now)
    else:
        made = enrol_key(api, password.encode())
    write_file(out, made.file, private=True)
    # What is on it, `sunseal certificates check` takes for the party's own.
    add_own(record_beside(out), made.fingerprint, f"enrol, {made.key.party.role}", now)
    party = made.key.party
    click.echo(f"{party.name} ({party.organisation}, {party.role})")
    say(lang, f"证书指纹：{made.fingerprint}", f"Certificate: {made.fingerprint}")
    ends = made.key.signer.certificate.not_valid_after_utc
    say(lang, f"有效期至 {local_time(ends)}", f"Good until {local_time(ends)}")
    for root in made.key.roots:
        say(
            lang,
            f"平台根证书指纹：{fingerprint(root)}（请与公布的核对）",
            f"The platform's root: {fingerprint(root)} (compare it with the published one)",
        )
    say(lang, f"已写入 {out}", f"Written to {out}")
