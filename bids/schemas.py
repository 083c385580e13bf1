"""The members of every object of the protocol, in one place.

An object's `type` is `sunseal/<name>/v1` with the name it has in SCHEMAS. Members that are not there are left
out, never null, except a manifest's `replaces`. What ties members together (sums, orders, digests of other
objects) is checked by the module of the object; here is only which members there are and what form each has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bids.forms import (
    AMOUNT,
    Bytes,
    Choice,
    Digest,
    Flag,
    Form,
    Id,
    List,
    Map,
    Members,
    Null,
    Number,
    Object,
    Pattern,
    Text,
    Time,
    Whole,
)

MAX_ITEMS = 10_000
MAX_OBJECTS = 200  # of a bid, all parts together
MAX_CUSTODIANS = 16
MAX_BIDS = 100_000
MAX_OBJECT_SIZE = 1 << 44  # bytes of ciphertext
MAX_KEY = 256 * 1024  # base64 of a public key or signature of any suite, bytes

PARTS = ("public", "files")
ROLES = ("agency", "supplier", "custodian")
VERDICTS = ("revoked", "withdrawn", "unknown")  # of a bid whose bidder did not unlock
FAULTS = ("bidder", "platform", "custodian", "unknown")
RULES = ("lowest-total",)

_SEGMENT = Pattern(re.compile(r"[a-z]{1,16}", re.ASCII), "bid")
_WORD = Pattern(re.compile(r"[a-z][a-z0-9-]{0,63}", re.ASCII), "word-with-hyphens")
_NAME = Pattern(re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII), "name_with_underscores")
_ACT = Pattern(re.compile(r"[a-z][a-z-]{0,31}\.[a-z][a-z-]{0,31}", re.ASCII), "tender.published")
_ORGANISATION = Pattern(
    re.compile(r"[A-Z][A-Z0-9-]{1,31}:[\x21-\x7e]{1,128}", re.ASCII), "CN-USCC:91110000MA01EXAMPLE"
)
_CURRENCY = Pattern(re.compile(r"[A-Z]{3}", re.ASCII), "CNY")
_MEDIA_TYPE = Pattern(
    re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII),
    "application/pdf",
)
ATTRIBUTE = Pattern(
    re.compile(
        r"(?:subject|extension):(?:[01]\.[1-3]?[0-9]|2\.(?:0|[1-9][0-9]{0,8}))(?:\.(?:0|[1-9][0-9]{0,8})){1,8}",
        re.ASCII,
    ),
    "subject:2.5.4.97",
)
_DAY = Pattern(re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", re.ASCII), "2026-06-01")
_ENTRY_NAME = Pattern(re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", re.ASCII), "bids/…/manifest.json")

ITEM_NUMBER = Text(64)
REASON = Text(2000, lines=True)
_KEY = Bytes(16, MAX_KEY)

ITEM = Members(
    {
        "number": ITEM_NUMBER,
        "code": Text(64, least=0),
        "description": Text(2000, lines=True),
        "unit": Text(64, least=0),
        "quantity": Number(),
    }
)

CUSTODIAN = Members(
    {
        "id": Id(),
        "role": _WORD,
        "name": Text(),
        "signing_key": _KEY,
        "sealing_key": _KEY,
        "sealing_key_signature": _KEY,
    }
)

POLICY = Members(
    {
        "suite": _WORD,
        "tender": Id(),
        "threshold": Whole(1, MAX_CUSTODIANS),
        "custodians": List(CUSTODIAN, 1, MAX_CUSTODIANS),
        "segments": List(Members({"name": _SEGMENT}, {"opens_at": Time(), "after": _SEGMENT}), 1, 8),
        "minimum_bidders": Whole(1, 1000),
        "grace_seconds": Whole(0, 3600),
        "lock": Flag(),
        "independent": Flag(),
    }
)

_PART = Members(
    {
        "segment": _SEGMENT,
        "part": Choice(PARTS),
        "objects": List(Members({"sha256": Digest(), "size": Whole(1, MAX_OBJECT_SIZE)}), 1, MAX_OBJECTS),
        "share_digests": List(Digest(), 1, MAX_CUSTODIANS),
        "sealed_shares": List(Bytes(1, 8192), 1, MAX_CUSTODIANS),
    }
)

# What a public part says beside its prices, and an opening record repeats.
_ANNOUNCED: Mapping[str, Form] = {
    "total_in_words": Text(400),
    "delivery_days": Whole(0, 36_500),
    "quality": Text(2000, lines=True),
}

CORRECTION = Members(
    {"field": Choice(("amount", "total")), "stated": AMOUNT, "corrected": AMOUNT}, {"item": ITEM_NUMBER}
)

_WHO = Members({"person": Text(), "organisation": Text(), "role": _WORD})


def _object(required: Mapping[str, Form], optional: Mapping[str, Form] | None = None) -> Members:
    """An object of its own, with a `type` whose value the reader has compared already."""
    return Members({"type": Text(), **required}, optional or {})


def _statement(required: Mapping[str, Form], optional: Mapping[str, Form] | None = None) -> Members:
    """A statement: judged as of its `at`."""
    return _object({"at": Time(), **required}, optional)


_TENDER: Mapping[str, Form] = {"tender": Id()}
_HASH = Bytes(32, 32)
_LOGGED = Members({"entry": Bytes(1, 1 << 17), "index": Whole(0), "hashes": List(_HASH, 0, 64)})  # of the log

SCHEMAS: Mapping[str, Members] = {
    # Signed by the agency, beside a .p7s
    "notice": _statement(
        {
            "tender": Id(),
            "project": Members({"id": Id(), "number": Text(100), "title": Text(500)}),
            "sandbox": Flag(),
            "title": Text(500),
            "category": _WORD,
            "buyer": Members({"id": Id(), "organisation": _ORGANISATION, "name": Text()}),
            "items": List(ITEM, 1, MAX_ITEMS),
            "currency": _CURRENCY,
            "deadline": Time(),
            "rules": Members({"pack": _WORD, "version": Text(64)}),
            "documents": List(
                Members({"name": Text(), "sha256": Digest(), "size": Whole(0, MAX_OBJECT_SIZE)}), 0, 1000
            ),
            "policy": POLICY,
        },
        {"estimate": AMOUNT, "ceiling": AMOUNT, "replaces": Digest()},
    ),
    # Signed by a custodian's key itself, over these canonical bytes
    "sealing-key": _object({"tender": Id(), "custodian": Id(), "sealing_key": _KEY}),
    # Signed by the supplier, beside a .p7s
    "manifest": _object(
        {
            "suite": _WORD,
            "tender": Id(),
            "notice": Digest(),
            "policy": Digest(),
            "supplier": Id(),
            "bid": Id(),
            "replaces": Null(Id()),
            "parts": List(_PART, 1, 16),
        },
        {"lock": Digest()},
    ),
    "withdrawal": _object(
        {"tender": Id(), "policy": Digest(), "supplier": Id(), "bid": Id(), "reason": REASON}
    ),
    # Sealed: the index of a public part, and that of a files part
    "offer": _object(
        {"currency": _CURRENCY},
        {
            "items": List(
                Members({"number": ITEM_NUMBER, "unit_price": Number(), "amount": AMOUNT}), 1, MAX_ITEMS
            ),
            "total": AMOUNT,
            **_ANNOUNCED,
        },
    ),
    "contents": _object(
        {
            "files": List(
                Members(
                    {
                        "object": Whole(1, MAX_OBJECTS - 1),
                        "name": Text(),
                        "media_type": _MEDIA_TYPE,
                        "sha256": Digest(),
                    }
                ),
                0,
                MAX_OBJECTS - 1,
            )
        }
    ),
    # Leaves of a tender's ledger
    "acceptance": _object(
        {"bid": Id(), "supplier": Id(), "manifest": Digest(), "signature": Digest(), "receipt": Digest()}
    ),
    "withdrawal-leaf": _object(
        {"bid": Id(), "supplier": Id(), "withdrawal": Digest(), "signature": Digest(), "receipt": Digest()}
    ),
    # Signed statements of the platform
    "receipt": _statement(
        {
            "tender": Id(),
            "policy": Digest(),
            "bid": Id(),
            "signature": Digest(),
            "crl": Digest(),
            "received_at": Time(),
        },
        {"manifest": Digest(), "withdrawal": Digest()},  # exactly one of the two
    ),
    "enrolment": _statement(
        {"certificate": Digest(), "party": Id(), "organisation": _ORGANISATION, "role": Choice(ROLES)},
        # Of a certificate by an authority outside the platform: its anchor (DER), and where it names the
        # organisation, with the value found there.
        {"outside": Members({"authority": Digest(), "attribute": ATTRIBUTE, "value": Text(200)})},
    ),
    "closing": _statement(
        {
            "tender": Id(),
            "policy": Digest(),
            "deadline": Time(),
            "checkpoint": Text(2000, lines=True),
            "log": Text(),
        }
    ),
    "release-set": _statement(
        {
            "tender": Id(),
            "closing": Digest(),
            "segment": _SEGMENT,
            "releases": List(Members({"custodian": Id(), "sha256": Digest()}), 1, MAX_CUSTODIANS),
        }
    ),
    # With a bidder's own lock: who unlocked, and the receipt for it
    "unlocking": _statement(
        {
            "tender": Id(),
            "closing": Digest(),
            "opened_at": Time(),
            "until": Time(),
            "outages": List(Members({"since": Time(), "until": Time()}), 0, 1000),
            "bids": List(
                Members(
                    {"bid": Id()},  # and of who unlocked, or of who did not
                    {
                        "secret": Bytes(32, 32),
                        "received_at": Time(),
                        "fetched": Flag(),
                        "attempts": Whole(0),
                        "verdict": Choice(VERDICTS),
                    },
                ),
                0,
                MAX_BIDS,
            ),
        }
    ),
    "unlock-receipt": _statement(
        {"tender": Id(), "policy": Digest(), "bid": Id(), "lock": Digest(), "received_at": Time()}
    ),
    "opening-record": _statement(
        {
            "tender": Id(),
            "closing": Digest(),
            "bids": List(
                Members(
                    {"bid": Id(), "supplier": Id(), "segment": _SEGMENT, "opened": Flag()},
                    {
                        "total": AMOUNT,
                        "announced": Members(
                            {}, {**_ANNOUNCED, "corrections": List(CORRECTION, 1, MAX_ITEMS + 1)}
                        ),
                        "fault": Choice(FAULTS),
                        "reason": Text(500),
                    },
                ),
                0,
                MAX_BIDS,
            ),
        }
    ),
    "award": _statement(
        {
            "tender": Id(),
            "rule": Choice(RULES),
            "working": Object(),  # defined by `ranking`
            "ranking": List(
                Members(
                    {"bid": Id(), "supplier": Id(), "total": AMOUNT, "rank": Whole(1), "responsive": Flag()},
                    {"reason": REASON},
                ),
                1,
                MAX_BIDS,
            ),
            "winner": Id(),
        }
    ),
    "failure": _statement({"tender": Id(), "reason": REASON}, {"closing": Digest()}),
    "evidence": _statement({"tender": Id(), "files": Map(_ENTRY_NAME, Digest(), MAX_BIDS * 8)}),
    # Signed statements of parties: a custodian's
    "release": _statement(
        {
            "tender": Id(),
            "segment": _SEGMENT,
            "custodian": Id(),
            "closing": Digest(),
            "shares": List(
                Members(
                    {"bid": Id(), "part": Choice(PARTS)},  # and exactly one of
                    {"share": Bytes(1, 256), "refusal": Text(200), "share_sha256": Digest()},
                ),
                0,
                MAX_BIDS * 2,
            ),
        }
    ),
    "erasure": _statement({"tender": Id(), "custodian": Id(), "sealing_key": Digest()}),
    # … and an agency's
    "envelope-key": _statement({"party": Id(), "key": _KEY}),
    # Signed by a person who signs in with their certificate: for one platform's address, good once
    "sign-in": _statement({"origin": Text(300), "nonce": Text(100, 16)}),
    # Signed by the key of a certificate from elsewhere, which its holder has enrolled: for one platform's
    # address and one party
    "certificate-proof": _statement({"origin": Text(300), "party": Id(), "role": Choice(ROLES)}),
    # Signed by the key of a certificate that is to be renewed: `request` is the SHA-256 of the PEM request
    "renewal": _statement({"origin": Text(300), "request": Digest()}),
    "evaluation": _statement(
        {
            "tender": Id(),
            "opening": Digest(),
            "rejections": List(Members({"bid": Id(), "reason": REASON}), 0, MAX_BIDS),
        },
        {"order": List(Id(), 1, MAX_BIDS)},
    ),
    # The agency's judgement of a segment: which bids go on to the segment that opens next
    "stage": _statement(
        {
            "tender": Id(),
            "closing": Digest(),
            "segment": _SEGMENT,
            "opening": Digest(),
            "admitted": List(Id(), 0, MAX_BIDS),
            "rejections": List(Members({"bid": Id(), "reason": REASON}), 0, MAX_BIDS),
        }
    ),
    "award-decision": _statement({"tender": Id(), "opening": Digest(), "winner": Id()}),
    "unlock-decision": _statement(
        {
            "tender": Id(),
            "unlocking": Digest(),
            "decisions": List(
                Members({"bid": Id(), "verdict": Choice(VERDICTS[:2]), "reason": REASON}), 1, MAX_BIDS
            ),
        }
    ),
    "cancellation": _statement({"tender": Id(), "notice": Digest(), "reason": REASON}),
    # A leaf under the daily root of suppliers' enrolments, by the SHA-256 of their files
    "enrolled": _object(
        {"day": _DAY, "party": Id(), "enrolments": List(Digest(), 0, 10_000), "salt": Digest()}
    ),
    # In an evidence package: agencies' and custodians' enrolments by their entries in the log, suppliers' by
    # their parties' places under a day's root
    "logged-enrolments": _object(
        {"issued": List(_LOGGED, 0, MAX_BIDS)},
        {
            "day": Members(
                {
                    **_LOGGED.required,
                    "openings": List(
                        Members(
                            {
                                "party": Id(),
                                "leaf": Bytes(1, 1 << 20),
                                "hashes": List(_HASH, 64, 64),
                            }
                        ),
                        0,
                        MAX_BIDS,
                    ),
                }
            )
        },
    ),
    # A leaf of the public log
    "entry": _statement(
        {"act": _ACT},
        {
            **_TENDER,
            "who": _WHO,
            "address": Digest(),
            "digests": Map(_NAME, Digest(), 64),
            "statement": Members({"statement": Object(), "signature": Bytes(1, 64 * 1024)}),
        },
    ),
}


def check(value: object, schema: Form) -> None:
    """Raise BidError, naming the place, unless `value` has the members and forms of `schema`."""
    schema.check(value, "")
