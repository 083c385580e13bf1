"""The public log is read by act, newest first."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_log_entries_act_position", "log_entries", ["act", "position"])


def downgrade() -> None:
    op.drop_index("ix_log_entries_act_position", "log_entries")
