"""What alembic runs: on the connection that livehub.storage.migrate hands over, and on no other."""

from alembic import context

from livehub.storage.tables import metadata

connection = context.config.attributes["connection"]
# SQLite changes a table by making it anew ("batch"); PostgreSQL alters it in place.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
