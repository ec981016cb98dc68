"""Sort products into categories, know them by handle, and keep what files of products would change."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_PRESENT, _SORTED = "archived_at IS NULL", "category_id IS NOT NULL"
_WAITING = "outcome = '' AND kind <> 'error'"
_COUNTS = (
    "lines", "to_create", "to_change", "same", "errors", "written", "skipped", "pictures_failed", "position", "total",
    "created_at", "touched_at",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=640), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_categories_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
    )
    op.create_index("uq_categories_title", "categories", ["store_id", "parent_id", "title"], unique=True)
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handle", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("category_id", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("picture_source", sa.Text(), nullable=True))
    op.create_index(
        "uq_products_handle", "products", ["store_id", "handle"], unique=True, sqlite_where=sa.text(_PRESENT),
        postgresql_where=sa.text(_PRESENT),
    )  # fmt: skip
    op.create_index(
        "ix_products_category_id", "products", ["category_id"], sqlite_where=sa.text(_SORTED),
        postgresql_where=sa.text(_SORTED),
    )  # fmt: skip
    with op.batch_alter_table("variants", schema=None) as batch_op:
        batch_op.add_column(sa.Column("picture", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("picture_source", sa.Text(), nullable=True))
    op.create_table(
        "catalog_imports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("name", sa.String(length=480), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("error_line", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("ignored", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_catalog_imports_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_imports")),
    )
    op.create_index(op.f("ix_catalog_imports_store_id_id"), "catalog_imports", ["store_id", "id"])
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("handle", sa.String(length=1020), nullable=False),
        sa.Column("title", sa.String(length=640), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("faults", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("product_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["catalog_imports.id"], name=op.f("fk_import_rows_import_id")),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_import_rows")),
    )
    op.create_index(
        "ix_import_rows_waiting", "import_rows", ["import_id", "position"], sqlite_where=sa.text(_WAITING),
        postgresql_where=sa.text(_WAITING),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("import_rows")
    op.drop_table("catalog_imports")
    with op.batch_alter_table("variants", schema=None) as batch_op:
        for name in ("picture_source", "picture"):
            batch_op.drop_column(name)
    op.drop_index("ix_products_category_id", table_name="products")
    op.drop_index("uq_products_handle", table_name="products")
    with op.batch_alter_table("products", schema=None) as batch_op:
        for name in ("picture_source", "category_id", "handle"):
            batch_op.drop_column(name)
    op.drop_table("categories")
