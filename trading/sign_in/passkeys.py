"""Passkeys (WebAuthn level 3) by Yubico's library: made and used with user verification, no attestation."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.config import Settings
from trading.errors import TradingError
from trading.sign_in.models import Passkey

_NEEDED = UserVerificationRequirement.REQUIRED


class Passkeys:
    """The relying party: this platform under its public address."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.public_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=settings.platform_name, id=parts.hostname or ""),
            verify_origin=lambda origin: origin == self.origin,
        )

    def register_begin(
        self, session: Session, person_id: str, username: str, name: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Options for the browser, and the state that its answer is held against."""
        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=bytes.fromhex(person_id), name=username, display_name=name),
            [AttestedCredentialData(row.credential) for row in passkeys_of(session, person_id)],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=_NEEDED,
        )
        return dict(options), state

    def register_complete(
        self, session: Session, person_id: str, state: Any, answer: dict[str, Any], label: str, now: datetime
    ) -> Passkey:
        """The passkey that was made. TradingError "passkey-wrong"."""
        try:
            made = self._server.register_complete(state, answer)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise TradingError("passkey-wrong", status=403) from None
        data = made.credential_data
        if data is None:
            raise TradingError("passkey-wrong", status=403)
        key = _key(data.credential_id)
        if session.get(Passkey, key) is not None:
            raise TradingError("passkey-wrong", status=403)
        row = Passkey(
            id=key, person_id=person_id, credential=bytes(data), sign_count=made.counter,
            label=label[:100], created_at=now, used_at=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    def authenticate_begin(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """As register_begin, for any passkey that the browser has for this platform."""
        options, state = self._server.authenticate_begin(user_verification=_NEEDED)
        return dict(options), state

    def challenge_in(self, answer: dict[str, Any]) -> str:
        """The challenge that an answer says it is for. TradingError "passkey-wrong"."""
        try:
            data = CollectedClientData(websafe_decode(answer["response"]["clientDataJSON"]))
            return websafe_encode(data.challenge)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise TradingError("passkey-wrong", status=403) from None

    def authenticate_complete(
        self, session: Session, state: Any, answer: dict[str, Any], now: datetime
    ) -> Passkey:
        """The passkey that signed. TradingError "passkey-wrong": unknown, forged, or a copy (its counter)."""
        try:
            response = AuthenticationResponse.from_dict(answer)
            row = session.get(Passkey, _key(response.raw_id), with_for_update=True)
            if row is None:
                raise ValueError("unknown credential")
            self._server.authenticate_complete(state, [AttestedCredentialData(row.credential)], response)
            counter = response.response.authenticator_data.counter
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise TradingError("passkey-wrong", status=403) from None
        if counter and counter <= row.sign_count:
            raise TradingError("passkey-wrong", status=403)
        row.sign_count, row.used_at = counter, now
        return row


def possible(settings: Settings) -> bool:
    """Whether browsers allow passkeys here: by a name, not a bare network address."""
    host = urlsplit(settings.public_url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def passkeys_of(session: Session, person_id: str) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    found = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.created_at)
    return list(session.scalars(found))


def _key(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
