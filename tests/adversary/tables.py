"""The classification of every column; what the words mean stands in columns.py.

A new column is added here, to the line of its table that says the truth of it; run
`pytest tests/adversary -k <table>`, which says who found what, and then `make security`.
"""

from __future__ import annotations

from typing import Any

from tests.adversary.columns import (
    ACCESS,
    ALL,
    COPY,
    SALT,
    SHOWN,
    SUPERVISOR,
    WORK,
    A,
    C,
    Kind,
    R,
    S,
    V,
    W,
    caught,
    elsewhere,
    harmless,
    open_,
)
from tests.adversary.moments import Moment
from tests.adversary.world import World

DRAFTED, BIDDING, CLOSED, RELEASED = Moment.DRAFTED, Moment.BIDDING, Moment.CLOSED, Moment.RELEASED
OPENED, EVALUATED, AWARDED, ARCHIVED = Moment.OPENED, Moment.EVALUATED, Moment.AWARDED, Moment.ARCHIVED

_ANSWERED = "whether the platform was down while bidders unlocked is its own word; the agency decides by it"
_WITNESS = "the witness, and whoever wants its cosignature (tests/unit/trading/client/test_witness.py)"
_STAGES = "verifier, as every signed statement of the evidence (tests/unit/bids/test_stages.py)"
_UNLOCKING = "verifier, as every signed statement of the evidence (tests/unit/bids/test_unlocking.py)"
_UNLOCKED = (
    "the supplier, by its receipt for unlocking, which proves it (tests/functional/test_receipt_check.py); a "
    "wrong secret the verifier too"
)
_NOTICE = "the supplier, who gets none, or one whose signature fails (tests/functional/test_documents.py)"
_EVALUATOR = "the evaluator's browser, which keeps its key and deals the content key again (tests/browser)"


def fewer(world: World, value: Any) -> Any:
    """A log or ledger without its last entries."""
    return value - 2


def elsewhere_(world: World, value: Any) -> Any:
    """A place far behind its own."""
    return value + 1000


def days_later(world: World, value: Any) -> Any:
    """A time of the database, ten days on."""
    return value + 864_000_000


