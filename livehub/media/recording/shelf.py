"""Where recordings lie: one directory each, a journal in it, and files that were made for watching live, linked.

Everything here blocks for the time of a few system calls and belongs on the recorder's thread, in order. A file is
linked before the journal says so, hence whatever a journal names is there, however the process ended.
"""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from livehub.media.recording.journal import Contents, Format, Line, Mark, Piece, contents, encode, final, joined, parse

JOURNAL: Final = "journal.jsonl"
POSTER: Final = "poster.webp"
MOVIE: Final = "recording.mp4"
#: what is put beside the segments when a recording is closed or asked for as a file
_MADE: Final = frozenset({JOURNAL, POSTER, MOVIE})
_NAME: Final = re.compile(r"[a-z0-9-]{1,40}-[0-9]{1,9}(\.[0-9]{1,6})?\.(m4s|mp4)")
_ID: Final = re.compile(r"[a-z0-9]+_[a-z0-9]{1,36}")


class Shelf:
    """``root`` is made when first needed; on the same file system as what is kept, keeping costs no copy."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._journals: dict[str, int] = {}
        self._formats: dict[str, int] = {}
        #: recording, track → number of the segment that is being made, and its files
        self._parts: dict[tuple[str, str], tuple[int, list[Path]]] = {}

    def close(self) -> None:
        for descriptor in self._journals.values():
            os.close(descriptor)
        self._journals.clear()

    # --- while it grows

    def begin(self, recording_id: str) -> None:
        """Raises: OSError."""
        self._directory(recording_id).mkdir(mode=0o700, parents=True)
        path = self._directory(recording_id) / JOURNAL
        self._journals[recording_id] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._formats[recording_id] = 0

    def set_format(self, recording_id: str, coded: Format, source: Path) -> None:
        """``source``: the initialisation section; ``coded.init`` is given here. Raises: OSError."""
        count = self._formats[recording_id] = self._formats[recording_id] + 1
        name = f"{coded.track}-{count}.mp4"
        _link(source, self._directory(recording_id) / name)
        self._write(recording_id, msgspec.structs.replace(coded, init=name))

    def keep(self, recording_id: str, piece: Piece, source: Path) -> Piece:
        """``piece.name`` and ``size_bytes`` are given here. A whole segment replaces its parts. Raises: OSError."""
        part = f".{piece.part}" if piece.part >= 0 else ""
        path = self._directory(recording_id) / f"{piece.track}-{piece.number}{part}.m4s"
        _link(source, path)
        kept = msgspec.structs.replace(piece, name=path.name, size_bytes=path.stat().st_size)
        self._write(recording_id, kept)
        if part:
            self._parts_of(recording_id, piece).append(path)
        else:
            self._drop_parts(recording_id, piece)
        return kept

    def join(self, recording_id: str, piece: Piece) -> None:
        """The segment ``piece`` is made of those of its parts that were kept. Raises: OSError."""
        target = self._directory(recording_id) / f"{piece.track}-{piece.number}.m4s"
        _concatenate(self._parts_of(recording_id, piece), target)
        self._write(recording_id, msgspec.structs.replace(piece, name=target.name, size_bytes=target.stat().st_size))
        self._drop_parts(recording_id, piece)

    def _parts_of(self, recording_id: str, piece: Piece) -> list[Path]:
        """Files of the piece's segment. Those of one before it, never finished, are left for :meth:`seal`."""
        number, paths = self._parts.get((recording_id, piece.track), (piece.number, []))
        if number != piece.number:
            paths = []
        self._parts[recording_id, piece.track] = (piece.number, paths)
        return paths

    def _drop_parts(self, recording_id: str, piece: Piece) -> None:
        for path in self._parts_of(recording_id, piece):
            path.unlink()
        del self._parts[recording_id, piece.track]

    def note(self, recording_id: str, line: Mark) -> None:
        """Something that has no file. Raises: OSError."""
        self._write(recording_id, line)

    def _write(self, recording_id: str, line: Line) -> None:
        os.write(self._journals[recording_id], encode(line))

    # --- when it is whole

    def seal(self, recording_id: str) -> Contents:
        """Close a recording: unfinished segments are made of their parts, the journal becomes final, the rest goes.

        Works on what a crash left as well, and again on what was sealed. Raises: OSError.
        """
        self._let_go(recording_id)
        directory = self._directory(recording_id)
        if not directory.is_dir():
            return Contents()
        found = self.contents(recording_id)
        for (track, number), parts in list(found.parts.items()):
            pieces = [piece for _, piece in parts]
            name = f"{track}-{number}.m4s"
            _concatenate([directory / piece.name for piece in pieces], directory / name)
            found.add(parts[0][0], joined(pieces, name))
        _replace(directory / JOURNAL, b"".join(map(encode, final(found))))
        _remove_all_but(directory, found)
        return found

    def contents(self, recording_id: str) -> Contents:
        """What is there; empty for what is not. Raises: OSError."""
        try:
            return contents(parse((self._directory(recording_id) / JOURNAL).read_bytes()))
        except FileNotFoundError:
            return Contents()

    def delete(self, recording_id: str) -> None:
        """Every file of it. Raises: OSError."""
        self._let_go(recording_id)
        directory = self._directory(recording_id)
        if directory.is_dir():
            shutil.rmtree(directory)

    def _let_go(self, recording_id: str) -> None:
        descriptor = self._journals.pop(recording_id, None)
        if descriptor is not None:
            os.close(descriptor)
        self._formats.pop(recording_id, None)
        for key in [key for key in self._parts if key[0] == recording_id]:
            del self._parts[key]

    # --- looking

    def ids(self) -> Sequence[str]:
        """The recordings that have a directory."""
        if not self._root.is_dir():
            return []
        return sorted(path.name for path in self._root.iterdir() if _ID.fullmatch(path.name))

    def file(self, recording_id: str, name: str) -> Path | None:
        """Where a file for watching is; None for names that none could have. It may have gone."""
        if not _ID.fullmatch(recording_id) or not (_NAME.fullmatch(name) or name == POSTER):
            return None
        return self._directory(recording_id) / name

    def place(self, recording_id: str, name: str) -> Path:
        """Where ``name`` is or will be; for names of our own choice."""
        return self._directory(recording_id) / name

    def free_bytes(self) -> int:
        """What the disk still takes from us. Raises: OSError."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free

    def _directory(self, recording_id: str) -> Path:
        return self._root / recording_id


def _link(source: Path, target: Path) -> None:
    """A second name for the same file, and a copy where the file system has none. Replaces what is there."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        if not source.exists():
            raise
        shutil.copyfile(source, target)


def _concatenate(sources: Sequence[Path], target: Path) -> None:
    with target.open("wb") as out:
        for source in sources:
            with source.open("rb") as part:
                shutil.copyfileobj(part, out)


def _replace(path: Path, data: bytes) -> None:
    """All of it or nothing, also when the power fails."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _remove_all_but(directory: Path, found: Contents) -> None:
    needed = {
        name for track in found.tracks.values() for coded, piece in track.segments for name in (coded.init, piece.name)
    }
    for path in directory.iterdir():
        if path.name not in needed | _MADE:
            path.unlink()
