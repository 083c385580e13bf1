"""An agency's people amend a published tender: prepared by one, signed by another, told to bidders."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from webtest import TestResponse, Upload

from bids.notice import Notice
from reports import wording
from signing import canonical
from signing.encoding import format_time, new_id, parse_time
from tests.functional.drafting import HOUR, public_entries
from tests.functional.house import House, Tendering, Who, signed
from tests.functional.test_sign_in import Reader
from trading.tenders.comparison import Comparison, compare
from trading.tenders.terms import Terms

pytestmark = pytest.mark.one_database

BILL = "序号\t编码\t项目\t单位\t数量\n1\t0301\t路基\tm3\t120.5\n2\t\t沥青面层\tm2\t3000"
MORE = BILL.replace("3000", "3500") + "\n3\t\t路缘石\tm\t40"


@pytest.fixture
def agency(house: House) -> Who:
    """One of the test's own, as its persons who sign in count."""
    return house.enrol("agency")


@pytest.fixture
def desk(house: House, agency: Who, tender: Tendering) -> Reader:
    """The first of the agency to sign in, after the tender was published."""
    return person(house, agency, "张敏")


def person(house: House, who: Who, name: str) -> Reader:
    reader = Reader(house, "zh")
    reader.settle(reader.invited([who.role], name, who.id), f"p{new_id()[:12]}")
    return reader


def typed(tender: Tendering, **changes: Any) -> dict[str, Any]:
    return {
        "title": tender.notice.title,
        "currency": "CNY",
        "estimate": "1,000,000.00",
        "ceiling": "",
        "deadline": local(tender.notice.deadline),
        "minimum_bidders": "1",
        "grace_seconds": "10",
        "items": BILL,
        **changes,
    }


def local(moment: datetime) -> str:
    return f"{moment.astimezone(wording.PAPER_ZONE):%Y-%m-%dT%H:%M:%S}"


def place(tender: Tendering) -> str:
    return f"/agency/tenders/{tender.id}"


def send(
    reader: Reader,
    tender: Tendering,
    status: int,
    to: str = "",
    documents: tuple[str, ...] = (),
    **changes: Any,
) -> TestResponse:
    token = ("csrf_token", reader.token(place(tender)))
    fields = [token, *typed(tender, **changes).items(), *(("document", name) for name in documents)]
    return reader.app.post(f"{place(tender)}/amendment{to}", fields, headers=reader.headers, status=status)


def prepared_notice(house: House, who: Who, tender: Tendering, **changes: Any) -> dict[str, str]:
    """The prepared amendment as its signer's client builds it."""
    shown = house.call("GET", f"/tenders/{tender.id}/amendment", who).json
    names = ("title", "currency", "items", "documents", "replaces", "estimate", "ceiling")
    policy = {f"policy_{name}": shown[name] for name in ("minimum_bidders", "grace_seconds")}
    facts = {name: shown.get(name) for name in names}
    facts |= {"deadline": parse_time(shown["deadline"]), **policy, **changes}
    return signed(*house.notice(who, tender.id, **facts))


def publish(house: House, who: Who, tender: Tendering, **changes: Any) -> None:
    body = prepared_notice(house, who, tender, **changes)
    house.call("POST", f"/tenders/{tender.id}/publication", who, body, 201)


def page(house: House, path: str, who: Who | None = None) -> str:
    headers = {"Accept": "text/html", "Accept-Language": "zh"}
    if who is not None:
        headers["Authorization"] = f"Bearer {who.token}"
    return str(house.app.get(path, headers=headers).text)


