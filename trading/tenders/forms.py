"""The form of a draft: what an agency types becomes the members that the API takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from pyramid.request import Request
from sqlalchemy import select
from wtforms import BooleanField, FileField

from bids.errors import BidError
from bids.money import MAX_AMOUNT_DIGITS, decimal_problem, minor_digits
from reports import wording
from signing.encoding import format_time
from trading.accounts.models import Organisation
from trading.tenders.drafts import SEGMENTS
from trading.tenders.models import Tender, TenderCustodian
from trading.tenders.reading import custodians_of, items_of
from trading.tenders.rules import pack_named, pack_names
from trading.tenders.sheets import Bill, SheetError, read_bill, read_file, read_text, write_text
from trading.web.forms import Both, Form, at_most, choice, fits, matches, offered, prose, required, text
from trading.web.permissions import Role

CURRENCIES = ("CNY", "HKD", "MOP", "USD", "EUR")
CATEGORIES = ("works", "goods", "services", "procurement", "land", "assets")
_SHOWN_ERRORS = 20
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


def local_time(typed: str) -> datetime:
    """What a browser's field for date and time gives, in Beijing's time, as UTC. ValueError."""
    if not _LOCAL.fullmatch(typed):
        raise ValueError(typed)
    return datetime.fromisoformat(typed).replace(tzinfo=wording.PAPER_ZONE).astimezone(UTC)


def plain_amount(typed: str, currency: str) -> str:
    """An amount as typed (`1,234.5`) with the currency's minor digits. ValueError."""
    plain = typed.replace(",", "").replace(" ", "")
    whole, _, fraction = plain.partition(".")
    digits = minor_digits(currency)
    if decimal_problem(plain, MAX_AMOUNT_DIGITS) or len(fraction) > digits:
        raise ValueError(typed)
    return f"{whole}.{fraction.ljust(digits, '0')}" if digits else whole


