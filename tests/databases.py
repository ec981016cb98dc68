"""Empty databases with livehub's tables, made once and then copied: making one takes longer than most tests do."""

import functools
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from livehub.bench.postgres import Postgres
from livehub.storage import migrate
from livehub.storage.database import make_engine
from livehub.storage.tables import metadata


class Templates:
    """What databases of tests are copied from; ``folder`` is for its own files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._migrated: dict[Postgres, str] = {}

    def migrate(self, path: Path) -> str:
        """The URL of a new SQLite file as ``livehub serve`` makes it."""
        template = self._folder / "migrated.db"
        if not template.exists():
            migrate.upgrade(f"sqlite:///{template}")
        return _copied(template, path)

    def migrate_in(self, postgres: Postgres) -> str:
        """The URL of a new database of that server, at the newest version of the schema."""
        if postgres not in self._migrated:
            url = postgres.new_database()
            migrate.upgrade(url)
            self._migrated[postgres] = url
        return postgres.new_database(like=self._migrated[postgres])


def create(path: Path) -> str:
    """The URL of a new SQLite file with every table whose module was imported by now."""
    path.write_bytes(_created(len(metadata.tables)))
    return f"sqlite:///{path}"


@functools.cache
def _created(_tables: int) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "created.db"
        engine = make_engine(f"sqlite:///{file}")
        metadata.create_all(engine)
        engine.dispose()
        assert [each.name for each in Path(folder).iterdir()] == [file.name], "nothing is left in the write-ahead log"
        return file.read_bytes()


def _copied(template: Path, path: Path) -> str:
    # Whole without the write-ahead log: the last connection that closes brings it home (sqlite.org/wal.html).
    assert not template.with_name(f"{template.name}-wal").exists()
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"
