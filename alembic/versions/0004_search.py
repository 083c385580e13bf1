"""Places of public tenders in the lists, and their words in full text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# What the portal seeks by must be what stands here: words and numbers are made by its own code.
from trading.tenders.listing import estimate_order, listed_number
from trading.tenders.words import words_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FULL_TEXT = (
    "CREATE VIRTUAL TABLE tender_search USING fts5("
    "words, content='tender_words', content_rowid='listed', tokenize='ascii')",
    "CREATE TRIGGER tender_words_in AFTER INSERT ON tender_words BEGIN "
    "INSERT INTO tender_search (rowid, words) VALUES (new.listed, new.words); END",
    "CREATE TRIGGER tender_words_out AFTER DELETE ON tender_words BEGIN "
    "INSERT INTO tender_search (tender_search, rowid, words) VALUES ('delete', old.listed, old.words); END",
)
_PUBLIC = """
SELECT t.id, t.title, t.currency, t.estimate, t.deadline, p.number, p.title AS project, o.name AS buyer,
    (SELECT min(n.published_at) FROM notices n WHERE n.tender_id = t.id) AS published_at
FROM tenders t JOIN projects p ON p.id = t.project_id JOIN organisations o ON o.id = t.organisation_id
WHERE t.notice_digest IS NOT NULL
"""
_INDEXES = {
    "ix_tenders_state": ["state", "listed"],
    "ix_tenders_category": ["category", "listed"],
    "ix_tenders_state_category": ["state", "category", "listed"],
    "ix_tenders_published_at": ["published_at", "listed"],
    "ix_tenders_estimate_order": ["estimate_order", "listed"],
}


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("tenders", sa.Column("published_at", sa.BigInteger(), nullable=True))
    op.add_column("tenders", sa.Column("listed", sa.BigInteger(), nullable=True))
    op.add_column("tenders", sa.Column("estimate_order", sa.String(length=64), nullable=True))
    op.create_index("ix_tenders_listed", "tenders", ["listed"], unique=True)
    op.drop_index("ix_tenders_state", "tenders")
    for name, columns in _INDEXES.items():
        op.create_index(name, "tenders", columns)
    op.create_index("ix_awards_at", "awards", ["at", "tender_id"])
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "tender_words",
        sa.Column("listed", number, autoincrement=False, nullable=False),
        sa.Column("tender_id", sa.String(length=32), nullable=False),
        sa.Column("words", postgresql.TSVECTOR() if on_postgresql else sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_tender_words_tender_id_tenders")
        ),
        sa.PrimaryKeyConstraint("listed", name=op.f("pk_tender_words")),
        sa.UniqueConstraint("tender_id", name=op.f("uq_tender_words_tender_id")),
    )
    if on_postgresql:
        op.create_index("ix_tender_words_words", "tender_words", ["words"], postgresql_using="gin")
    else:
        for statement in _FULL_TEXT:
            op.execute(statement)
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """What is public already."""
    taken: set[int] = set()
    text = "CAST(:words AS tsvector)" if connection.dialect.name == "postgresql" else ":words"
    for row in connection.execute(sa.text(_PUBLIC)).mappings().all():
        deadline = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=row["deadline"])
        while (listed := listed_number(deadline)) in taken:
            pass
        taken.add(listed)
        estimate = None if row["estimate"] is None else Decimal(row["estimate"])
        words = words_of(row["title"], row["number"], row["project"], row["buyer"], row["id"])
        values = {
            "id": row["id"], "listed": listed, "order": estimate_order(row["currency"], estimate),
            "published_at": row["published_at"], "words": _written(words, connection.dialect.name),
        }  # fmt: skip
        connection.execute(
            sa.text(
                "UPDATE tenders SET listed = :listed, estimate_order = :order, published_at = :published_at "
                "WHERE id = :id"
            ),
            values,
        )
        connection.execute(
            sa.text(
                f"INSERT INTO tender_words (listed, tender_id, words) VALUES (:listed, :id, {text})"  # noqa: S608
            ),
            values,
        )


def _written(words: tuple[str, ...], dialect: str) -> str:
    if dialect != "postgresql":
        return " ".join(words)
    return " ".join(f"'{word}':{min(n, 16383)}" for n, word in enumerate(words, 1))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE tender_search")
    op.drop_table("tender_words")
    op.drop_index("ix_awards_at", "awards")
    for name in (*_INDEXES, "ix_tenders_listed"):
        op.drop_index(name, "tenders")
    with op.batch_alter_table("tenders", schema=None) as batch_op:
        for name in ("estimate_order", "listed", "published_at"):
            batch_op.drop_column(name)
    op.create_index("ix_tenders_state", "tenders", ["state"])
