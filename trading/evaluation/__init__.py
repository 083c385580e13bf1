"""Evaluators and their opinions; the agency's signed evaluation, and the ranking that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The addresses and pages of this feature."""
    config.scan("trading.evaluation.views")
    place, here = "/tenders/{tender}", ".contexts.EvaluationContext"
    config.add_form(
        "evaluators", place + "/evaluators", ".forms.evaluator_form", ".pages.evaluators", ".pages.appoint",
        "evaluators.jinja2", here, P.EVALUATORS_APPOINT,
    )  # fmt: skip
    config.add_act(
        "evaluators.dismiss", place + "/evaluators/dismiss", ".pages.dismiss", here, P.EVALUATORS_APPOINT
    )  # fmt: skip
    config.add_page(
        "evaluators.key", "/evaluator/key", ".pages.key", "evaluator_key.jinja2", None, P.EVALUATOR_KEY_SET
    )  # fmt: skip
    config.add_page(
        "evaluation", place + "/evaluation", ".pages.page", "evaluation.jinja2", here, P.BIDS_COMPARE
    )
    config.add_form(
        "evaluation.opinion", place + "/evaluation/opinions", ".forms.OpinionForm", ".pages.evaluation",
        ".pages.give_opinion", "evaluation.jinja2", here, P.OPINION_GIVE,
    )  # fmt: skip