def test_a_harmless_amendment_leaves_bids_good(
    house: House, desk: Reader, tender: Tendering, supplier: Who
) -> None:
    sealed = house.bid(supplier, tender)
    before = page(house, f"/tenders/{tender.id}")
    form = desk.get(f"{place(tender)}/amendment").text
    shown = local(tender.notice.deadline).removesuffix(":00")  # browsers write no seconds that are none
    assert "还没有改动" in form and f'value="{shown}"' in form
    found = send(desk, tender, 200, "/findings", title="改名后的标段").text
    assert "<del>道路改造第一标段</del>" in found and "<ins>改名后的标段</ins>" in found
    assert "无须重新密封" in found and "不符合" not in found
    shown = send(desk, tender, 303, title="改名后的标段").follow(headers=desk.headers).text
    assert "张敏 已准备" in shown and "无须重新密封" in shown and "轮到您" in shown
    assert "更正公告待核对签发" in desk.get("/desk").text
    # Nothing public has changed, and nobody else reads it.
    same = re.compile(r'data-now="\d+"')
    assert same.sub("", page(house, f"/tenders/{tender.id}")) == same.sub("", before)
    assert house.call("GET", f"/tenders/{tender.id}").json["title"] == tender.notice.title
    house.refused("GET", f"/tenders/{tender.id}/amendment", supplier, None, "forbidden")
    publish(house, tender.agency, tender)
    public = page(house, f"/tenders/{tender.id}")
    assert "公告已更正" in public and "<del>道路改造第一标段</del>" in public
    assert f"/notices/{tender.notice.digest}/notice.json" in public and "贵单位" not in public
    assert house.own_bids(supplier, tender) == {sealed.bid: "current"}
    for path in (f"/tenders/{tender.id}", f"/tenders/{tender.id}/bid"):
        assert "贵单位的投标继续有效" in page(house, path, supplier)
    assert "公告已更正，投标继续有效" in page(house, "/desk", supplier)
    assert "准备更正公告" in desk.get(place(tender)).text
    house.call("GET", f"/tenders/{tender.id}/amendment", tender.agency, status=404)


def test_a_postponement_voids_bids_and_says_so(
    house: House, desk: Reader, tender: Tendering, supplier: Who
) -> None:
    sealed, other = house.bid(supplier, tender), house.enrol("supplier")
    later = tender.notice.deadline + HOUR
    changes = {"deadline": local(later), "items": MORE}
    found = send(desk, tender, 200, "/findings", **changes).text
    assert "在新的截标时间前递交" in found
    stays = send(desk, tender, 200, "/findings", grace_seconds="11").text
    assert "截标时间不变" in stays and "新的截标时间" not in stays
    assert "全部失效" in found and "3,000 m2" in found and "3,500 m2" in found and "路缘石 40 m" in found
    send(desk, tender, 303, **changes)
    shown = desk.get(place(tender)).text
    assert "全部失效" in shown and "密封密钥不变" in shown
    publish(house, tender.agency, tender)
    assert house.own_bids(supplier, tender) == {sealed.bid: "void"}
    for path in (f"/tenders/{tender.id}", f"/tenders/{tender.id}/bid"):
        assert "投标已失效" in page(house, path, supplier)
        assert "贵单位" not in page(house, path, other)
    assert "投标已失效：请重新密封递交" in page(house, "/desk", supplier)
    assert "公告已更正" in page(house, "/desk", other)
    assert "全部失效" in page(house, f"/tenders/{tender.id}")
    assert [item.number for item in amended(house, tender).items] == ["1", "2", "3"]
    again = house.seal(supplier, replace(tender, notice=amended(house, tender)), replaces=sealed.bid)
    house.upload(supplier, tender, again)
    house.submit(supplier, tender, again)
    assert "贵单位" not in page(house, f"/tenders/{tender.id}", supplier)


def amended(house: House, tender: Tendering) -> Notice:
    return Notice.parse(house.call("GET", f"/tenders/{tender.id}/notice.json").body)


