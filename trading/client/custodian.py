"""The custodian's agent: it holds one key a tender and gives its shares up only after its own checks.

It sees only what the HTTP API shows, believes no hint, and judges time by its own clock. Whatever it does is
on its own disk before anybody else sees it, so that it can be stopped anywhere and started again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from threading import Event

from cryptography import x509

from bids.custody import (
    CheckedClosing,
    check_closed,
)
from bids.entries import Entry
from bids.errors import BidError
from bids.examination import PUBLISHING_ACTS, examine_notice
from bids.trust import Trust
from signing import canonical
from signing.encoding import b64decode, is_id, parse_time
from signing.errors import SigningError
from signing.notes import NoteVerifier
from signing.policies import LogPolicy
from trading.client.acceptance import accept_notice, accepted_notice
from trading.client.api import Api, ApiProblem, JsonObject
from trading.client.closed import fetch_closed, fetch_notice_file, fetch_trust
from trading.client.custodian_journal import Journal, in_both, tell_clocks_apart
from trading.client.custodian_keys import CustodianKeys
from trading.client.custodian_releases import Releases
from trading.client.custodian_segments import release_name, sent_name
from trading.client.custodian_state import CustodianState, StateConflict
from trading.client.custodian_stock import Stock, signed_key
from trading.client.erasure import Erasures
from trading.client.errors import ClientError
from trading.client.journal_telling import tell_accepted, tell_cosigned
from trading.client.log_follower import Listeners, LogFollower, pinned_verifier
from trading.client.log_memory import LogMemory
from trading.client.logged_certificates import LoggedCertificates
from trading.client.transport import ConnectionFailed
from trading.client.witnessed import require_cosigned

log = logging.getLogger("sunseal.custodian")

# A platform that says nothing must not hold up an agent with other tenders to serve.
READ_SECONDS = 20.0
_CLOSED = ("closed", "opening", "judging", "opened", "evaluated", "awarded")
_RETRY_SECONDS = 10.0
_REMIND_SECONDS = 60.0
_STOCK_SECONDS = 60.0
_CLOCK_SECONDS = 3600.0
# What a platform that lies or a proxy that garbles can make of an answer.
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)
_WITNESSED = ("tender.closed", "tender.admitted")
_SOON = frozenset({"opening-early", "cosignatures-missing"})
_WITNESSES_SECONDS = 0.5  # between two looks for cosignatures


@dataclass(frozen=True)
class Refusal:
    """Why nothing was done for a tender: a stable code and a sentence."""

    tender: str
    code: str
    reason: str


class Custodian:
    """An agent of one custodian.

    Args:
        api: with the custodian's token. keys: what only it has. state: its own folder.
        roots: what it trusts; log_key: the log's verifier key, or None to keep the first one shown.
        now: its own clock, UTC. journal: where it says what it does; by default in its folder.
        secure: puts what is on disk into the backup; called before anything of it is given out.
        policy: whose cosignatures of the log it wants before it releases; None for nobody's.
    """

    def __init__(
        self,
        api: Api,
        keys: CustodianKeys,
        state: CustodianState,
        roots: Sequence[x509.Certificate],
        log_key: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        journal: Journal | None = None,
        secure: Callable[[], None] = lambda: None,
        policy: LogPolicy | None = None,
    ) -> None:
        if not roots:
            raise ClientError("roots-missing")
        self.id = keys.id
        self._api = api
        self._keys = keys
        self._state = state
        self._roots = tuple(roots)
        self._given_log_key = log_key
        self._now = now
        self.journal = journal or Journal(state.folder, now)
        self._secure = secure
        self._policy = policy
        self._cosigned: set[str] = set()
        self._follower: LogFollower | None = None
        self._certificates = LoggedCertificates(state)
        self._heard = LogMemory(state)
        self._verifier: NoteVerifier | None = None
        self._tried: dict[str, datetime] = {}
        self._told: dict[str, datetime] = {}
        self._deadlines: dict[str, datetime] = {}
        self._followed = False
        self._stocked: datetime | None = None
        self._clocked: datetime | None = None
        self.refusals: dict[str, Refusal] = {}

    def run(self, stop: Event, seconds: float = 2.0) -> None:
        """Do rounds until stopped, `seconds` apart, and at once when an opening time comes."""
        while not stop.is_set():
            try:
                self.step()
            except ApiProblem as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    self._refuse("-", error.code, error)  # somebody has to bring a token
                else:
                    log.warning("custodian %s: %s", self.id, error)
            except ConnectionFailed as error:
                log.warning("custodian %s: %s", self.id, error)
            except (ClientError, BidError, SigningError, StateConflict, OSError, *_MALFORMED) as error:
                log.error("custodian %s: %s", self.id, error)
            except Exception:
                # An agent that dies of one surprise would keep every tender of its custodian shut.
                log.exception("custodian %s", self.id)
            stop.wait(self._pause(seconds))

    def _pause(self, seconds: float) -> float:
        now = self._now()
        ahead = [(at - now).total_seconds() for at in self._deadlines.values()]
        due = [max(wait + 0.05, 0.2) for wait in ahead if wait > -60]
        due += [_WITNESSES_SECONDS for each in self.refusals.values() if each.code == "cosignatures-missing"]
        return min([seconds, *due])

    def step(self) -> int:
        """One round over all that waits for this custodian; how many acts it did.

        A tender that fails a check, or whose connection breaks, is logged with the reason and left alone
        for a while; the others go on.

        Raises:
            ApiProblem, ConnectionFailed: the platform cannot be asked what waits.
        """
        self._deadlines.clear()
        self._followed = False
        tasks = [task for task in self._api.pages("/custody/tenders") if is_id(str(task.get("tender")))]
        done = sum(self._guarded(str(task["tender"]), partial(self._act, task=task)) for task in tasks)
        # Whoever waits for an opening comes first.
        self._guarded("-", lambda _: self._restock({str(task["tender"]) for task in tasks}))
        return done

    def _restock(self, tasks: set[str]) -> bool:
        """Now and then: fresh keys for what is to come, and an end to keys that nobody will use."""
        now = self._now()
        if self._stocked is not None and abs((now - self._stocked).total_seconds()) < _STOCK_SECONDS:
            return False
        self._stocked = now
        if self._clocked is None or abs((now - self._clocked).total_seconds()) >= _CLOCK_SECONDS:
            self._clocked = now if tell_clocks_apart(self.journal, self._api.date, now) else None
        stock = self._stock()
        wanted = stock.fill()
        for tender in stock.unused(tasks | wanted):
            self._guarded(tender, self._give_up)
        for tender in stock.left_over(tasks):
            self._guarded(tender, self._end)
        return False

    def _give_up(self, tender: str) -> bool:
        """Erase a key whose id neither a tender nor the reserve has any more, unless the log knows better."""
        if self._last_logged(tender) is None:
            return self._stock().give_up(tender, self._now(), self._heard.newest)
        shown = fetch_notice_file(self._api, tender)
        notice = shown.notice
        if self.id in {each.id for each in notice.policy.custodians}:
            return self._accept(tender)  # it was kept from this custodian
        if notice.digest != self._last_logged(tender):
            raise ClientError("notice-other-tender")
        # A notice that the platform made up, and logged, must not end a key that the agency's own names.
        examine_notice(shown.raw, shown.signature, self._trust(tender))
        self._stock().erase(tender)
        return True

    def _end(self, tender: str) -> bool:
        """Erase a key from a backup older than its tender's end; the log must show that end, as always."""
        accepted = accepted_notice(self._state, tender)
        if accepted is not None:
            policy = accepted.notice.policy
            last = policy.segment_names[-1]
            if self._state.read(tender, release_name(policy, last)) is None:
                with suppress(ApiProblem):
                    self._releases().adopt(tender, last)
        return self._erase(tender)

    def _erase(self, tender: str) -> bool:
        done = self._erasures().erase(tender, self._trust(tender))
        self._secure_if_possible()
        return done

    def _stock(self) -> Stock:
        return Stock(self._api, self._state, self._keys, self.journal, self._secure)

    # --- one tender, for a person

    def examine(self, tender: str) -> CheckedClosing:
        """Accept the notice and do every check before a release, for a person who decides about it.

        Raises:
            BidError, ClientError, SigningError, ApiProblem, ConnectionFailed: what does not hold.
        """
        return self._check(tender)[0]

    def release(self, tender: str) -> None:
        """Check everything again, release the segment in turn, and hand it in; raises as examine does."""
        tasks = self._api.pages("/custody/tenders")
        segment = next((str(task["segment"]) for task in tasks if task["tender"] == tender), None)
        if segment is None or not self._release(tender, segment):
            raise ClientError("release-nothing")

    def _guarded(self, tender: str, act: Callable[[str], bool]) -> bool:
        if self._resting(tender):
            return False
        try:
            done = act(tender)
        except (BidError, ClientError, ApiProblem) as error:
            self._refuse(tender, error.code, error)
        except SigningError as error:
            self._refuse(tender, "signature-refused", error)
        except StateConflict as error:
            self._refuse(tender, "state-conflict", error)
        except _MALFORMED as error:
            self._refuse(tender, "answer-malformed", ClientError("answer-malformed", what=repr(error)))
        except ConnectionFailed as error:
            self._refuse(tender, "platform-unreachable", error)
        except Exception as error:
            log.exception("tender %s", tender)
            self._refuse(tender, "unforeseen", ClientError("unforeseen", kind=type(error).__name__))
        else:
            self.refusals.pop(tender, None)
            return done
        return False

    def _resting(self, tender: str) -> bool:
        since = self._tried.get(tender)
        return since is not None and abs((self._now() - since).total_seconds()) < _RETRY_SECONDS

    def _refuse(self, tender: str, code: str, error: Exception) -> None:
        if code not in _SOON:
            self._tried[tender] = self._now()
        reason = str(error)
        now, known, told = self._now(), self.refusals.get(tender), self._told.get(tender)
        again = told is None or abs((now - told).total_seconds()) >= _REMIND_SECONDS
        if known is None or known.reason != reason or again:
            if code in _SOON:
                log.info("tender %s waits: %s [%s]", tender, reason, code)
            else:
                log.error("tender %s is not served: %s [%s]", tender, reason, code)
            self._told[tender] = now
        if known is None or known.reason != reason:
            zh, en = in_both(error)
            if code in _SOON:
                self.journal.say("waiting", tender, f"{zh} [{code}]", f"{en} [{code}]")
            else:
                self.journal.say("refused", tender, f"未予办理：{zh} [{code}]", f"Not served: {en} [{code}]")
        self.refusals[tender] = Refusal(tender, code, reason)

    def _act(self, tender: str, task: JsonObject) -> bool:
        """What the hints suggest, as far as it can be proved."""
        state = task["state"]
        if self._state.read(tender, "erased") is not None:
            return False
        if task["key_wanted"]:
            return self._give_key(tender)
        if not self._keys.holds(tender) and self._state.read(tender, "erasure.json") is None:
            if task["key_held"] and (state == "published" or state in _CLOSED and not task["released"]):
                raise ClientError("key-elsewhere")
            return False  # no key of ours: nothing to give, nothing to erase
        if state == "published":
            self._deadlines[tender] = parse_time(str(task["deadline"]))
            return self._accept(tender)
        if state in _CLOSED and not self._has_released(tender, task):
            return self._release(tender, str(task["segment"]))
        if task["erase"]:
            if accepted_notice(self._state, tender) is None:
                self._accept(tender)  # published and ended while this agent was away
            return self._erase(tender)
        return False

    # --- the key

    def _give_key(self, tender: str) -> bool:
        """A fresh sealing key; the same one again if the first answer was lost."""
        members = signed_key(self._state, self._keys, tender)
        self._secure()
        self._api.put(f"/custody/tenders/{tender}/key", members)
        key = canonical.digest(b64decode(members["sealing_key"]))
        self.journal.write("key-given", tender, key=key)
        log.info("tender %s: sealing key handed in", tender)
        return True

    # --- the policy

    def _accept(self, tender: str) -> bool:
        """Put the notice in force on record, if the log says that it is another one than is there."""
        known = accepted_notice(self._state, tender)
        logged = self._last_logged(tender)  # the first time too: what is seen early cannot be rewritten later
        if known is not None and logged in (None, known.notice.digest):
            return False
        if not accept_notice(self._api, self._state, tender, self._keys, lambda: self._trust(tender)):
            return False
        accepted = accepted_notice(self._state, tender)
        if accepted is not None:
            tell_accepted(self.journal, accepted.notice, None if known is None else known.notice)
        log.info("tender %s: notice accepted", tender)
        return True

    def _last_logged(self, tender: str) -> str | None:
        """The digest of the notice last published, by the log; what it hides shows before the release."""
        if not self._followed:
            self._log().follow()
            self._followed = True
        entries = map(Entry.parse, self._log().entries(tender))
        digests = [one.digests.get("notice") for one in entries if one.act in PUBLISHING_ACTS]
        return digests[-1] if digests else None

    # --- the release

    def _has_released(self, tender: str, task: JsonObject) -> bool:
        """Whether the segment in turn needs nothing more of this custodian."""
        accepted = accepted_notice(self._state, tender)
        if accepted is None or not task["released"]:
            return False
        return self._state.read(tender, sent_name(accepted.notice.policy, str(task["segment"]))) is not None

    def _release(self, tender: str, segment: str) -> bool:
        if accepted_notice(self._state, tender) is None:
            self._accept(tender)  # published and closed while this agent was away
        accepted = accepted_notice(self._state, tender)
        if accepted is None:
            raise ClientError("notice-not-accepted")
        return self._releases().release(accepted.notice, segment)

    def _check(self, tender: str) -> tuple[CheckedClosing, Trust]:
        self._accept(tender)  # published, or amended, and closed while this agent was away
        accepted = accepted_notice(self._state, tender)
        if accepted is None:
            raise ClientError("notice-not-accepted")
        fetched = fetch_closed(self._api, tender, accepted)
        follower = self._log()
        follower.follow(fetched.checkpoint)
        closed = fetched.with_entries(follower.entries(tender))
        trust = self._trust(tender)
        return check_closed(closed, trust, accepted.notice.policy.digest, self._now()), trust

    def _releases(self) -> Releases:
        return Releases(
            self._api, self._state, self._keys, self._now, self.journal, self._secure_if_possible,
            self._check_witnessed, lambda tender: self._log().entries(tender),
            self._heard.envelope_key,
        )  # fmt: skip

    def _check_witnessed(self, tender: str) -> tuple[CheckedClosing, Trust]:
        """As `_check`, once the witnesses of the policy have cosigned a log that holds the closing and the
        last stage statement.

        The check follows the log further than an old checkpoint shows it: what it finds there has to be
        cosigned as well.
        """
        if self._policy is None:
            return self._check(tender)
        self._log().follow()
        position = None
        while True:
            witnessed, position = position, self._to_witness(tender)
            if position is not None and position != witnessed:
                self._require_cosigned(tender, self._policy, position)
            checked = self._check(tender)
            if self._to_witness(tender) == position:
                return checked

    def _to_witness(self, tender: str) -> int | None:
        """The last entry that witnesses must have seen, as far as the log was followed."""
        places = [at for at, raw in self._log().places(tender) if Entry.parse(raw).act in _WITNESSED]
        return places[-1] if places else None

    def _require_cosigned(self, tender: str, policy: LogPolicy, position: int) -> None:
        cosigned = require_cosigned(self._api, self._log(), policy, position)
        if cosigned is not None and tender not in self._cosigned:
            tell_cosigned(self.journal, tender, cosigned)
            self._cosigned.add(tender)

    def _secure_if_possible(self) -> None:
        """A backup that cannot be made keeps no share back, and no key alive; its failure is on record."""
        with suppress(ClientError):
            self._secure()

    # --- the end

    def _erasures(self) -> Erasures:
        return Erasures(
            self._api, self._state, self._log(), self._keys, self._now, self.journal,
            lambda tender: self._check(tender)[0],
        )  # fmt: skip

    # --- what is trusted

    def _trust(self, tender: str) -> Trust:
        """Lists and enrolments. Suppliers' enter the log by one root a day: the evidence has the proof."""
        follower = self._log()
        trust = fetch_trust(self._api, tender, self._roots, self._verifier)
        if self._certificates.missing(trust.enrolments.values()):
            follower.follow()
        for certificate in self._certificates.missing(trust.enrolments.values()):
            raise ClientError("certificate-unlogged", certificate=certificate)
        return trust

    def _log(self) -> LogFollower:
        if self._follower is None:
            self._verifier = pinned_verifier(self._api, self._state, self._given_log_key)
            heard = Listeners(self._certificates, self._heard)
            self._follower = LogFollower(self._api, self._state, self._verifier, heard)
        return self._follower
