"""Daily roots of suppliers' enrolments that can be opened; the next has all that earlier ones had."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ALL_AGAIN = "UPDATE party_certificates SET enrolment_day = NULL WHERE enrolment_day IS NOT NULL"


def upgrade() -> None:
    op.execute("DELETE FROM enrolment_days")
    op.execute(_ALL_AGAIN)
    with op.batch_alter_table("enrolment_days") as table:
        table.add_column(sa.Column("nodes", sa.LargeBinary(), nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM enrolment_days")
    op.execute(_ALL_AGAIN)
    with op.batch_alter_table("enrolment_days") as table:
        table.drop_column("nodes")