def cut(world: World, value: Any) -> Any:
    """The first half of it."""
    return value[: len(value) // 2]


def reopened(world: World, value: Any) -> Any:
    """A state from before."""
    return "published"


TABLES: dict[str, tuple[Kind, ...]] = {
    # --- people and what lets them in
    "organisations": (
        caught(CLOSED, "(row) id", S),
        caught(ARCHIVED, "enrolled_at", S, change=days_later),
        harmless(SHOWN, "scheme identifier name"),
        harmless(ACCESS, "roles"),
    ),
    "persons": (
        caught(CLOSED, "(row) id organisation_id", S),
        harmless(SHOWN, "name"),
    ),
    "person_roles": (harmless(ACCESS, "(row) person_id role"),),
    "tokens": (harmless(ACCESS, "(row) id person_id role digest created_at expires_at revoked_at"),),
    "web_sessions": (
        harmless(
            ACCESS,
            "(row) id person_id role digest stage method address agent secret failures created_at seen_at "
            "expires_at ended_at",
        ),
    ),
    "logins": (harmless(ACCESS, "(row) person_id username password totp totp_step created_at disabled_at"),),
    "passkeys": (harmless(ACCESS, "(row) id person_id credential sign_count label created_at used_at"),),
    "devices": (harmless(ACCESS, "(row) digest person_id created_at"),),
    "invitations": (harmless(ACCESS, "(row) digest person_id created_at expires_at used_at"),),
    "challenges": (harmless(ACCESS, "(row) digest purpose state expires_at"),),
    "sign_in_failures": (harmless(ACCESS, "(row) key count since"),),
    "registrations": (
        harmless(
            ACCESS,
            "(row) id scheme identifier name person contact username password state reason created_at "
            "decided_at decided_by",
        ),
    ),
    "stored_answers": (
        harmless(ACCESS, "(row) person_id key request_digest status content_type body at"),
    ),
    "party_certificates": (
        caught(CLOSED, "(row) fingerprint", C),
        caught(AWARDED, "enrolment", V),
        caught(CLOSED, "der", ALL, change=cut),
        caught(ARCHIVED, "role organisation_id enrolment_day", S),
        harmless(COPY, "serial key_digest issued_at expires_at person_id"),
        harmless(COPY, "revoked_at revocation_reason authority chain"),
    ),
    "crls": (
        caught(CLOSED, "(row) der", C),
        harmless("which lists are offered beside those that are named; a gap shows", "authority"),
        harmless(COPY, "sha256 issued_at next_update follows_at"),
    ),
    "platform_revocations": (
        open_(
            "an operator that hides that a key of its own was stolen: lists already out keep what they said",
            "(row) serial authority der revoked_at revocation_reason",
        ),
    ),
    "envelope_keys": (
        caught(CLOSED, "(row) organisation_id statement", C),
        harmless(COPY, "at"),
    ),
    # --- the log and what is kept beside it
    "log_entries": (
        caught(CLOSED, "(row) raw", C),
        caught(AWARDED, "tender_id", V),
        caught(CLOSED, "position", ALL, change=elsewhere_),
        harmless(SHOWN, "act organisation_id at"),
    ),
    "log_nodes": (
        caught(CLOSED, "(row) level", ALL),
        caught(CLOSED, "position", ALL, change=elsewhere_),
        caught(AWARDED, "hash", V, S),
    ),
    "log_head": (
        caught(CLOSED, "(row) id", C, S),
        caught(ARCHIVED, "size", W, change=fewer),
    ),
    "log_digests": (harmless(SHOWN, "(row) digest position"),),
    "log_tiles": (harmless(WORK, "(row) id bundles"),),
    "log_checkpoints": (elsewhere(_WITNESS, "(row) size note"), harmless(COPY, "at")),
    "log_cosignatures": (
        elsewhere(_WITNESS, "(row) size witness line"),
        harmless(COPY, "signed_at at"),
    ),
    "log_witnesses": (harmless(WORK, "(row) witness size asked_at cosigned_at failure"),),
    "address_salts": (harmless(SALT, "(row) digest salt address"),),
    "act_days": (
        caught(ARCHIVED, "(row) day filler", SUPERVISOR),
        harmless(COPY, "root log_position at"),
    ),
    "private_acts": (
        caught(
            ARCHIVED, "(row) id at act tender_id person_id organisation_id role address details", SUPERVISOR
        ),
    ),
    "enrolment_days": (
        caught(ARCHIVED, "(row) filler log_position", S),
        caught(ARCHIVED, "day", S, change=lambda world, value: "2020-01-01"),
        caught(ARCHIVED, "nodes", S, change=lambda world, value: bytes(len(value))),
        harmless(COPY, "root at"),
    ),
    "outbox": (harmless(WORK, "(row) id job subject"),),
    "claims": (harmless(WORK, "(row) kind subject token owner expires_at"),),
    # --- tenders
    "projects": (
        caught(DRAFTED, "(row) id", ALL),
        harmless(SHOWN, "organisation_id number title created_at"),
    ),
    "tenders": (
        caught(DRAFTED, "(row) id organisation_id category title currency ceiling deadline", A),
        caught(DRAFTED, "pack pack_version sandbox threshold grace_seconds independent lock segments", A),
        caught(DRAFTED, "project_id estimate", ALL),
        caught(CLOSED, "state", ALL, change=reopened),
        caught(CLOSED, "notice_digest", ALL),
        caught(RELEASED, "segment", ALL),
        open_(
            "the agency's program does not know the rule pack's minimum; the notice says it in plain sight",
            "minimum_bidders",
        ),
        harmless(SHOWN, "created_at drafted_by ended_reason published_at listed estimate_order"),
        harmless(COPY, "policy_digest"),
    ),
    "tender_items": (
        caught(DRAFTED, "(row) tender_id number code description unit quantity", A),
        caught(DRAFTED, "position", A, change=lambda world, value: 9),
    ),
    "tender_documents": (
        caught(DRAFTED, "(row) tender_id name sha256", A),
        harmless(SHOWN, "id media_type size"),
        elsewhere("whoever compares a document's SHA-256 with the signed notice", "storage_key parts"),
    ),
    "tender_custodians": (
        caught(DRAFTED, "(row) tender_id organisation_id role signing_key sealing_key", A),
        caught(DRAFTED, "sealing_key_signature", A),
        caught(DRAFTED, "position", A, change=lambda world, value: 9),
        harmless(COPY, "at"),
    ),
    "reserve_days": (harmless(WORK, "(row) day"),),
    "reserved_tenders": (harmless(WORK, "(row) id day taken"),),
    "stock_keys": (
        elsewhere(
            "agency and custodian, as in `tender_custodians`, which the keys go into",
            "(row) tender_id organisation_id certificate signing_key sealing_key sealing_key_signature",
        ),
        harmless(COPY, "at"),
    ),
    "tender_words": (harmless(SHOWN, "(row) listed tender_id words"),),
    "notices": (
        caught(CLOSED, "(row) sha256", ALL),
        caught(CLOSED, "raw", C),
        caught(AWARDED, "tender_id signature", V, A),
        harmless(COPY, "sequence policy_digest crl_sha256 log_position published_at"),
    ),
    "prepared_amendments": (
        harmless("the agency reads an amendment whole before it signs it", "(row) tender_id members"),
        harmless(SHOWN, "prepared_by at"),
    ),
    # --- bids
    "uploads": (
        caught(RELEASED, "(row) id parts", ALL),
        harmless(COPY, "tender_id organisation_id sha256 size created_at completed_at"),
    ),
    "upload_parts": (harmless(COPY, "(row) upload_id number sha256 size"),),
    "bids": (
        caught(CLOSED, "(row) id tender_id supplier_id", S),
        caught(CLOSED, "replaces policy_digest manifest signature receipt", C),
        caught(CLOSED, "certificate", ALL),
        caught(EVALUATED, "received_at", V),
        harmless(COPY, "person_id crl_sha256"),
    ),
    "bid_objects": (caught(RELEASED, "(row) bid_id segment part number upload_id", ALL),),
    "spoiled_objects": (
        harmless(WORK, "(row) bid_id segment part number tender_id supplier_id sha256 size found_at until"),
        harmless(WORK, "awaited upload_id"),
    ),
    "awaited_tokens": (harmless(WORK, "(row) bid_id kind tender_id tries next_at"),),
    "tsa_certificates": (
        elsewhere("whoever checks a receipt's time-stamp (tests/unit/bids/test_receipts.py)", "(row) der"),
        harmless(COPY, "sha256"),
    ),
    "withdrawals": (
        caught(AWARDED, "(row) bid_id tender_id receipt", V),
        caught(AWARDED, "raw signature", ALL),
        harmless(COPY, "supplier_id person_id crl_sha256 received_at"),
    ),
    "ledger_leaves": (
        caught(BIDDING, "(row) tender_id", C),
        caught(CLOSED, "raw", C, S),
        caught(CLOSED, "bid_id kind", ALL),
        caught(CLOSED, "position", C, change=lambda world, value: 99),
    ),
    # --- opening, evaluation, award
    "closings": (
        caught(CLOSED, "(row) tender_id raw", C, S),
        caught(CLOSED, "digest", C),
        caught(CLOSED, "log_position", S),
        caught(RELEASED, "at", ALL),
        harmless(COPY, "ledger_size"),
    ),
    "releases": (
        caught(RELEASED, "(row) tender_id segment custodian_id", ALL),
        caught(RELEASED, "digest", V),
        caught(AWARDED, "raw frozen", V),
        harmless(COPY, "received_at"),
    ),
    "refused_releases": (
        elsewhere(
            "the custodian, whose journal has what it handed in",
            "(row) tender_id custodian_id digest code",
        ),
        harmless(SHOWN, "at"),
    ),
    "files_shares": (
        caught(OPENED, "(row) tender_id segment custodian_id bid_id sealed", A),
    ),
    "erasures": (harmless(COPY, "(row) tender_id custodian_id raw at"),),
    "release_sets": (harmless(COPY, "(row) tender_id segment raw at"),),
    "opened_bids": (
        caught(OPENED, "(row) tender_id segment bid_id opened offer", ALL),
        harmless(COPY, "fault reason at"),
    ),
    "unlock_windows": (
        elsewhere(_UNLOCKING, "(row) tender_id raw"),
        harmless(WORK, "opened_at until bids ended_at digest log_position"),
    ),
    "unlocked_bids": (
        elsewhere(_UNLOCKED, "(row) bid_id tender_id secret receipt"),
        harmless(COPY, "person_id received_at"),
    ),
    "unlock_decisions": (
        elsewhere(_UNLOCKING, "(row) bid_id tender_id raw"),
        harmless(COPY, "verdict reason at"),
    ),
    "stages": (
        elsewhere(_STAGES, "(row) tender_id segment raw statement"),
        harmless(COPY, "digest log_position at opens statement_digest person_id stated_at"),
    ),
    "beats": (open_(_ANSWERED, "(row) id at"),),
    "outages": (open_(_ANSWERED, "(row) id since until"),),
    "opening_records": (
        caught(OPENED, "(row) tender_id", ALL),
        caught(OPENED, "raw", A),
        caught(OPENED, "digest at", A),
        harmless(COPY, "log_position"),
    ),
    "evaluations": (
        caught(EVALUATED, "(row) tender_id", ALL),
        harmless(COPY, "raw digest person_id at"),
    ),
    "evaluators": (
        open_("who evaluates is the platform's word to the agency", "(row) tender_id person_id dismissed_at"),
        harmless(SHOWN, "appointed_by appointed_at"),
    ),
    "opinions": (
        open_("an expert signs no opinion", "(row) tender_id segment bid_id person_id responsive reason"),
        harmless(SHOWN, "at"),
    ),
    "evaluator_keys": (
        elsewhere(_EVALUATOR, "(row) person_id key digest"),
        harmless(SHOWN, "at"),
    ),
    "handed_keys": (
        elsewhere(_EVALUATOR, "(row) tender_id segment bid_id person_id key_digest sealed"),
        harmless(SHOWN, "handed_by at"),
    ),
    "awards": (
        caught(AWARDED, "(row) tender_id raw", V),
        harmless(COPY, "decision digest winner_bid log_position at"),
    ),
    # --- what is published
    "published_files": (
        caught(AWARDED, "(row) tender_id kind", V),
        caught(AWARDED, "storage_key parts", ALL),
        harmless(COPY, "sha256 at"),
        harmless("how many bytes a download says it has, which shows at once", "size"),
    ),
    "sealed_documents": (
        caught(ARCHIVED, "storage_key parts size", R),
        harmless(COPY, "(row) sha256 at"),
        harmless(WORK, "stamped_until"),
    ),
    "result_notices": (
        elsewhere(_NOTICE, "(row) tender_id supplier_id sha256 storage_key parts"),
        harmless(COPY, "size at"),
    ),
    "notified_awards": (harmless(WORK, "(row) tender_id at"),),
    "evidence_statements": (
        harmless(COPY, "(row) tender_id raw digest log_position at"),
    ),
}

