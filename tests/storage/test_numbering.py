"""The check of the migrations' numbers: two that collide, one that is skipped, one that was renamed by half."""

from pathlib import Path

from livehub.storage.numbering import VERSIONS, complaints


def write(folder: Path, name: str, revision: str, before: str | None) -> None:
    (folder / name).write_text(f'"""What."""\n\nrevision = "{revision}"\ndown_revision = {before!r}\n')


def test_ours_follow_each_other() -> None:
    assert complaints(VERSIONS) == []


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    write(tmp_path, "0001_first.py", "0001", None)
    write(tmp_path, "0002_one.py", "0002", "0001")
    assert complaints(tmp_path) == []
    write(tmp_path, "0002_two.py", "0002", "0001")
    assert complaints(tmp_path) == ["0002_two.py: 0002 is another migration's number; take the next free one"]
    # renamed, and nothing else
    (tmp_path / "0002_two.py").rename(tmp_path / "0003_two.py")
    assert complaints(tmp_path) == [
        "0003_two.py: revision is '0002' and should be '0003'",
        "0003_two.py: down_revision is '0001' and should be '0002'",
    ]
    write(tmp_path, "0003_two.py", "0003", "0002")
    write(tmp_path, "0005_five.py", "0005", "0004")
    write(tmp_path, "notes.py", "x", None)
    assert complaints(tmp_path) == [
        "0005_five.py: 0004 is skipped",
        "notes.py: a migration is called NNNN_what_it_does.py",
    ]
