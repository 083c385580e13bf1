"""Judging who signed: the costly part before the tender's lock, the rest when its turn comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from sqlalchemy.orm import Session

from bids.errors import BidError, from_signing
from signing import cms
from signing.certificates import fingerprint
from signing.errors import SigningError
from signing.keys import require_p256, spki
from trading.accounts.models import Crl
from trading.accounts.services import Accounts
from trading.accounts.signatures import SignedBy, Standing, refuse_unfit
from trading.errors import Conflict, TradingError
from trading.submission.models import Bid
from trading.tenders.rules import RulePack
from trading.web.security import Actor


@dataclass(frozen=True)
class Judged:
    """What the check of a signature came to: who signed and the revocation list used, or why not."""

    what: str
    signed: SignedBy | None = None
    error: Exception | None = None

    @property
    def fingerprint(self) -> str:
        """The certificate's SHA-256; empty if the signature does not hold."""
        return self.signed.fingerprint if self.signed is not None else ""

    def stand(
        self, pack: RulePack, actor: Actor, standing: Standing | None, now: datetime
    ) -> tuple[x509.Certificate, Crl]:
        """Certificate and list, if they still hold at `now`, the instant of receipt, and are the actor's.

        Raises:
            TradingError: refused under the pack's rule. Conflict: one of the two ran out in between.
        """
        with under(pack, "unsigned-bid", self.what):
            if self.error is not None:
                raise self.error
            signed = self.signed
            if signed is None:
                raise TradingError("signature-missing")
            refuse_unfit(signed, standing, now, "supplier", actor.organisation)
        if now > min(signed.certificate.not_valid_after_utc, signed.crl.next_update):
            # It held a moment ago; judged again from the beginning it will say which of the two ran out.
            raise Conflict("busy")
        return signed.certificate, signed.crl


def judge(
    session: Session, accounts: Accounts, data: bytes, signature: bytes, now: datetime, what: str
) -> Judged:
    """Signature, chain and revocation list, before the lock; never raises a refusal."""
    if not signature:
        return Judged(what)
    try:
        return Judged(what, accounts.check_signature(session, data, signature, now))
    except (BidError, SigningError, TradingError) as error:
        return Judged(what, error=error)


def refuse_other_key(pack: RulePack, bid: Bid, certificate: x509.Certificate) -> None:
    """Whoever gets a second certificate for an organisation must not be able to remove its bid.

    Raises:
        TradingError: "bid-key-differs".
    """
    if bid.certificate == fingerprint(certificate):
        return
    first = cms.verify(bid.manifest, bid.signature).certificate
    if _public(first) != _public(certificate):
        raise pack.refuse("replacement", "bid-key-differs")


def _public(certificate: x509.Certificate) -> bytes:
    return spki(require_p256(certificate.public_key()))


@contextmanager
def under(pack: RulePack, rule: str, what: str) -> Iterator[None]:
    """Give refusals of the lower floors the rule and article they fall under."""
    try:
        yield
    except (BidError, SigningError) as error:
        refusal = from_signing(error, what=what) if isinstance(error, SigningError) else error
        raise pack.refuse(rule, refusal.code, **refusal.params) from None
    except TradingError as error:
        if not error.rule:
            error.rule, error.article = rule, pack.rule(rule).article.text
        raise