def test_documents_come_and_go_with_the_notice(
    house: House, custodians: tuple[Who, ...], agency: Who
) -> None:
    id_ = house.draft(agency, custodians)["id"]
    house.call("PUT", f"/tenders/{id_}/documents/old.pdf", agency, b"%PDF-1.7", 201)
    for custodian in custodians:
        house.hand_in_key(custodian, id_)
    raw, signature = house.notice(agency, id_)
    house.publish(agency, id_, raw, signature)
    tender = Tendering(id_, agency, custodians, Notice.parse(raw), signature, {})
    desk = person(house, agency, "张敏")
    token = desk.token(place(tender))
    fields = [("csrf_token", token), ("document", Upload("答疑.pdf", b"answers"))]
    desk.app.post(place(tender) + "/documents", fields, headers=desk.headers, status=303)
    form = desk.get(f"{place(tender)}/amendment").text
    assert "尚未公开" in form and form.count('type="checkbox"') == form.count(" checked") == 2
    house.app.get(f"/api/v1/tenders/{id_}/documents/%E7%AD%94%E7%96%91.pdf", status=404)
    send(desk, tender, 303, documents=("答疑.pdf",))
    publish(house, agency, tender)
    public = page(house, f"/tenders/{id_}")
    assert "<ins>答疑.pdf</ins>" in public and "<del>old.pdf</del>" in public
    assert house.call("GET", f"/tenders/{id_}/documents/答疑.pdf").body == b"answers"
    house.call("GET", f"/tenders/{id_}/documents/old.pdf", status=404)
    # What was removed is offered again, but nobody has to take it away a second time.
    house.call("PUT", f"/tenders/{id_}/documents/new.pdf", agency, b"%PDF-1.7", 201)
    form = desk.get(f"{place(tender)}/amendment").text
    ticked = {name: bool(rest) for name, rest in re.findall(r'value="([^"]+\.pdf)"( checked)?', form)}
    assert ticked == {"old.pdf": False, "答疑.pdf": True, "new.pdf": True}


def test_what_no_notice_may_say_is_refused_beside_its_field(
    house: House, desk: Reader, tender: Tendering
) -> None:
    def beside(field: str, sentence: str, **changes: Any) -> None:
        text = send(desk, tender, 422, **changes).text
        assert sentence in text.partition(f'id="{field}-error"')[2].partition("</div>")[0], (field, text)
        for value in changes.values():
            assert str(value).splitlines()[-1] in text

    beside("deadline", "封存策略未变", items=MORE)
    beside("deadline", "封存策略未变", currency="USD", title="另一标题")
    beside("deadline", "不在将来", deadline="2020-01-01T10:00", title="另一标题")
    beside("items", "大于零的数", items=BILL + "\n3\t\t路缘石\tm\tabc")
    beside("estimate", "金额应为大于零的数", estimate="一百万")
    beside("grace_seconds", "0 至 3600", grace_seconds="9000")
    beside("ceiling", "通用规则第4条", ceiling="2,000,000.00")
    forged = send(desk, tender, 422, currency="XXX").text
    assert "请从列出的选项中选择" in forged.partition('id="currency-error"')[2].partition("</div>")[0]
    assert "没有任何不同" in send(desk, tender, 422).text


def test_rules_are_named_with_their_article(house: House, agency: Who, custodians: tuple[Who, ...]) -> None:
    now = house.now()
    deadline = (now + timedelta(days=30)).replace(microsecond=0)
    tender = house.tender(
        agency, custodians, rules="cn-works", deadline=format_time(deadline), minimum_bidders=3
    )
    desk = person(house, agency, "张敏")
    few = {"minimum_bidders": "2"}
    assert "招标投标法第28条" in send(desk, tender, 422, **few).text
    plain = {"minimum_bidders": "3", "estimate": "1,000,000.00"}
    with house.later(timedelta(days=20)):
        late = person(house, agency, "李强")
        found = send(late, tender, 200, "/findings", **plain, ceiling="900,000.00").text
        assert "不符合" in found and "实施条例第21条" in found and "不得少于 15 日" in found
        text = send(late, tender, 422, **plain, ceiling="900,000.00").text
        assert "实施条例第21条" in text.partition('id="deadline-error"')[2].partition("</div>")[0]
        raw, signature = house.notice(agency, tender.id, replaces=tender.notice.digest, ceiling="900000.00")
        path = f"/tenders/{tender.id}/publication"
        house.refused("POST", path, agency, signed(raw, signature), "amendment-unprepared")
        # What bids are not made from may change to the last; and what is postponed far enough.
        send(late, tender, 303, **plain, title="改名")
        send(late, tender, 303, **plain, ceiling="900,000.00", deadline=local(deadline + timedelta(days=20)))
        publish(house, agency, tender)


