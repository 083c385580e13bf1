"""Notices of the result: issued by themselves after an award, a few at a time, each once."""

from __future__ import annotations

from sqlalchemy import select

from reports import result_notice
from trading.audit import private
from trading.evidence.gathering import FactsOf
from trading.evidence.sealing import Sealing
from trading.platform import Platform
from trading.queue import Hold, claim, insert_if_missing, step
from trading.results.models import NotifiedAward, ResultNotice
from trading.tenders.models import Tender

# Of one tender in a row; then it is another's turn. What is left is found due again at once.
BATCH = 10


class ResultNotices:
    """Issues the notices of a tender's result."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._sealing = Sealing(platform)

    def issue(self, tender_id: str) -> None:
        """Issue the next few notices that are missing; when there are none left, say so on record.

        Raises:
            ClaimLost: another worker has taken over.
        """
        with claim(self._platform, "issue_result_notices", tender_id) as hold:
            if hold is None:
                return
            with self._platform.database.reading() as session:
                notices = FactsOf(self._platform, session, session.get_one(Tender, tender_id))
                have = set(
                    session.scalars(
                        select(ResultNotice.supplier_id).where(ResultNotice.tender_id == tender_id)
                    )
                )
                missing = [supplier for supplier in notices.losers if supplier not in have]
                facts = [(supplier, notices.result_notice(supplier)) for supplier in missing[:BATCH]]
            for supplier, each in facts:
                self._publish(tender_id, supplier, result_notice.render(each), hold)
            if len(missing) <= BATCH:
                self._finish(tender_id, hold)

    def _publish(self, tender_id: str, supplier: str, pdf: bytes, hold: Hold) -> None:
        sealed = self._sealing.seal(pdf)
        step("notices:stored", tender_id)
        with self._platform.database.transaction() as session:
            hold.check(self._platform, session)
            now = self._platform.clock.now(session)
            stored = sealed.stored
            published = insert_if_missing(
                session, ResultNotice, tender_id=tender_id, supplier_id=supplier, sha256=stored.sha256,
                size=stored.size, storage_key=stored.key, parts=stored.parts, at=now,
            )
            if published:
                self._sealing.keep(session, sealed, now)
                details = {"supplier": supplier, "sha256": stored.sha256}
                private.keep(session, None, "", "result-notice.issued", now, tender_id, details)
        if not published:
            self._sealing.discard(sealed)
        step("notices:published", tender_id)

    def _finish(self, tender_id: str, hold: Hold) -> None:
        with self._platform.database.transaction() as session:
            hold.check(self._platform, session)
            now = self._platform.clock.now(session)
            insert_if_missing(session, NotifiedAward, tender_id=tender_id, at=now)
