"""Private acts enter the public log by one root a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "act_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("filler", sa.LargeBinary(length=32), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("log_position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_act_days")),
    )


def downgrade() -> None:
    op.drop_table("act_days")
