"""A file of products on the disk while it is read: what it is encoded in, and products by the hundred.

Everything here waits for the disk or takes time: it is called on threads.
"""

import codecs
import io
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final

from livehub.commerce.catalog.product_csv import CsvBroken, FileProduct, Reader, find_delimiter

MAX_BYTES: Final = 20 * 1024 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: what spreadsheets on Windows write where it is not UTF-8
_OTHERWISE: Final = "cp1252"
_BLOCK: Final = 65536


class CatalogFile:
    """Without a name in the file system: it goes with the process."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += self._file.write(data)

    def open(self, currency: str) -> "Opened":
        """Raises: CsvBroken."""
        encoding, skip = self._encoding()
        self._file.seek(0)
        head = self._file.read(_BLOCK)[skip:].decode(encoding, "replace")
        first, _, rest = head.partition("\n")
        # spreadsheets are told their separator by a line of its own
        names_it = first.strip().lower().startswith("sep=") and len(first.strip()) == 5
        delimiter = first.strip()[4] if names_it else find_delimiter(head)
        self._file.seek(skip + len((first + "\n").encode(encoding)) if names_it and rest else skip)
        text = io.TextIOWrapper(io.BufferedReader(_Kept(self._file)), encoding, "replace", newline="")
        return Opened(text, self._file, delimiter, encoding, currency)

    def _encoding(self) -> tuple[str, int]:
        """What it is encoded in, and how many bytes of a mark it begins with."""
        self._file.seek(0)
        block = self._file.read(_BLOCK)
        for mark, encoding in _MARKS:
            if block.startswith(mark):
                return encoding, len(mark)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block:
                decoder.decode(block)
                block = self._file.read(_BLOCK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _OTHERWISE, 0
        return "utf-8", 0

    def close(self) -> None:
        self._file.close()


class _Kept(io.RawIOBase):
    """Reads the file without closing it: wrappers close what they wrap when they are forgotten."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Opened:
    """``encoding`` as people call it; ``ignored`` columns."""

    def __init__(self, text: io.TextIOWrapper, file: IO[bytes], delimiter: str, encoding: str, currency: str) -> None:
        """Raises: CsvBroken."""
        self._file = file
        self._reader = Reader(_lines(text), delimiter, currency)
        self._products: Iterator[FileProduct] = self._reader.products()
        self.encoding = encoding
        self.ignored = self._reader.header.ignored[:100]

    @property
    def lines(self) -> int:
        return self._reader.line

    @property
    def position(self) -> int:
        return self._file.tell()

    def take(self, count: int) -> list[FileProduct]:
        """The next products; none at the end. Raises: CsvBroken."""
        return list(islice(self._products, count))


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Raises: CsvBroken for a line that no spreadsheet writes."""
    number = 0
    while line := text.readline(2_000_000):
        number += 1
        if len(line) >= 2_000_000 or "\0" in line:
            raise CsvBroken("csv_broken", number)
        yield line
