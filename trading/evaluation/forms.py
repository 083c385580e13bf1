"""The forms of evaluators: their appointment, and what they say of a bid."""

from __future__ import annotations

from pyramid.request import Request
from wtforms import HiddenField
from wtforms.validators import StopValidation

from trading.evaluation.committee import appointed, candidates
from trading.web.forms import Both, Form, at_most, choice, offered, prose, radios, required


class EvaluatorForm(Form):
    """A person to be appointed."""

    person = choice("评标专家", "Evaluator", required("请选择一位评标专家。", "Choose an evaluator."))


def evaluator_form(request: Request) -> EvaluatorForm:
    """With everybody who evaluates and is not appointed yet."""
    form = EvaluatorForm(request)
    session = request.dbsession
    known = {member.person.id for member in appointed(session, request.context.tender.id)}
    found = [
        (person.id, Both(f"{person.name}（{place.name}）", f"{person.name} ({place.name})"))
        for person, place in candidates(session)
        if person.id not in known
    ]
    form.person.choices = offered([("", Both("请选择", "Choose one")), *found])
    return form


VERDICTS = (("yes", Both("符合要求", "Responsive")), ("no", Both("建议否决", "To be rejected")))


class OpinionForm(Form):
    """What an evaluator says of one bid."""

    bid = HiddenField()
    verdict = radios("意见", "Opinion", VERDICTS, Both("请选择意见。", "Choose your opinion."))
    reason = prose("理由", "Reason", at_most(2000), rows=2)

    def validate_reason(self, field: object) -> None:
        """Whoever wants a bid rejected says why."""
        if self.verdict.data == "no" and not self.reason.data:
            raise StopValidation(
                Both("建议否决的，请写明理由。", "Give the reason why it is to be rejected.")
            )
