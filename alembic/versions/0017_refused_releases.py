"""What custodians handed in as a release and that was refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refused_releases",
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("custodian_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_refused_releases_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("tender_id", "custodian_id", name=op.f("pk_refused_releases")),
    )


def downgrade() -> None:
    op.drop_table("refused_releases")
