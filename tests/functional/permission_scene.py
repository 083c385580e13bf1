"""Who asks for every address, and how an answer is told from a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyramid.interfaces import IRoutesMapper
from webtest import TestResponse

from signing.encoding import new_id
from tests.functional.api_scene import Scene, build_scene
from tests.functional.house import House
from tests.functional.test_sign_in import Reader
from trading.accounts.models import Organisation
from trading.sign_in.people import People

Ask = Callable[[str, str], TestResponse]

# One in each role, and one in the same role of an organisation that has nothing to do with the scene.
WHO = (
    "nobody", "operator", "administrator", "agency", "agency2", "supplier", "supplier2", "custodian",
    "custodian2", "supervisor", "supervisor2", "evaluator", "evaluator2",
)  # fmt: skip


@dataclass(frozen=True)
class Door:
    """An address: its route's name, its pattern, a method."""

    route: str
    pattern: str
    method: str


def doors(house: House) -> Iterator[Door]:
    """Every address that a view answers at, from the router itself."""
    registry = house.app.app.registry
    patterns = {route.name: route.pattern for route in registry.getUtility(IRoutesMapper).get_routes()}
    found = set()
    for each in registry.introspector.get_category("views"):
        view = each["introspectable"]
        name = view["route_name"]
        if name is None:
            continue
        methods = view["request_methods"] or "GET"
        for method in (methods,) if isinstance(methods, str) else methods:
            if method != "HEAD":
                found.add(Door(name, patterns[name], method))
    # Who has signed out asks for nothing more.
    return iter(sorted(found, key=lambda door: (door.route == "sign-out", door.route, door.method)))


class PermissionScene:
    """A tender in each stage, its people and strangers in every role."""

    def __init__(self, folder: Path) -> None:
        self.scene: Scene = build_scene(folder)
        self.house = self.scene.house
        scene, house = self.scene, self.house
        tokens = {
            "operator": house.operator, "agency": scene.agency.token,
            "agency2": house.enrol("agency").token, "supplier": scene.suppliers[0].token,
            "supplier2": scene.suppliers[1].token, "custodian": scene.custodians[0].token,
            "custodian2": house.enrol("custodian").token, "supervisor": scene.supervisor,
            "supervisor2": self._token("supervisor")[0],
        }  # fmt: skip
        spare = {"person": "spare", "role": "agency", "days": 1}
        place = f"/organisations/{scene.agency.id}/tokens"
        self._spare = house.call("POST", place, house.operator, spare).json["id"]
        tokens["evaluator"], self._evaluator = self._token("evaluator")
        tokens["evaluator2"] = self._token("evaluator")[0]
        for tender in (scene.opened.id, scene.published.id):
            house.app.post(
                f"/tenders/{tender}/evaluators", {"person": self._evaluator}, status=303,
                headers={"Authorization": f"Bearer {scene.agency.token}"},
            )  # fmt: skip
        self.ask: dict[str, Ask] = {name: self._by_token(token) for name, token in tokens.items()}
        self.ask["nobody"] = self._by_browser(Reader(house))
        administrator = Reader(house)
        link = administrator.invited(["agency"], organisation=scene.agency.id, admin=True)
        administrator.settle(link, "the.administrator")
        self.ask["administrator"] = self._by_browser(administrator)

    def _token(self, role: str) -> tuple[str, str]:
        """A new organisation's person in a role that signs nothing."""
        with self.house.platform.database.transaction() as session:
            place = Organisation(
                id=new_id(), scheme="X-ALL", identifier=new_id(), name=role, roles=role,
                enrolled_at=self.house.now(),
            )  # fmt: skip
            session.add(place)
            session.flush()
            person = People(self.house.platform).invite(session, place, role, [role], False)[0]
            where, who = place.id, person.id
        body = {"person": role, "role": role, "days": 30}
        answer = self.house.call("POST", f"/organisations/{where}/tokens", self.house.operator, body)
        return str(answer.json["token"]), who

    def _by_token(self, token: str) -> Ask:
        def ask(method: str, path: str) -> TestResponse:
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
            return _asked(self.house.app, method, path, headers)

        return ask

    def _by_browser(self, reader: Reader) -> Ask:
        # With a page's form token, so that it is the permission that refuses.
        found = re.search(r'name="csrf_token" value="([^"]+)"', reader.get("/sign-in").text)
        assert found

        def ask(method: str, path: str) -> TestResponse:
            return _asked(reader.app, method, path, {**reader.headers, "X-CSRF-Token": found[1]})

        return ask

    def path(self, door: Door, tender: str = "") -> str:
        """The address, filled with what is there for the scene's own people."""
        scene = self.scene
        kept = {
            "agency.edit": scene.draft, "agency.documents": scene.draft, "tender-publication": scene.draft,
            "tender-bids": scene.published.id, "tender-uploads": scene.published.id,
            "tender-withdrawals": scene.published.id, "supplier.bid": scene.published.id,
            "tender-document": scene.awarded.id, "tenders.award": scene.awarded.id,
            "tenders.evaluation": scene.awarded.id, "tenders.evidence": scene.awarded.id,
            "supervision.check": scene.awarded.id, "tenders.evidence_zip": scene.awarded.id,
            "tenders.award_report": scene.awarded.id, "tenders.award_notice": scene.awarded.id,
            "tenders.result_notices": scene.awarded.id, "tenders.result_notice": scene.awarded.id,
        }  # fmt: skip
        chosen = tender or kept.get(door.route, scene.opened.id)
        if "{sha256}" in door.pattern:
            chosen = tender or scene.awarded.id
        values: dict[str, Any] = {
            "tender": chosen, "organisation": scene.agency.id, "project": scene.project,
            "fingerprint": scene.spare.fingerprint if door.method == "POST" else scene.agency.fingerprint,
            "sha256": scene.awarded.notice.digest if "{tender}" in door.pattern else scene.crl,
            "name": "%E6%8B%9B%E6%A0%87%E6%96%87%E4%BB%B6.pdf", "upload": scene.uploads[0],
            "number": "0", "bid": scene.bids[1], "token": self._spare, "secret": "x" * 43,
            "person": self._evaluator, "supplier": scene.suppliers[1].id, "authority": "parties",
            "request": "AA==",
        }  # fmt: skip
        if door.route == "log.tile":
            return "/log/tile/0/000.p/1"
        path = re.sub(r"\{kind:[^}]*\)\?receipt\}", "receipt", door.pattern.replace(":.*}", "}"))
        return path.format(**values)


def _asked(app: Any, method: str, path: str, headers: dict[str, str]) -> TestResponse:
    if path.startswith("/api/") and method in ("POST", "PUT"):
        raw = "/parts/" in path or "/documents/" in path
        headers = {**headers, "Content-Type": "application/octet-stream" if raw else "application/json"}
        return app.request(path, method=method, body=b"{}", headers=headers, status="*")
    if method == "POST":
        return app.post(path, {}, headers=headers, status="*")
    return app.request(path, method=method, headers=headers, status="*")


def refused(door: Door, answer: TestResponse) -> bool:
    """Whether it was refused for who asked. Steps of signing in lead to the first of them by themselves."""
    if answer.status_code in (401, 403):
        return True
    onward = re.sub(r"^https?://[^/]+", "", answer.headers.get("Location", ""))
    return onward.partition("?")[0] == "/sign-in" and not door.route.startswith("sign-in.")
