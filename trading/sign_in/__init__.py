"""Signing in: passwords with one-time codes, passkeys, certificates; sessions, invitations, registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.web.permissions import Permission as P

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """The pages of this feature; what a signed-in person does with their own account is in ".account.py"."""
    config.scan("trading.sign_in.views")
    config.scan("trading.sign_in.jobs")
    for step, form, page, done, template in (
        ("", ".forms.PasswordForm", ".pages.sign_in", ".pages.with_password", "sign-in"),
        ("/code", ".forms.CodeForm", ".pages.code", ".pages.with_code", "code"),
        ("/setup", ".forms.CodeForm", ".pages.setup", ".pages.confirm", "setup"),
        ("/setup/passkey", ".forms.PasskeyForm", ".pages.setup", ".pages.setup_passkey", "setup"),
        ("/passkey", ".forms.PasskeyForm", ".pages.sign_in", ".pages.with_passkey", "sign-in"),
        ("/certificate", ".forms.CertificateForm", ".pages.sign_in", ".pages.with_certificate", "sign-in"),
    ):
        route = "sign-in" + step.replace("/", ".")
        config.add_form(route, "/sign-in" + step, form, page, done, f"{template}.jinja2")
    config.add_act("sign-in.challenge", "/sign-in/challenge", ".pages.challenge")
    config.add_act("sign-in.demo", "/sign-in/demo", ".pages.demo")
    config.add_act("sign-out", "/sign-out", ".pages.sign_out", permission=P.OWN_ACCOUNT)
    config.add_form(
        "invitation",
        "/invitations/{secret}",
        ".forms.InvitationForm",
        ".pages.invitation",
        ".pages.accept",
        "invitation.jinja2",
    )
    config.add_form(
        "register",
        "/register",
        ".forms.RegistrationForm",
        ".registration_pages.register",
        ".registration_pages.ask",
        "register.jinja2",
    )

    config.add_page("account", "/account", ".account.overview", "account.jinja2", permission=P.OWN_ACCOUNT)
    config.add_form(
        "account.password",
        "/account/password",
        ".forms.ChangeForm",
        ".account.change",
        ".account.change_password",
        "password.jinja2",
        permission=P.OWN_ACCOUNT,
    )
    config.add_form(
        "account.passkeys",
        "/account/passkeys",
        ".forms.PasskeyForm",
        ".account.passkeys",
        ".account.add_passkey",
        "passkeys.jinja2",
        permission=P.OWN_ACCOUNT,
    )
    for name, act in (
        ("session-end", ".account.end_session"),
        ("passkey-remove", ".account.remove_passkey"),
        ("role", ".account.switch"),
    ):
        config.add_act(f"account.{name}", f"/account/{name}", act, permission=P.OWN_ACCOUNT)

    config.add_form(
        "people",
        "/organisations/{organisation}/people",
        ".forms.invite_form",
        ".people_pages.people",
        ".people_pages.invite",
        "people.jinja2",
        "trading.accounts.contexts.OrganisationContext",
        P.PEOPLE_MANAGE,
    )
    place = "/organisations/{organisation}/people/"
    config.add_act(
        "people.again",
        place + "again",
        ".people_pages.again",
        "trading.accounts.contexts.OrganisationContext",
        P.PEOPLE_MANAGE,
    )
    config.add_act(
        "people.disable",
        place + "disable",
        ".people_pages.disable",
        "trading.accounts.contexts.OrganisationContext",
        P.PEOPLE_MANAGE,
    )
    config.add_form(
        "registrations",
        "/registrations",
        ".forms.RefusalForm",
        ".registration_pages.pending",
        ".registration_pages.refuse",
        "registrations.jinja2",
        permission=P.REGISTRATION_DECIDE,
    )
    config.add_act(
        "registrations.accept",
        "/registrations/accept",
        ".registration_pages.accept",
        permission=P.REGISTRATION_DECIDE,
    )
