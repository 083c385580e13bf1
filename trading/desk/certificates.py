"""What every desk says first: one's own certificates that end soon and have no successor."""

from __future__ import annotations

from pyramid.request import Request

from trading.accounts.endings import ending_soon
from trading.desk.sections import Line, Section
from trading.web.forms import Both
from trading.web.security import actor_of


def sections(request: Request) -> list[Section]:
    """One section, or none where nothing ends."""
    now = request.platform.clock.now(request.dbsession)
    lines = [
        Line(
            "/account/certificates",
            row.fingerprint[:16],
            Both("签名证书即将到期，请续期", "Your signing certificate ends soon: renew it"),
            row.expires_at,
            True,
            True,
        )
        for row in ending_soon(request.dbsession, actor_of(request).person, now)
    ]
    title = Both("证书", "Certificates")
    return [Section("certificates", title, lines, Both("", ""))] if lines else []
