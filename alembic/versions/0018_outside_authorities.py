"""Certificates and revocation lists of authorities outside the platform."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_SHORT, _LONG = sa.String(length=10), sa.String(length=80)


def upgrade() -> None:
    with op.batch_alter_table("crls") as table:
        table.alter_column("authority", existing_type=_SHORT, type_=_LONG, existing_nullable=False)
    with op.batch_alter_table("party_certificates") as table:
        table.add_column(sa.Column("authority", _LONG, nullable=False, server_default="parties"))
        table.add_column(sa.Column("chain", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("party_certificates") as table:
        table.alter_column("authority", existing_type=_LONG, server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM party_certificates WHERE authority <> 'parties'")
    op.execute("DELETE FROM crls WHERE authority LIKE 'outside:%'")
    with op.batch_alter_table("party_certificates") as table:
        table.drop_column("chain")
        table.drop_column("authority")
    with op.batch_alter_table("crls") as table:
        table.alter_column("authority", existing_type=_LONG, type_=_SHORT, existing_nullable=False)