def test_bids_are_not_voided_when_only_who_knows_could_seal_again(
    house: House, agency: Who, custodians: tuple[Who, ...]
) -> None:
    deadline = (house.now() + timedelta(days=30)).replace(microsecond=0)
    tender = house.tender(
        agency, custodians, rules="cn-works", deadline=format_time(deadline), minimum_bidders=3
    )
    voiding = {"minimum_bidders": "3", "grace_seconds": "11"}
    with house.later(deadline - house.now() - timedelta(hours=23)):
        desk = person(house, agency, "张敏")
        found = send(desk, tender, 200, "/findings", **voiding).text
        assert "不符合" in found and "招标投标法第23条" in found and "不得少于 24 小时" in found
        text = send(desk, tender, 422, **voiding).text
        assert "实施条例第21条" in text.partition('id="deadline-error"')[2].partition("</div>")[0]
        send(desk, tender, 303, **voiding, deadline=local(deadline + timedelta(hours=2)))
        send(desk, tender, 303, minimum_bidders="3", title="改名")
    # Prepared in time and signed too late, it is refused as well, and who is to sign is told before.
    send(person(house, agency, "李强"), tender, 303, **voiding)
    with house.later(deadline - house.now() - timedelta(hours=1)):
        assert "现已不能发布" in person(house, agency, "王芳").get(place(tender)).text
        body = prepared_notice(house, agency, tender)
        path = f"/tenders/{tender.id}/publication"
        assert house.refused("POST", path, agency, body, "rule-reseal-hours")["rule"] == "reseal-hours"


def test_a_page_names_what_it_shows_by_its_digest(
    house: House, desk: Reader, tender: Tendering, agency: Who, custodians: tuple[Who, ...]
) -> None:
    def same(who: Who, path: str, shown: str) -> bool:
        answer = house.call("GET", path, who).json
        digest = hashlib.sha256(canonical.dumps(answer)).hexdigest()
        return f'data-shown="{digest}"' in shown

    send(desk, tender, 303, title="改名一")
    shown = desk.get(place(tender)).text
    path = f"/tenders/{tender.id}/amendment"
    assert same(tender.agency, path, shown)
    send(desk, tender, 303, title="改名二")
    assert not same(tender.agency, path, shown)
    assert same(tender.agency, path, desk.get(place(tender)).text)

    # A draft changes as well while its page waits; keys that come in change nothing that it shows.
    draft = house.draft(agency, custodians)["id"]
    path = f"/tenders/{draft}"
    shown = desk.get(f"/agency{path}").text
    for custodian in custodians:
        house.hand_in_key(custodian, draft)
    assert same(agency, path, shown)
    house.call("PUT", f"{path}/documents/more.pdf", agency, b"%PDF-1.7", 201)
    assert not same(agency, path, shown)
    assert same(agency, path, desk.get(f"/agency{path}").text)


