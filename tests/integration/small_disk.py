"""A disk that is full when a test says so: a small file system of its own, or a limit on the size of files."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 48 << 20


class SmallDisk:
    """``folder`` is on it. Mounted where that is allowed, which fails as a disk does (ENOSPC); elsewhere the files of
    the process ``pid`` may not grow any more (EFBIG)."""

    def __init__(self, folder: Path, *, is_mounted: bool) -> None:
        self.folder = folder
        self.is_mounted = is_mounted
        self._ballast = folder / "ballast"
        self._before = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    def fill(self, pid: int, database: Path) -> None:
        """From here on nothing that grows finds room."""
        if not self.is_mounted:
            longest = max(path.stat().st_size for path in database.parent.glob(f"{database.name}*"))
            self._before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, self._before[1]))
            return
        with self._ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                while _write(file.fileno(), size):
                    pass

    def empty(self, pid: int) -> None:
        if self.is_mounted:
            self._ballast.unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, self._before)


def _write(fd: int, size: int) -> bool:
    try:
        return os.write(fd, b"\0" * size) > 0
    except OSError:
        return False


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        is_mounted = False
    try:
        yield SmallDisk(folder, is_mounted=is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
