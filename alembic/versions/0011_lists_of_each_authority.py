"""Revocation lists of the root and of the platform's authority, beside those of parties."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("crls") as table:
        table.add_column(
            sa.Column("authority", sa.String(length=10), nullable=False, server_default="parties")
        )
        table.drop_index(op.f("ix_crls_issued_at"))
        table.create_index("ix_crls_authority_issued_at", ["authority", "issued_at"])
    with op.batch_alter_table("crls") as table:
        table.alter_column("authority", existing_type=sa.String(length=10), server_default=None)
    op.create_table(
        "platform_revocations",
        sa.Column("serial", sa.String(length=40), nullable=False),
        sa.Column("authority", sa.String(length=10), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=False),
        sa.Column("revocation_reason", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_platform_revocations")),
    )


def downgrade() -> None:
    op.drop_table("platform_revocations")
    op.execute("DELETE FROM crls WHERE authority <> 'parties'")
    with op.batch_alter_table("crls") as table:
        table.drop_index("ix_crls_authority_issued_at")
        table.create_index(op.f("ix_crls_issued_at"), ["issued_at"])
        table.drop_column("authority")
