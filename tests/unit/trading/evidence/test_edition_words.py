"""Sentences that documents take from elsewhere belong to the edition too."""

from __future__ import annotations

import json

from bids.messages import MESSAGES
from reports.edition import EDITION
from signing import canonical
from trading.custody import standing
from trading.evidence.facts import _TIES
from trading.tenders.rules import pack_named, pack_names

WORDS = {1: "4f51c29fec3c95ba"}


def test_who_changes_words_that_documents_print_raises_the_edition() -> None:
    packs = [pack_named(name) for name in sorted(pack_names())]
    printed = {
        "reasons": {code: text for code, text in MESSAGES.items() if code.startswith("opening-")},
        "custodians": [standing.WORDS, standing.REFUSALS, standing.OTHERWISE],
        "ties": _TIES,
        "packs": [
            [pack.name, pack.version, pack.title.text,
             [[rule.id, rule.title.text, str(rule.value), rule.article.text] for rule in pack.rules.values()]]
            for pack in packs
        ],
    }  # fmt: skip
    digest = canonical.digest(json.dumps(printed, ensure_ascii=False, sort_keys=True).encode())[:16]
    assert WORDS.get(EDITION) == digest, (
        "Documents print other words than in this edition. Raise EDITION in reports/edition.py and enter "
        f"{digest} for it here (and what test_edition.py asks for); a rule pack has a new version besides."
    )
