"""The API document is valid and complete, and schemathesis, which knows nothing else, finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyramid.interfaces import IRoutesMapper

from signing.certificates import create_csr
from tests.functional.api_scene import Scene, build_scene
from tests.functional.fuzzing import fuzz, served
from tests.functional.house import PREFIX

HAN = re.compile("[\u4e00-\u9fff]")
METHODS = {"get", "put", "post", "delete", "patch"}

# What everybody sees of themselves.
OWN_ACCOUNT = ["getMe", "listOwnCertificates", "listCertificateDays"]

# Who does what needs a token; all else is the public's.
ACTS = {
    "operator": ["enrolOrganisation", "issueToken", "revokeToken", "revokeCertificate", "invitePerson"],
    "supervisor": [*OWN_ACCOUNT, "getOrganisation", "listResultNotices", "getResultNotice"],
    "agency": [
        "createProject", "createTender", "updateTender", "putDocument", "publishTender", "cancelTender",
        "getAmendment", "prepareAmendment", "dropAmendment",
        "postStage", "postEvaluation", "postAward", "setEnvelopeKey", "getBidFiles", "getBidFilesObject",
        "getHandover", "handOver", "postUnlockDecision",
    ],
    "supplier": [
        "requestCertificate", "startUpload", "getUpload", "putUploadPart", "completeUpload", "listOwnBids",
        "submitBid", "withdrawBid", "getReceipt", "getProofs", "getReceiptBundle", "getOwnUnlocking",
        "unlockBid", "enrolOutsideCertificate",
    ],
    "evaluator": ["setEvaluatorKey", "getHanded", "getHandedObject"],
    "custodian": [
        "listCustodyTenders", "putCustodyKey", "listReserve", "putReserve", "deleteReserved", "getOwnRelease",
        "putRelease", "putErasure",
    ],
}  # fmt: skip

# What more than one role may do.
SHARED = {
    "operator": [*OWN_ACCOUNT, "getOrganisation"],
    "agency": [
        *OWN_ACCOUNT, "getOrganisation", "requestCertificate", "enrolOutsideCertificate",
        "revokeCertificate", "listResultNotices", "getResultNotice",
    ],
    "supplier": [*OWN_ACCOUNT, "listResultNotices", "revokeCertificate"],
    "evaluator": OWN_ACCOUNT,
    "custodian": [*OWN_ACCOUNT, "requestCertificate", "enrolOutsideCertificate", "revokeCertificate"],
}

# Their bodies hold what a fuzzer cannot make (signatures, a request for a certificate, the very bytes of
# an upload; an empty document is none) or members that must fit each other and the tender's state: a
# request that fits the document may rightly be refused.
UNJUDGED = [
    "renewCertificate", "publishTender", "cancelTender", "postStage", "postEvaluation", "postAward",
    "setEnvelopeKey",
    "submitBid", "withdrawBid", "putCustodyKey", "putReserve", "deleteReserved", "getOwnRelease",
    "putRelease", "putErasure",
    "requestCertificate", "enrolOutsideCertificate", "putUploadPart", "putDocument", "createTender",
    "updateTender", "issueToken", "startUpload", "invitePerson", "setEvaluatorKey", "handOver",
    "getAmendment", "prepareAmendment", "dropAmendment", "unlockBid", "postUnlockDecision",
]  # fmt: skip

# The body is createTender's, and coverage of it takes longer than all else of its role.
LIKE_ANOTHER = {"updateTender", "prepareAmendment"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = build_scene(tmp_path_factory.mktemp("scene"))
    yield made
    made.house.close()


@pytest.fixture(scope="module")
def document(scene: Scene) -> dict[str, Any]:
    return dict(scene.house.app.get(PREFIX + "/openapi.json").json)


@pytest.fixture(scope="module")
def address(scene: Scene) -> Iterator[str]:
    with served(scene.house.platform) as where:
        yield where


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield path, method, item[method]


# A token is revoked once, no fuzzer signs as a witness, and this platform trusts no outside authority.
UNREACHED = {"revokeToken", "handInCosignature", "getOutsideRoots"}


def acts_of(role: str, document: dict[str, Any]) -> list[str]:
    """The operations that a role is there for; the public's are those that need no token."""
    assigned = {act for acts in ACTS.values() for act in acts}
    everything = [each["operationId"] for _, _, each in operations(document)]
    return ACTS.get(role) or [each for each in everything if each not in assigned]


def known(scene: Scene, role: str, judged: bool) -> dict[str, list[str]]:
    """What is there, by parameter; first what the role works on. The certificate that the operator
    revokes is a spare one, so that no run shuts out the next."""
    tenders = [scene.awarded.id, scene.opened.id, scene.published.id, scene.draft]
    first = {"agency": scene.draft, "supplier": scene.published.id}.get(role, scene.awarded.id)
    first = scene.awarded.id if judged else first
    revocable = scene.spare if role == "operator" else scene.agency
    return {
        "path.tender": sorted(tenders, key=lambda each: each != first),
        "path.bid": list(scene.bids),
        "path.upload": list(scene.uploads),
        "path.supplier": [scene.suppliers[1].id],
        "path.fingerprint": [revocable.fingerprint],
        "path.organisation": [scene.watching if role == "supervisor" else scene.agency.id],
        "path.project": [scene.project],
        "path.sha256": [scene.awarded.notice.digest, scene.crl],
        "path.name": ["招标文件.pdf"],
        "query.digest": [scene.awarded.notice.digest],
        "body.csr": [create_csr(scene.suppliers[0].key, "x").decode()],
        "body.project": [scene.project],
        "body.currency": ["CNY"],
        "body.custodians[*].organisation": [each.id for each in scene.custodians],
    }