def test_two_notices_are_compared_once_for_all_who_look(
    house: House, tender: Tendering, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def counting(old: Terms, new: Terms) -> Comparison:
        compared.append(new.title)
        return compare(old, new)

    monkeypatch.setattr("trading.portal.reading.compare", counting)
    first = house.amend(tender, title="改名一")
    for _ in range(3):
        assert "<ins>改名一</ins>" in page(house, f"/tenders/{tender.id}")
    house.amend(first, title="改名二")
    for _ in range(3):
        shown = page(house, f"/tenders/{tender.id}")
        assert "<ins>改名一</ins>" in shown and "<ins>改名二</ins>" in shown
    assert compared == ["改名一", "改名二"]


def test_two_persons_amend(house: House, desk: Reader, tender: Tendering) -> None:
    """Where more than one signs in, none publishes what nobody else has seen, by whatever way."""
    other = person(house, tender.agency, "李强")
    path = f"/tenders/{tender.id}/publication"

    def sent(reader: Reader, body: dict[str, str], status: int) -> dict[str, Any]:
        headers = {"X-CSRF-Token": reader.token(place(tender)), "Accept-Language": "zh"}
        return dict(reader.app.post_json(f"/api/v1{path}", body, headers=headers, status=status).json)

    direct = signed(*house.notice(tender.agency, tender.id, replaces=tender.notice.digest, title="直接更正"))
    assert sent(desk, direct, 422)["code"] == "amendment-unprepared"
    send(desk, tender, 303, title="改名后的标段")
    assert sent(other, direct, 422)["code"] == "notice-disagrees"
    body = prepared_notice(house, tender.agency, tender)
    assert sent(desk, body, 422)["code"] == "amendment-own"
    shown = desk.get(place(tender)).text
    assert "轮到本单位另一位经办人" in shown and "data-publish" not in shown
    assert "您准备的更正待另一人签发" in desk.get("/desk").text
    shown = other.get(place(tender)).text
    assert "轮到您" in shown and "data-amends" in shown
    assert "更正公告待核对签发" in other.get("/desk").text
    assert sent(other, body, 201)["policy"] == tender.notice.policy.digest
    assert sent(other, body, 201)["notice"], "again is answered as the first time"
    acts = [entry["act"] for entry in public_entries(house, tender.id)]
    assert acts == ["tender.published", "tender.amended"]


def test_a_prepared_amendment_is_dropped_and_expires(house: House, desk: Reader, tender: Tendering) -> None:
    send(desk, tender, 303, title="改名后的标段")
    fields = {"csrf_token": desk.token(place(tender))}
    desk.app.post(f"{place(tender)}/amendment/drop", fields, headers=desk.headers, status=303)
    assert "待签发的更正公告" not in desk.get(place(tender)).text
    fields = {"csrf_token": desk.token(place(tender))}
    desk.app.post(f"{place(tender)}/amendment/drop", fields, headers=desk.headers, status=404)
    send(desk, tender, 303, title="改名后的标段")
    with house.later(HOUR + timedelta(seconds=5)):
        late = person(house, tender.agency, "李强")
        assert "现已不能发布" in late.get(place(tender)).text
        send(late, tender, 422, title="太晚")


def test_it_is_the_agencys_alone_and_of_published_tenders(
    house: House, desk: Reader, tender: Tendering, agency: Who, custodians: tuple[Who, ...]
) -> None:
    strange = person(house, house.enrol("agency"), "外人")
    strange.get(f"{place(tender)}/amendment", status=403)
    Reader(house).get(f"{place(tender)}/amendment", status=303)
    draft = house.draft(agency, custodians)["id"]
    desk.get(f"/agency/tenders/{draft}/amendment", status=409)


def test_over_the_api(house: House, tender: Tendering) -> None:
    path = f"/tenders/{tender.id}/amendment"
    shown = house.call("GET", f"/tenders/{tender.id}", tender.agency).json
    facts = {
        name: shown[name]
        for name in ("currency", "estimate", "deadline", "minimum_bidders", "grace_seconds", "items")
    } | {"title": "改名", "documents": []}
    house.refused("GET", path, tender.agency, None, "amendment-none")
    house.refused("PUT", path, tender.agency, facts | {"documents": ["none.pdf"]}, "amendment-document")
    house.refused("PUT", path, tender.agency, facts | {"title": shown["title"]}, "amendment-nothing")
    answer = house.call("PUT", path, tender.agency, facts, 200).json
    assert (answer["title"], answer["replaces"]) == ("改名", tender.notice.digest)
    house.call("DELETE", path, tender.agency, status=204)
    house.refused("DELETE", path, tender.agency, None, "amendment-none")
    longer = house.amend(tender, deadline=tender.notice.deadline + HOUR)
    back = facts | {"deadline": format_time(tender.notice.deadline)}
    house.refused("PUT", path, tender.agency, back, "notice-policy-returns")
    assert longer.notice.deadline == tender.notice.deadline + HOUR
