"""Signing in: by password and one-time code, by passkey, or by signing a challenge with a certificate.

Each attempt works in short transactions of its own, so that a failure is counted although the request is
refused, and so that no lock is held while a password is hashed. Every attempt enters the private acts
(Order 20 art. 49): the public log would show how many suppliers are at work before a deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bids.objects import read_signed
from signing.certificates import fingerprint
from signing.encoding import format_time, parse_time
from trading.accounts.models import Organisation, PartyCertificate, Person
from trading.accounts.services import Accounts
from trading.accounts.signatures import check_signing_time
from trading.audit import private
from trading.errors import TradingError
from trading.platform import Platform
from trading.sign_in import codes, throttle
from trading.sign_in.challenges import give, take
from trading.sign_in.models import Login, Passkey, Registration, WebSession
from trading.sign_in.passkeys import Passkeys
from trading.sign_in.passwords import hash_password, outdated, verify_password
from trading.sign_in.people import People
from trading.sign_in.sessions import (
    Browser,
    Opened,
    begin,
    device_of,
    end,
    living,
    make_whole,
    roles_of_person,
)
from trading.web.security import Actor, token_digest

_MOST_CODES = 5  # wrong ones, before the password is asked for again


class SignIn:
    """Who is at the other end."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._database = platform.database
        self._safe = codes.Safe(platform.keys.sign_in)
        self._passkeys = Passkeys(platform.settings)

    # -- password, then code

    def with_password(self, username: str, password: str, browser: Browser) -> Opened:
        """A session that still wants its second factor, or has yet to set one up.

        Raises:
            TradingError: "sign-in-wrong" whichever of the two is wrong, "too-many-attempts",
            "registration-…" for who is not enrolled yet, "person-disabled".
        """
        with self._database.reading() as session:
            now = self._clock.now(session)
            login = session.scalar(select(Login).where(Login.username == username))
            known = device_of(session, login.person_id, browser.device) if login is not None else None
            counted = throttle.counters(username, browser.address, known)
            throttle.refuse_many(session, counted, now)
            waiting = None if login is not None else _registration(session, username)
        kept = login.password if login is not None else waiting.password if waiting is not None else None
        if not verify_password(kept, password):
            self._failed("password", counted, browser, login.person_id if login else None)
            raise TradingError("sign-in-wrong", status=403)
        if waiting is not None:
            raise _not_yet(waiting)
        assert login is not None
        fresh = hash_password(password) if outdated(login.password or "") else None
        with self._database.transaction() as session:
            now = self._clock.now(session)
            row = session.get_one(Login, login.person_id, with_for_update=True)
            if fresh is not None:
                row.password = fresh
            second = row.totp is not None or _has_passkey(session, row.person_id)
            stage = "password" if second else "setup"
            return begin(session, row.person_id, "password", stage, browser, now)

    def with_code(self, half: str, code: str, browser: Browser) -> Opened:
        """The session made whole by an authenticator app's code.

        Raises:
            TradingError: "code-wrong", "sign-in-again" (the password's session is over), "too-many-attempts".
        """
        with self._database.transaction() as session:
            now = self._clock.now(session)
            row = _half(session, half, "password", now)
            login = session.get_one(Login, row.person_id, with_for_update=True)
            known = device_of(session, row.person_id, browser.device)
            counted = throttle.counters(login.username, browser.address, known)
            throttle.refuse_many(session, counted, now)
            secret = self._safe.open(login.totp, row.person_id) if login.totp is not None else None
            step = codes.step_of(secret, code, now, login.totp_step) if secret is not None else None
            if step is not None:
                login.totp_step = step
                return self._signed_in(session, make_whole(session, row, now), browser, now, "code")
            row.failures += 1
            if row.failures >= _MOST_CODES:
                end(session, row, now)
        self._failed("code", counted, browser, row.person_id)
        raise TradingError("code-wrong", status=403)

    # -- the first second factor

    def offer_code(self, half: str) -> tuple[str, str]:
        """A new key for the app of who has no second factor yet: the key and its otpauth address."""
        with self._database.transaction() as session:
            row = _half(session, half, "setup", self._clock.now(session))
            login = session.get_one(Login, row.person_id)
            secret = self._safe.open(row.secret, row.person_id) if row.secret is not None else None
            if secret is None:
                secret = codes.new_secret()
                row.secret = self._safe.seal(secret, row.person_id)
            return secret, codes.address_for(secret, login.username, self._platform.settings.platform_name)

    def confirm_code(self, half: str, code: str, browser: Browser) -> Opened:
        """The app shows a right code: it is the second factor from now on. TradingError "code-wrong"."""
        with self._database.transaction() as session:
            now = self._clock.now(session)
            row = _half(session, half, "setup", now)
            secret = self._safe.open(row.secret, row.person_id) if row.secret is not None else None
            step = codes.step_of(secret, code, now, 0) if secret is not None else None
            if secret is None or step is None:
                raise TradingError("code-wrong", status=403)
            login = session.get_one(Login, row.person_id, with_for_update=True)
            login.totp, login.totp_step = self._safe.seal(secret, row.person_id), step
            self._note(session, "code.set", now, browser, row.person_id, {})
            return self._signed_in(session, make_whole(session, row, now), browser, now, "code")

    # -- passkeys

    def offer_passkey(self, person_id: str) -> dict[str, Any]:
        """What the browser needs to make a passkey for a person."""
        with self._database.transaction() as session:
            now = self._clock.now(session)
            login = session.get_one(Login, person_id)
            name = session.get_one(Person, person_id).name
            options, state = self._passkeys.register_begin(session, person_id, login.username, name)
            give(session, f"new:{person_id}", state, now)
            return options

    def add_passkey(self, person_id: str, answer: dict[str, Any], label: str, browser: Browser) -> Passkey:
        """Keep a passkey that the browser made. TradingError "passkey-wrong"."""
        with self._database.transaction() as session:
            now = self._clock.now(session)
            state = take(session, f"new:{person_id}", now)
            row = self._passkeys.register_complete(session, person_id, state, answer, label, now)
            self._note(session, "passkey.added", now, browser, person_id, {"passkey": row.id})
            return row

    def setup_passkey(self, half: str, answer: dict[str, Any], label: str, browser: Browser) -> Opened:
        """A passkey as the first second factor."""
        self.add_passkey(self.person_of_half(half, "setup"), answer, label, browser)
        with self._database.transaction() as session:
            now = self._clock.now(session)
            row = _half(session, half, "setup", now)
            return self._signed_in(session, make_whole(session, row, now), browser, now, "passkey")

    def challenge_passkey(self) -> dict[str, Any]:
        """What the browser needs to sign in with any passkey of this platform."""
        with self._database.transaction() as session:
            options, state = self._passkeys.authenticate_begin()
            give(session, "passkey", state, self._clock.now(session), state["challenge"])
            return options

    def with_passkey(self, answer: dict[str, Any], browser: Browser) -> Opened:
        """A session by a passkey alone: it is something had and something known (user verification).

        Raises:
            TradingError: "passkey-wrong", "sign-in-again" (challenge used or too old), "person-disabled".
        """
        with self._database.transaction() as session:
            now = self._clock.now(session)
            challenge = self._passkeys.challenge_in(answer)
            state = take(session, "passkey", now, challenge)
            row = self._passkeys.authenticate_complete(session, state, answer, now)
            opened = begin(session, row.person_id, "passkey", "whole", browser, now)
            return self._signed_in(session, opened, browser, now, "passkey")

    # -- certificates

    def challenge_certificate(self) -> dict[str, str]:
        """What a party signs to sign in: this platform's address and a nonce that is good once."""
        with self._database.transaction() as session:
            now = self._clock.now(session)
            nonce = give(session, "certificate", {}, now)
            return {"origin": self._passkeys.origin, "nonce": nonce, "at": format_time(now)}

    def with_certificate(self, file: bytes, browser: Browser) -> Opened:
        """A session of the person whom a `sunseal/sign-in/v1` statement's certificate was issued to.

        1. The statement is canonical and of its type, for this platform's address, near the present time.
        2. Its nonce was given here, is not used and not too old.
        3. The signature holds under a certificate of ours that is not revoked.
        4. The person may still act in the certificate's role.

        Raises:
            BidError (1, 3), TradingError (1-4).
        """
        accounts = Accounts(self._platform)
        read = read_signed(file, "sign-in")
        with self._database.transaction() as session:
            now = self._clock.now(session)
            origin = read.statement["origin"]
            if origin != self._passkeys.origin:
                raise TradingError("sign-in-origin", origin=origin, wanted=self._passkeys.origin)
            check_signing_time(parse_time(read.statement["at"]), now)
            take(session, "certificate", now, read.statement["nonce"])
            signed = accounts.check_signature(session, read.statement_bytes, read.signature, now)
            row = session.get(PartyCertificate, fingerprint(signed.certificate))
            if row is None:
                raise TradingError("certificate-unknown", status=403)
            if row.revoked_at is not None:
                raise TradingError("certificate-revoked-now", status=403)
            if row.role not in roles_of_person(session, row.person_id):
                raise TradingError("person-role", status=403, role=row.role)
            opened = begin(session, row.person_id, "certificate", "whole", browser, now)
            opened.row.role = row.role
            return self._signed_in(session, opened, browser, now, "certificate")

    # -- what they share

    def with_invitation(self, secret: str, username: str, password: str, browser: Browser) -> Opened:
        """A link is used up, the password set; the second factor is still to be set up.

        Raises:
            NotFound: "invitation-over". Conflict: "username-taken".
        """
        encoded = hash_password(password)
        with self._database.transaction() as session:
            now = self._clock.now(session)
            person = People(self._platform).accept(session, secret, username, encoded)
            self._note(session, "invitation.accepted", now, browser, person.id, {})
            return begin(session, person.id, "invitation", "setup", browser, now)

    def of_demo(self, person_id: str, browser: Browser) -> Opened:
        """A session without any proof of who it is: for demonstrations, where a setting allows it."""
        with self._database.transaction() as session:
            now = self._clock.now(session)
            opened = begin(session, person_id, "demo", "whole", browser, now)
            return self._signed_in(session, opened, browser, now, "demo")

    def person_of_half(self, half: str, stage: str) -> str:
        """Whose half-open session this is. TradingError "sign-in-again"."""
        with self._database.reading() as session:
            return _half(session, half, stage, self._clock.now(session)).person_id

    def _signed_in(
        self, session: Session, opened: Opened, browser: Browser, now: datetime, method: str
    ) -> Opened:
        details = {"method": method, "session": opened.row.id, "agent": browser.agent[:300]}
        self._note(session, "signed-in", now, browser, opened.row.person_id, details, opened.row.role)
        return opened

    def _failed(
        self, method: str, counted: list[throttle.Counter], browser: Browser, person_id: str | None
    ) -> None:
        with self._database.transaction() as session:
            now = self._clock.now(session)
            throttle.count(session, counted, now)
            self._note(session, "sign-in.failed", now, browser, person_id, {"method": method})

    def _note(
        self, session: Session, act: str, now: datetime, browser: Browser, person_id: str | None,
        details: Mapping[str, object], role: str = "",
    ) -> None:  # fmt: skip
        actor = None
        if person_id is not None:
            person = session.get_one(Person, person_id)
            organisation = session.get_one(Organisation, person.organisation_id)
            actor = Actor(person.id, organisation.id, role, "", person.name, organisation.name)
        private.keep(session, actor, browser.address, act, now, None, details)


def _half(session: Session, half: str, stage: str, now: datetime) -> WebSession:
    row = session.scalar(select(WebSession).where(WebSession.digest == token_digest(half)))
    if row is None or row.stage != stage or not living(row, now):
        raise TradingError("sign-in-again", status=403)
    return row


def _has_passkey(session: Session, person_id: str) -> bool:
    return session.scalar(select(Passkey.id).where(Passkey.person_id == person_id).limit(1)) is not None


def _registration(session: Session, username: str) -> Registration | None:
    found = select(Registration).where(Registration.username == username)
    return session.scalar(found.order_by(Registration.created_at.desc()).limit(1))


def _not_yet(row: Registration) -> TradingError:
    if row.state == "refused":
        return TradingError("registration-refused", status=403, name=row.name, reason=row.reason or "")
    return TradingError("registration-pending", status=403, name=row.name)