def test_all_that_is_said_is_said_in_chinese_too(document: dict[str, Any]) -> None:
    """`x-zh` stands beside each summary, or beside a description that has no summary; topics are the tags."""
    topics = {tag["name"] for tag in document["tags"]}
    assert all(each["tags"][0] in topics for _, _, each in operations(document))

    def look(value: Any, place: str) -> Iterator[str]:
        if isinstance(value, dict):
            english = value.get("summary") or value.get("description")
            if isinstance(english, str) and not HAN.search(value.get("x-zh", "")):
                yield f"{place}: {english}"
            for name, each in value.items():
                yield from look(each, f"{place}/{name}")
        elif isinstance(value, list):
            for number, each in enumerate(value):
                yield from look(each, f"{place}/{number}")

    assert list(look(document, "")) == []


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_view_is_described_and_every_description_is_a_view(
    scene: Scene, document: dict[str, Any]
) -> None:
    registry = scene.house.app.app.registry
    patterns = {route.name: route.pattern for route in registry.getUtility(IRoutesMapper).get_routes()}
    views = set()
    for each in registry.introspector.get_category("views"):
        view = each["introspectable"]
        if view["route_name"] is not None and patterns[view["route_name"]].startswith("/api/"):
            methods = view["request_methods"] or "GET"
            names = (methods,) if isinstance(methods, str) else methods
            views |= {(patterns[view["route_name"]], method) for method in names}
    described = {(PREFIX + path, method.upper()) for path, method, _ in operations(document)}
    assert {view for view in views if view[1] != "HEAD"} == described
    ours = {pattern for pattern in patterns.values() if pattern.startswith("/api/")}
    assert ours == {PREFIX + path for path in document["paths"]}


def test_every_operation_says_how_it_answers(document: dict[str, Any]) -> None:
    ids = [each["operationId"] for _, _, each in operations(document)]
    assert len(set(ids)) == len(ids)
    for path, method, each in operations(document):
        where = f"{method} {path}"
        assert each["summary"] and each["tags"], where
        assert each["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, where
        successes = [status for status in each["responses"] if status.startswith("2")]
        assert successes, where
        for status in successes:
            answer = each["responses"][status]
            if "$ref" in answer:
                answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            assert status == "204" or answer["content"], where
            for media, content in answer.get("content", {}).items():
                assert media != "application/json" or content["schema"], where
        body = each.get("requestBody")
        assert body is None or body["content"], where
        assert "application/json" not in (body or {}).get("content", {}) or body["required"], where


def test_what_needs_a_token_says_so(scene: Scene, document: dict[str, Any]) -> None:
    assigned = {operation for acts in ACTS.values() for operation in acts}
    assert assigned == {
        each["operationId"] for _, _, each in operations(document) if {} not in each.get("security", [{}])
    }


@pytest.mark.parametrize(
    ("role", "judged"),
    [("public", True), *((role, judged) for role in ACTS for judged in (True, False) if role != "supervisor")]
    + [("supervisor", True)],
)
def test_schemathesis_finds_nothing(
    scene: Scene, document: dict[str, Any], address: str, role: str, judged: bool
) -> None:
    acts = {each for each in acts_of(role, document) if (each not in UNJUDGED) is judged}
    token, there = scene.tokens[role], known(scene, role, judged)
    outcome = fuzz(address, sorted(acts - LIKE_ANOTHER), token, there, judged=judged)
    short = fuzz(address, sorted(acts & LIKE_ANOTHER), token, there, phases=["fuzzing"], judged=judged)
    outcome.answers |= short.answers
    found = outcome.found + short.found
    assert not found, "\n".join(found[:20])
    labels = {
        f"{method.upper()} {path}": each["operationId"]
        for path, method, each in operations(document)
        if each["operationId"] in acts
    }
    assert set(labels) == set(outcome.answers)
    succeeded = {labels[label] for label in outcome.succeeded}
    assert not judged or acts - succeeded <= UNREACHED, "only what succeeds shows how it answers"


@pytest.mark.parametrize("role", ["public", *ACTS])
def test_nobody_does_what_is_others(scene: Scene, document: dict[str, Any], role: str) -> None:
    """Refused for who asks, before anything is said of what was asked."""
    values = {name.removeprefix("path."): each[0] for name, each in known(scene, role, True).items()}
    mine = {*ACTS.get(role, ()), *SHARED.get(role, ())}
    for path, method, each in operations(document):
        if each.get("security") and each["operationId"] not in mine:
            body = b"x" if "octet-stream" in str(each.get("requestBody")) else {}
            place = path.format(**values, token="0" * 32, number="0", person="0" * 32)
            answer = scene.house.call(
                method.upper(), place, scene.tokens[role],
                None if method == "get" else body, status="*",  # type: ignore[arg-type]
            )  # fmt: skip
            expected = (401,) if role == "public" else (403, 404)
            assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text}"
            assert answer.content_type == "application/problem+json"
