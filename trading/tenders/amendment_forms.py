"""The form of an amendment: what the notice in force says, until somebody types otherwise."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from bids.notice import Document
from signing.encoding import format_time
from trading.tenders.amendments import Amendment, prepared, stored_documents
from trading.tenders.forms import TermsForm, local_time, typed_amount, typed_time
from trading.tenders.reading import notice_in_force, notices_of
from trading.tenders.sheets import read_bill, read_text, write_text
from trading.tenders.terms import Terms, item_members, terms_of
from trading.web.forms import matches, required, text, tidy


class AmendmentForm(TermsForm):
    """An amendment that is being prepared; `ticked` are the documents that the amended notice names."""

    grace_seconds = text(
        "开标时等候保管人的秒数",
        "Seconds to wait for custodians at the opening",
        required("请填写秒数。", "Enter the seconds."),
        matches(r"0|[1-9]\d{0,2}|[12]\d{3}|3[0-5]\d\d|3600", "应为 0 至 3600 的整数。", "0 to 3600."),
        inputmode="numeric",
    )

    def __init__(self, request: Request, in_force: Terms, stored: list[Document], **values: Any) -> None:
        super().__init__(request, **values)
        self.in_force = in_force
        self.stored = stored
        posted = request.method == "POST"
        names = request.POST.getall("document") if posted else values["documents"]
        self.ticked = [each.name for each in stored if each.name in set(names)]

    def facts(self) -> dict[str, Any]:
        """The members of an amendment, from a form that was found valid.

        Fields tidy what is typed, and cannot hold all that a notice can; where that is all, nothing changed.
        """
        given, members = self.in_force, self.terms()
        if members["title"] == tidy(given.title):
            members["title"] = given.title
        if local_time(self.deadline.data) == given.deadline.replace(microsecond=0):
            members["deadline"] = format_time(given.deadline)
        before = item_members(given.items)
        read = read_bill(read_text(write_text(before, self._lang))).items
        same = {tuple(line.values()): line_before for line, line_before in zip(read, before, strict=False)}
        members["items"] = [same.get(tuple(line.values()), line) for line in members["items"]]
        return {**members, "grace_seconds": int(self.grace_seconds.data), "documents": self.ticked}


def amendment_form(request: Request) -> AmendmentForm:
    """With what is prepared, else with what is in force and the documents that no notice ever named: what an
    amendment removed stays away."""
    session, tender = request.dbsession, request.context.tender
    in_force = terms_of(notice_in_force(session, tender))
    stored = stored_documents(session, tender)
    amendment: Amendment | None = prepared(session, tender)
    terms = amendment.terms if amendment is not None else in_force
    documents = {each.name for each in terms.documents}
    if amendment is None:
        named = {each.name for notice in notices_of(session, tender) for each in notice.notice.documents}
        documents |= {each.name for each in stored} - named
    return AmendmentForm(request, in_force, stored, documents=documents, **_typed(terms, request.writer.lang))


def _typed(terms: Terms, lang: str) -> dict[str, Any]:
    return {
        "title": terms.title,
        "currency": terms.currency,
        "estimate": typed_amount(terms.estimate),
        "ceiling": typed_amount(terms.ceiling),
        "deadline": typed_time(terms.deadline),
        "minimum_bidders": str(terms.minimum_bidders),
        "grace_seconds": str(terms.grace_seconds),
        "items": write_text(item_members(terms.items), lang),
    }
