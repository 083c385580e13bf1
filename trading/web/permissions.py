"""Who may do what, as one table. A permission is named scope:resource:action.

A context that belongs to an organisation adds `role:of-organisation` principals, so that
`agency@<id>` is an agency's person acting for that very organisation; `evaluator:<person>` is that person
acting as an evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pyramid.authorization import Allow, Authenticated, Everyone


class Role(StrEnum):
    """Roles in which a person acts for an organisation."""

    OPERATOR = "operator"
    AGENCY = "agency"
    SUPPLIER = "supplier"
    CUSTODIAN = "custodian"
    SUPERVISOR = "supervisor"
    EVALUATOR = "evaluator"


class Permission(StrEnum):
    """Everything that can be asked for."""

    PUBLIC_READ = "public:record:read"
    ORGANISATION_ENROL = "accounts:organisation:enrol"
    ORGANISATION_MANAGE = "accounts:organisation:manage"
    ORGANISATION_READ = "accounts:organisation:read"
    TOKEN_ISSUE = "accounts:token:issue"  # noqa: S105
    TOKEN_REVOKE = "accounts:token:revoke"  # noqa: S105
    CERTIFICATE_REQUEST = "accounts:certificate:request"
    CERTIFICATE_REVOKE = "accounts:certificate:revoke"
    ENVELOPE_KEY_SET = "accounts:envelope-key:set"
    PROJECT_CREATE = "tenders:project:create"
    TENDER_DRAFT = "tenders:tender:draft"
    TENDER_MANAGE = "tenders:tender:manage"
    UPLOAD_WRITE = "submission:upload:write"
    BID_SUBMIT = "submission:bid:submit"
    BID_READ_OWN = "submission:bid:read-own"
    CUSTODY_ACT = "custody:tender:act"
    FILES_FETCH = "opening:files:fetch"
    EVALUATE = "evaluation:tender:decide"
    EVALUATORS_APPOINT = "evaluation:evaluators:appoint"
    BIDS_COMPARE = "evaluation:bids:compare"
    EVALUATOR_KEY_SET = "evaluation:key:set"
    FILES_HAND_OVER = "evaluation:files:hand-over"
    FILES_READ = "evaluation:files:read"
    OPINION_GIVE = "evaluation:opinion:give"
    AWARD = "awards:tender:decide"
    RESULT_NOTICES_READ = "results:notices:read"
    PRIVATE_ACTS_READ = "audit:private:read"
    OWN_ACCOUNT = "sign-in:account:own"
    PEOPLE_MANAGE = "sign-in:people:manage"
    REGISTRATION_DECIDE = "sign-in:registration:decide"
    SUPERVISE = "supervision:tender:read"
    PLATFORM_WATCH = "operating:platform:watch"


P = Permission

ROOT_ACL = (
    (Allow, Everyone, P.PUBLIC_READ),
    (Allow, Authenticated, P.OWN_ACCOUNT),
    (
        Allow,
        "role:operator",
        (
            P.ORGANISATION_ENROL,
            P.ORGANISATION_MANAGE,
            P.ORGANISATION_READ,
            P.TOKEN_ISSUE,
            P.TOKEN_REVOKE,
            P.CERTIFICATE_REVOKE,
            P.PEOPLE_MANAGE,
            P.REGISTRATION_DECIDE,
            P.PLATFORM_WATCH,
        ),
    ),
    (Allow, "role:agency", (P.PROJECT_CREATE, P.TENDER_DRAFT, P.CERTIFICATE_REQUEST, P.ENVELOPE_KEY_SET)),
    (Allow, "role:supplier", (P.UPLOAD_WRITE, P.BID_SUBMIT, P.BID_READ_OWN, P.CERTIFICATE_REQUEST)),
    (Allow, "role:supervisor", (P.SUPERVISE, P.PRIVATE_ACTS_READ, P.RESULT_NOTICES_READ)),
    (Allow, "role:custodian", (P.CUSTODY_ACT, P.CERTIFICATE_REQUEST)),
    (Allow, "role:evaluator", P.EVALUATOR_KEY_SET),
)


def tender_acl(organisation: str) -> tuple[tuple[str, str, object], ...]:
    """The rights on one tender of the agency `organisation`, beside those of the root."""
    return (
        (
            Allow,
            f"agency@{organisation}",
            (
                P.TENDER_MANAGE,
                P.FILES_FETCH,
                P.FILES_HAND_OVER,
                P.EVALUATE,
                P.EVALUATORS_APPOINT,
                P.BIDS_COMPARE,
                P.AWARD,
                P.RESULT_NOTICES_READ,
            ),
        ),
        *ROOT_ACL,
    )


def evaluators_acl(organisation: str, evaluators: Iterable[str]) -> tuple[tuple[str, str, object], ...]:
    """The rights on one tender's evaluation: of its agency, and of the persons appointed."""
    own = (P.BIDS_COMPARE, P.OPINION_GIVE, P.FILES_READ)
    return (*((Allow, f"evaluator:{person}", own) for person in evaluators), *tender_acl(organisation))


def notices_acl(organisation: str, readers: str) -> tuple[tuple[str, str, object], ...]:
    """The rights on notices of the result: of the principal `readers`, of agency and supervisors."""
    return ((Allow, readers, P.RESULT_NOTICES_READ), *tender_acl(organisation))


def certificate_acl(organisation: str, person: str) -> tuple[tuple[str, str, object], ...]:
    """The rights on one certificate: its holder's and their organisation's administrator's."""
    own = P.CERTIFICATE_REVOKE
    return ((Allow, f"person:{person}", own), (Allow, f"admin@{organisation}", own), *ROOT_ACL)


def organisation_acl(organisation: str) -> tuple[tuple[str, str, object], ...]:
    """The rights on one organisation's own account."""
    return (
        (Allow, f"member@{organisation}", (P.ORGANISATION_READ, P.TOKEN_REVOKE)),
        (Allow, f"admin@{organisation}", P.PEOPLE_MANAGE),
        *ROOT_ACL,
    )
