"""Enrolling everybody: agency, custodians with key files of their own, suppliers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from signing.keys import require_p256, spki
from trading.client.api import Api
from trading.client.errors import Language
from trading.client.keyfile import KeyFile, enrol
from trading.client.transport import HttpTransport
from trading.commands.embedded import KEY_FILE, PASSWORD_FILE, TOKEN_FILE

SCHEME = "DEMO"
_DAYS = 1
_THREADS = 4
# The agency's own custodian, named after it, comes before these.
CUSTODIANS = (("supervisor", "Procurement Supervision Office"), ("notary", "Notary Office"))


@dataclass(frozen=True)
class Member:
    """An organisation's person with key and token."""

    id: str
    name: str
    key: KeyFile
    api: Api


@dataclass(frozen=True)
class CustodianMember:
    """A custodian as the agency knows it: id, role, name, signing key (SPKI)."""

    id: str
    role: str
    name: str
    signing_key: bytes


class Enrolment:
    """Enrols organisations over the API as the platform's operator would.

    Args:
        transport: shared by all. token: the operator's.
    """

    def __init__(self, transport: HttpTransport, token: str, language: Language) -> None:
        self._transport = transport
        self._language = language
        self._operator = Api(transport, token, language)

    def token(self, identifier: str, name: str, role: str, person: str) -> tuple[str, str]:
        """Enrol an organisation; its id and a token of a person of it."""
        organisation = self._operator.post(
            "/organisations",
            {"scheme": SCHEME, "identifier": identifier, "name": name, "roles": [role]},
        )
        answer = self._operator.post(
            f"/organisations/{organisation['id']}/tokens", {"person": person, "role": role, "days": _DAYS}
        )
        return str(organisation["id"]), str(answer["token"])

    def member(self, identifier: str, name: str, role: str, person: str) -> Member:
        """Enrol one: its key is made here, certified over the API, and never leaves memory."""
        id_, token = self.token(identifier, name, role, person)
        api = Api(self._transport, token, self._language)
        return Member(id_, name, enrol(api, secrets.token_urlsafe(16).encode()).key, api)

    def agency(self, name: str) -> Member:
        """The agency of all tenders."""
        return self.member("AGENCY", name, "agency", "Contract officer")

    def suppliers(self, names: Sequence[str]) -> dict[str, Member]:
        """All bidders, a few at a time."""
        with ThreadPoolExecutor(_THREADS) as pool:
            made = pool.map(
                lambda pair: self.member(f"BIDDER-{pair[0]:03d}", pair[1], "supplier", "Chief estimator"),
                enumerate(names, 1),
            )
            return dict(zip(names, made, strict=True))

    def custodians(self, folder: Path, agency: str) -> list[CustodianMember]:
        """Three custodians, each with its own key file, password and token in `folder`."""
        all_ = (("agency", agency), *CUSTODIANS)
        return [self._custodian(folder, index, *each) for index, each in enumerate(all_, 1)]

    def _custodian(self, folder: Path, index: int, role: str, name: str) -> CustodianMember:
        id_, token = self.token(f"CUSTODIAN-{index}", name, "custodian", f"Custodian {index}")
        password = secrets.token_urlsafe(16)
        made = enrol(Api(self._transport, token, self._language), password.encode())
        place = folder / f"custodian-{index}"
        aside = folder / f".custodian-{index}"
        aside.mkdir(parents=True, mode=0o700)
        for file, content in (
            (KEY_FILE, made.file),
            (PASSWORD_FILE, password.encode()),
            (TOKEN_FILE, token.encode()),
        ):
            path = aside / file
            path.touch(0o600)
            path.write_bytes(content)
        aside.rename(place)  # the platform takes up whole folders only
        public = require_p256(made.key.signer.certificate.public_key())
        return CustodianMember(id_, role, name, spki(public))