class TermsForm(Form):
    """What a draft says and an amendment may say otherwise."""

    beside = MappingProxyType(
        {
            "tender-deadline-past": "deadline",
            "rule-documents-to-deadline": "deadline",
            "rule-documents-available": "deadline",
            "rule-amendment-to-deadline": "deadline",
            "rule-reseal-hours": "deadline",
            "amendment-same-policy": "deadline",
            "notice-policy-returns": "deadline",
            "notice-custodian-certificate": "deadline",
            "rule-minimum-bidders": "minimum_bidders",
            "rule-no-ceiling": "ceiling",
        }
    )

    title = text(
        "标段名称", "Tender", required("请填写标段名称。", "Enter the tender's title."), at_most(500)
    )
    currency = choice("币种", "Currency")
    estimate = text(
        "概算",
        "Estimate",
        hint=Both("可不填。例如 1,200,000.00。", "May be left out. Such as 1,200,000.00."),
        inputmode="decimal",
    )
    ceiling = text(
        "最高限价",
        "Ceiling",
        hint=Both("可不填；高于它的投标会被否决。", "May be left out; bids above it are rejected."),
        inputmode="decimal",
    )
    deadline = text(
        "截标并开标时间（北京时间）",
        "Closes and opens at (Beijing time)",
        required("请填写截标时间。", "Enter the deadline."),
        fits(local_time, "请按“2026-12-31 14:00”选择日期和时间。", "Choose a date and a time."),
        type="datetime-local",
        step="1",
    )
    minimum_bidders = text(
        "最少投标人数",
        "Fewest bidders",
        matches(r"[1-9]\d{0,2}", "应为 1 至 999 的整数。", "A whole number from 1 to 999."),
        hint=Both("可不填，按规则取值。", "May be left out: the rules' number."),
        inputmode="numeric",
    )
    items = prose(
        "工程量清单",
        "Bill of quantities",
        rows=10,
        spellcheck="false",
        hint=Both(
            "从电子表格复制后粘贴到这里，或在下面选择 XLSX、CSV 文件。列：序号、编码、项目、单位、数量。",
            "Paste cells copied from a spreadsheet, or choose an XLSX or CSV file below. Columns: No., Code, "
            "Item, Unit, Quantity.",
        ),
    )
    sheet = FileField(Both("从文件读入清单", "Read the bill from a file"))

    def __init__(self, request: Request, **values: Any) -> None:
        super().__init__(request, **values)
        self._lang = request.writer.lang
        codes = dict.fromkeys([*CURRENCIES, values.get("currency") or "CNY"])
        self.currency.choices = offered((code, Both(code, code)) for code in codes)
        self.bill: Bill | None = None

    def read_items(self) -> None:
        """The bill from the file, if there is one, else from the cells; errors at the field."""
        upload = self.sheet.data
        uploaded = bool(getattr(upload, "filename", None))
        try:
            if uploaded:
                rows = read_file(upload.filename, upload.file.read())
            else:
                rows = read_text(self.items.data or "")
        except SheetError as error:
            self.items.errors = [error.said]
            return
        self.bill = read_bill(rows)
        if uploaded:
            self.items.data = write_text(self.bill.items, self._lang)
        more = len(self.bill.wrong) - _SHOWN_ERRORS
        self.items.errors = self.bill.wrong[:_SHOWN_ERRORS]
        if more > 0:
            self.items.errors.append(Both(f"另有 {more} 处错误。", f"And {more} more."))

    def validate(self, extra_validators: Any = None) -> bool:
        """All fields, the cells of the bill, and the amounts in their currency."""
        good = super().validate(extra_validators)
        self.read_items()
        for field in (self.estimate, self.ceiling):
            if field.data and not self.currency.errors:
                try:
                    plain_amount(field.data, self.currency.data)
                except (ValueError, BidError):
                    field.errors = [
                        Both(
                            "金额应为大于零的数，小数位不超过币种的最小单位。",
                            "An amount above zero, with no more digits than the currency has.",
                        )
                    ]
        return bool(good and not (self.items.errors or self.estimate.errors or self.ceiling.errors))

    def terms(self) -> dict[str, Any]:
        """The members that a draft and an amendment share, from a form that was found valid."""
        currency = self.currency.data
        members: dict[str, Any] = {
            "title": self.title.data,
            "currency": currency,
            "deadline": format_time(local_time(self.deadline.data)),
            "items": self.bill.items if self.bill else [],
        }
        for name in ("estimate", "ceiling"):
            if self[name].data:
                members[name] = plain_amount(self[name].data, currency)
        if self.minimum_bidders.data:
            members["minimum_bidders"] = int(self.minimum_bidders.data)
        return members


