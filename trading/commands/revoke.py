"""`sunseal revoke`."""

from __future__ import annotations

from pathlib import Path

import click

from signing.certificates import fingerprint
from signing.encoding import is_digest
from trading.client.api import segment
from trading.client.errors import ClientError
from trading.commands.group import Language
from trading.commands.options import PATH, lang_option, make_api, read_key, say, server_options
from trading.commands.usage import WrongUsage

_REASONS = (
    "keyCompromise", "affiliationChanged", "superseded", "cessationOfOperation", "privilegeWithdrawn",
    "unspecified",
)  # fmt: skip


@click.command()
@server_options
@click.option("--key", type=PATH, help="The key file whose certificate is to be revoked.")
@click.option("--password-file", type=PATH, help="A file with the key file's password.")
@click.option("--certificate", help="Its SHA-256 fingerprint, where the key file is lost.")
@click.option("--reason", type=click.Choice(_REASONS), required=True, help="Why, by RFC 5280.")
@lang_option
def revoke(
    server: str, token: str | None, token_file: Path | None, ca: Path | None, key: Path | None,
    password_file: Path | None, certificate: str | None, reason: str, lang: Language,
) -> None:  # fmt: skip
    """Revoke one's own certificate, at once and for good; what was received by now stands.

    Needs a token of its holder (or the operator's), so that a thief of the key alone shuts nobody out.
    """
    if (key is None) == (certificate is None):
        raise WrongUsage(
            "请给出 --key 或 --certificate，二者之一。",
            "Give one of --key and --certificate.",
        )
    api = make_api(server, token, token_file, ca, lang)
    name = certificate or ""
    if key is not None:
        name = fingerprint(read_key(key, password_file).signer.certificate)
    if not is_digest(name):
        raise ClientError("fingerprint-malformed", given=name)
    answer = api.post(f"/certificates/{segment(name)}/revocation", {"reason": reason})
    at = answer["revoked_at"]
    say(lang, f"证书 {name} 已于 {at} 撤销。", f"Certificate {name} was revoked at {at}.")
