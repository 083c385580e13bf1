"""Every address asked as everybody, against one table of who may; an address that is not in it fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functional.permission_scene import WHO, Door, PermissionScene, doors, refused

ALL = frozenset(WHO)
SIGNED_IN = ALL - {"nobody"}
OPERATOR = frozenset({"operator"})
ADMINISTRATOR = frozenset({"administrator"})
OWNER = frozenset({"administrator", "agency"})  # persons of the tender's agency
AGENCIES = OWNER | {"agency2"}
BIDDER = frozenset({"supplier"})  # whose bid or upload it is
SUPPLIERS = frozenset({"supplier", "supplier2"})
CUSTODIAN = frozenset({"custodian"})  # of the tender
CUSTODIANS = CUSTODIAN | {"custodian2"}
SUPERVISORS = frozenset({"supervisor", "supervisor2"})
EVALUATOR = frozenset({"evaluator"})  # appointed to the tender
EVALUATORS = EVALUATOR | {"evaluator2"}

# Route and method -> who is let in. A bare name stands for GET.
TABLE: dict[str, frozenset[str]] = {
    # the public's pages
    "portal.home": ALL, "portal.tenders": ALL, "portal.tender": ALL, "portal.opening": ALL,
    "portal.api": ALL, "portal.check": ALL, "log": ALL, "tsa POST": ALL,
    # signing in and out
    "sign-in": ALL, "sign-in POST": ALL, "sign-in.code": ALL, "sign-in.code POST": ALL,
    "sign-in.setup": ALL, "sign-in.setup POST": ALL, "sign-in.setup.passkey": ALL,
    "sign-in.setup.passkey POST": ALL, "sign-in.passkey": ALL, "sign-in.passkey POST": ALL,
    "sign-in.certificate": ALL, "sign-in.certificate POST": ALL, "sign-in.challenge POST": ALL,
    "sign-in.demo POST": ALL, "sign-out POST": SIGNED_IN,
    "invitation": ALL, "invitation POST": ALL, "register": ALL, "register POST": ALL,
    # one's own account
    "account": SIGNED_IN, "account.password": SIGNED_IN, "account.password POST": SIGNED_IN,
    "account.passkeys": SIGNED_IN, "account.passkeys POST": SIGNED_IN,
    "account.passkey-remove POST": SIGNED_IN, "account.session-end POST": SIGNED_IN,
    "account.role POST": SIGNED_IN, "desk": SIGNED_IN,
    # people
    "people": OPERATOR | ADMINISTRATOR, "people POST": OPERATOR | ADMINISTRATOR,
    "people.again POST": OPERATOR | ADMINISTRATOR, "people.disable POST": OPERATOR | ADMINISTRATOR,
    "api.people POST": OPERATOR | ADMINISTRATOR,
    "registrations": OPERATOR, "registrations POST": OPERATOR, "registrations.accept POST": OPERATOR,
    # operating
    "operating": OPERATOR, "operating.jobs": OPERATOR, "operating.organisations": OPERATOR,
    "operating.enrol": OPERATOR, "operating.enrol POST": OPERATOR,
    "operating.organisation": OPERATOR, "operating.organisation POST": OPERATOR,
    "operating.certificate": OPERATOR, "operating.certificate POST": OPERATOR,
    "operating.token POST": OPERATOR,
    # supervision
    "supervision": SUPERVISORS, "supervision.over": SUPERVISORS, "supervision.acts": SUPERVISORS,
    "supervision.acts-check POST": SUPERVISORS,
    "supervision.tender": SUPERVISORS, "supervision.check POST": SUPERVISORS,
    # an agency's work
    "agency.tenders": AGENCIES, "agency.draft": AGENCIES, "agency.draft POST": AGENCIES,
    "agency.findings POST": AGENCIES, "agency.tender": OWNER, "agency.edit": OWNER,
    "agency.edit POST": OWNER, "agency.documents POST": OWNER, "agency.amendment": OWNER,
    "agency.amendment POST": OWNER, "agency.amendment-findings POST": OWNER,
    "agency.amendment-drop POST": OWNER,
    # evaluation
    "evaluators": OWNER, "evaluators POST": OWNER, "evaluators.dismiss POST": OWNER,
    "evaluators.key": EVALUATORS,
    "evaluation": OWNER | EVALUATOR, "evaluation.opinion": EVALUATOR, "evaluation.opinion POST": EVALUATOR,
    # a supplier's and a custodian's work
    "supplier.bid": SUPPLIERS, "supplier.receipt": BIDDER, "supplier.receipt-file": BIDDER,
    "supplier.unlock": BIDDER,
    "custody.tender": CUSTODIAN,
    # the API: accounts
    "openapi": ALL, "me": SIGNED_IN, "organisations POST": OPERATOR, "organisation": OPERATOR | OWNER,
    "organisation.envelope-key": ALL, "tokens POST": OPERATOR, "token DELETE": OPERATOR | OWNER,
    "certificates POST": AGENCIES | SUPPLIERS | CUSTODIANS, "certificate.enrolment": ALL,
    "certificates": SIGNED_IN, "certificates.days": SIGNED_IN,  # of the asker's own organisation
    "certificate.revocation POST": OPERATOR, "certificates.chain": ALL, "certificates.crl": ALL,
    "ocsp POST": ALL, "ocsp.request": ALL, "certificates.outside-roots": ALL,
    "account.certificates": SIGNED_IN, "account.certificates POST": SIGNED_IN,
    "certificates.renewal POST": ALL, "certificates.outside POST": AGENCIES | SUPPLIERS | CUSTODIANS,
    "authority.crl": ALL, "authority.certificate": ALL, "certificates.roots": ALL, "crl": ALL,
    "envelope-key PUT": AGENCIES,
    # the API: the log
    "log.checkpoint": ALL, "log.consistency": ALL, "log.entries": ALL, "log.inclusion": ALL, "log.key": ALL,
    "log.statement": ALL, "log.cosigned": ALL, "log.cosignatures POST": ALL,
    # its files
    "log.file": ALL, "log.tile": ALL,
    # the API: tenders
    "projects": ALL, "projects POST": AGENCIES, "project": ALL, "tenders": ALL, "tenders POST": AGENCIES,
    "tender": ALL, "tender PUT": OWNER, "tender-documents": ALL, "tender-document": ALL,
    "tender-amendment": OWNER, "tender-amendment PUT": OWNER, "tender-amendment DELETE": OWNER,
    "tender-document PUT": OWNER, "tender-publication POST": OWNER, "tender-cancellation POST": OWNER,
    "tender-notice": ALL, "tender-notice-signature": ALL, "tender-notices": ALL, "tender-old-notice": ALL,
    "tender-old-notice-signature": ALL, "tender-sealing-policy": ALL,
    # the API: bids
    "tender-bids": SUPPLIERS, "tender-bids POST": SUPPLIERS, "tender-uploads POST": SUPPLIERS,
    "tender-withdrawals POST": SUPPLIERS, "bid-receipt": BIDDER, "bid-proofs": BIDDER,
    "bid-bundle": BIDDER, "supplier.bundle": BIDDER, "upload": BIDDER,
    "upload-part PUT": BIDDER, "upload-completion POST": BIDDER,
    "tenders.bid.unlocking": BIDDER, "tenders.bid.unlocking POST": BIDDER, "tenders.unlocking": ALL,
    "tenders.unlock_decisions POST": OWNER,
    # the API: custody; which tenders are theirs the acts themselves decide
    "custody.tenders": CUSTODIANS, "custody.key PUT": CUSTODIANS, "custody.release": CUSTODIANS,
    "custody.release PUT": CUSTODIANS,
    "custody.erasure PUT": CUSTODIANS, "custody.reserve": CUSTODIANS, "custody.reserve PUT": CUSTODIANS,
    "custody.reserved DELETE": CUSTODIANS,
    # the API: after the deadline
    "tenders.closing": ALL, "tenders.ledger": ALL, "tenders.trust": ALL, "tenders.opening": ALL,
    "tenders.opening_record": ALL, "tenders.files": OWNER, "tenders.files.object": OWNER,
    "evaluator-key PUT": EVALUATORS, "tenders.handover": OWNER, "tenders.handover.evaluator PUT": OWNER,
    "tenders.handed": EVALUATOR, "tenders.handed.object": EVALUATOR,
    "tenders.evaluation": ALL, "tenders.evaluation POST": OWNER, "tenders.stage POST": OWNER,
    "tenders.award": ALL,
    "tenders.award POST": OWNER, "tenders.award_report": ALL, "tenders.award_notice": ALL,
    "tenders.result_notices": OWNER | SUPPLIERS | SUPERVISORS,
    "tenders.result_notice": OWNER | SUPERVISORS | {"supplier2"},  # who lost
    "tenders.evidence": ALL, "tenders.evidence_zip": ALL,
    # built files
    "__static/built/": ALL,
}  # fmt: skip

# Where whoever may not do it does not even learn that it is there: 404.
HIDDEN = frozenset(
    {
        "agency.edit", "agency.edit POST", "agency.documents POST", "tender-publication POST",  # of a draft
        "supplier.unlock", "tenders.bid.unlocking", "tenders.bid.unlocking POST",
        "supplier.receipt", "supplier.receipt-file", "bid-receipt", "bid-proofs", "upload",
        "bid-bundle", "supplier.bundle",
        "upload-part PUT", "upload-completion POST", "certificate.revocation POST", "custody.tender",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PermissionScene]:
    made = PermissionScene(tmp_path_factory.mktemp("permissions"))
    yield made
    made.house.close()


def name_of(door: Door) -> str:
    return door.route if door.method == "GET" else f"{door.route} {door.method}"


def test_the_table_has_every_address_and_no_other(everybody: PermissionScene) -> None:
    assert {name_of(door) for door in doors(everybody.house)} == set(TABLE)
    assert set(TABLE) >= HIDDEN


def test_every_address_as_everybody(everybody: PermissionScene) -> None:
    wrong = []
    for door in doors(everybody.house):
        name = name_of(door)
        if name == "__static/built/":
            continue
        for who in WHO:
            answer = everybody.ask[who](door.method, everybody.path(door))
            let_in = not refused(door, answer) and not (name in HIDDEN and answer.status_code == 404)
            if answer.status_code >= 500 or let_in != (who in TABLE[name]):
                wrong.append(f"{name} as {who}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_nobody_else_learns_of_a_draft(everybody: PermissionScene) -> None:
    """Every address of a tender, asked of one that is not published."""
    insiders = {"agency", "administrator", "custodian"}
    for door in doors(everybody.house):
        if "{tender}" not in door.pattern or door.method != "GET":
            continue
        for who in WHO:
            if who in insiders:
                continue
            answer = everybody.ask[who]("GET", everybody.path(door, everybody.scene.draft))
            told = answer.status_code not in (401, 403, 404) and not refused(door, answer)
            assert not told, f"{door.route} as {who}: {answer.status_code}"