class DraftForm(TermsForm):
    """A tender that is being drafted."""

    beside = MappingProxyType({**TermsForm.beside, "tender-threshold": "threshold"})

    project_number = text(
        "项目编号",
        "Project number",
        required("请填写项目编号。", "Enter the project's number."),
        at_most(64),
        hint=Both(
            "本单位自己的编号；同一编号的标段归入同一项目。",
            "Your own; tenders of one number form one project.",
        ),
    )
    project_title = text(
        "项目名称", "Project", required("请填写项目名称。", "Enter the project's title."), at_most(500)
    )
    category = choice("类别", "Category")
    segments = choice(
        "分段开启",
        "Opened in stages",
        hint=Both(
            "分段的，价格段在前一段评审之后才开启，且只开启通过者的。",
            "In stages, prices open only after what comes before was judged, and only of those who pass.",
        ),
    )
    rules = choice("适用规则", "Rules")
    threshold = text(
        "开启所需的保管人数",
        "Custodians needed to open",
        required("请填写人数。", "Enter how many."),
        matches(r"[1-9]|1[0-6]", "应为 1 至 16 的整数。", "A whole number from 1 to 16."),
        hint=Both("应超过所选保管人的一半。", "More than half of those chosen."),
        inputmode="numeric",
    )
    sandbox = BooleanField(
        Both("演练（计日规则豁免，所有文件均注明）", "Rehearsal (day counts waived; all documents say so)")
    )
    independent = BooleanField(
        Both("保管人相互独立，各自掌握密钥", "The custodians are independent, each with its own key")
    )
    lock = BooleanField(
        Both("投标人自行加锁，开标时自行解锁", "Bidders also lock their bids and unlock them at the opening")
    )

    def __init__(self, request: Request, **values: Any) -> None:
        super().__init__(request, **values)
        known = dict.fromkeys([*CATEGORIES, values.get("category") or CATEGORIES[0]])
        self.category.choices = offered((key, Both(*_category(key))) for key in known)
        self.segments.choices = offered((",".join(names), _segments(names)) for names in SEGMENTS)
        packs = [pack_named(name) for name in pack_names()]
        self.rules.choices = offered((each.name, Both(each.title.zh, each.title.en)) for each in packs)
        self.chosen = self._chosen(request, values)
        self.custodian_errors: list[Both] = []

    def _chosen(self, request: Request, values: dict[str, Any]) -> dict[str, str]:
        """The custodians ticked, each with its role."""
        if request.method != "POST":
            return dict(values.get("chosen", {}))
        posted = request.POST
        return {
            str(id_)[:32]: str(posted.get(f"role-{id_}", "custodian"))[:40]
            for id_ in posted.getall("custodian")[:32]
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """And whether custodians are chosen."""
        good = super().validate(extra_validators)
        if not self.chosen:
            self.custodian_errors = [Both("请至少选择一个保管人。", "Choose at least one custodian.")]
        return bool(good and not self.custodian_errors)

    @property
    def wrong(self) -> bool:
        """As for every form, and the custodians'."""
        return bool(super().wrong or self.custodian_errors)

    def facts(self, project: str) -> dict[str, Any]:
        """The members of a draft, from a form that was found valid."""
        return {
            **self.terms(),
            "project": project,
            "category": self.category.data,
            "rules": self.rules.data,
            "segments": self.segments.data.split(","),
            "sandbox": bool(self.sandbox.data),
            "independent": bool(self.independent.data),
            "lock": bool(self.lock.data),
            "threshold": int(self.threshold.data),
            "custodians": [{"organisation": id_, "role": role} for id_, role in self.chosen.items()],
        }


def draft_form(request: Request) -> DraftForm:
    """Empty, or with what the tender of the address has."""
    tender: Tender | None = getattr(request.context, "tender", None)
    if tender is None:
        return DraftForm(request, currency="CNY", category="works", threshold="2")
    session, project = request.dbsession, request.context.project(request)
    return DraftForm(
        request,
        project_number=project.number,
        project_title=project.title,
        title=tender.title,
        category=tender.category,
        rules=tender.pack,
        segments=tender.segments,
        currency=tender.currency,
        threshold=str(tender.threshold),
        estimate=typed_amount(tender.estimate),
        ceiling=typed_amount(tender.ceiling),
        sandbox=tender.sandbox,
        deadline=typed_time(tender.deadline),
        minimum_bidders=str(tender.minimum_bidders),
        independent=tender.independent,
        lock=tender.lock,
        items=write_text(items_of(session, tender.id), request.writer.lang),
        chosen={row.organisation_id: row.role for row, _ in custodians_of(session, tender.id)},
    )


def typed_amount(amount: Decimal | None) -> str:
    """As somebody would type it."""
    return "" if amount is None else f"{amount:,f}"


def typed_time(moment: datetime) -> str:
    """As a browser's field for date and time takes it, in Beijing's time."""
    local = moment.astimezone(wording.PAPER_ZONE)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")


def _category(key: str) -> tuple[str, str]:
    zh, en = wording.words(wording.CATEGORIES, key)
    return zh, en or zh


def _segments(names: tuple[str, ...]) -> Both:
    if len(names) == 1:
        return Both("不分段：一次开启全部内容", "No: everything opens at once")
    words = [wording.words(wording.SEGMENTS, name) for name in names]
    return Both(" → ".join(zh for zh, _ in words), " → ".join(en or zh for zh, en in words))


def enrolled_custodians(request: Request) -> list[Organisation]:
    """Whom a draft may choose from, by name."""
    # No role's name is part of another's.
    found = select(Organisation).where(Organisation.roles.contains(Role.CUSTODIAN.value))
    return list(request.dbsession.scalars(found.order_by(Organisation.name).limit(500)))


def usual_roles(request: Request) -> dict[str, str]:
    """The role in which a custodian stood last, by organisation."""
    rows = request.dbsession.execute(
        select(TenderCustodian.organisation_id, TenderCustodian.role).distinct().limit(2000)
    )
    return {row.organisation_id: row.role for row in rows}
