"""Which modules a page of the web client leads to, so that the shell can name them all at once.

Native modules are found one import after the other: what a page needs last is asked for after as many round trips as
the chain of imports is long. ``<link rel="modulepreload">`` for each of them makes that one.
"""

import asyncio
import json
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from livehub.web.jsextract import Scanner

PREFIX: Final = "/static/"
#: what the shell itself starts; it imports ``pages/{page}.js`` by a name made at run time
BOOT: Final = "/static/lib/boot.js"


@dataclass(frozen=True, slots=True)
class Imports:
    """Specifiers as written: of ``import`` and ``export … from`` statements, and of ``import('…')`` calls."""

    static: tuple[str, ...]
    dynamic: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preloads:
    """Addresses in the order in which a browser would come upon them.

    ``first`` is what boot and the page's own module cannot run without, ``then`` what they load while they run.
    """

    first: tuple[str, ...]
    then: tuple[str, ...]


def imports_of(source: str) -> Imports:
    """The specifiers in one module's text; those whose name is only known at run time are left out."""
    static: list[str] = []
    dynamic: list[str] = []
    before, last, in_statement = ("", ""), ("", ""), False
    for token in Scanner(source).tokens():
        if token.kind == "string" and in_statement and last in {("name", "from"), ("name", "import")}:
            static.append(token.text)
            in_statement = False
        elif token.kind == "string" and (before, last) == (("name", "import"), ("other", "(")):
            dynamic.append(token.text)
        elif token.kind == "name" and token.text in {"import", "export"} and last != ("other", "."):
            in_statement = True
        elif token.kind == "other" and token.text in {"(", "=", ";"}:
            in_statement = False
        is_member = last == ("other", ".")
        before, last = last, ("member" if is_member else token.kind, token.text)
    return Imports(tuple(static), tuple(dynamic))


def imports_in(file: Path) -> Imports:
    """Of a module that is there; read again only when it has changed."""
    state = file.stat()
    return _imports_in(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)  # modules of the web client, several times over
def _imports_in(file: Path, _changed_ns: int, _size: int) -> Imports:
    return imports_of(file.read_text())


def resolve(specifier: str, base: str, import_map: Mapping[str, str]) -> str | None:
    """The address that ``specifier`` means in the module at ``base``; None for one that the map does not know."""
    if specifier.startswith(("./", "../")):
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), specifier))
    return specifier if specifier.startswith("/") else import_map.get(specifier)


def closure(roots: Iterable[str], imports: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """``roots`` and all that they lead to, nearest first, each once."""
    found = dict.fromkeys(roots)
    waiting = list(found)
    while waiting:
        following = [address for known in waiting for address in imports(known)]
        waiting = [address for address in dict.fromkeys(following) if address not in found]
        found.update(dict.fromkeys(waiting))
    return tuple(found)


class ModuleGraph:
    """The modules below ``static`` as they were when first read: one that changes later costs at most a round trip."""

    def __init__(self, static: Path, import_map: str) -> None:
        self._static = static
        self._map: dict[str, str] = json.loads(import_map)["imports"]
        self._known: dict[str, Imports] = {}
        self._pages: dict[str, Preloads] = {}

    async def preloads(self, page: str) -> Preloads:
        """For ``pages/{page}.js``; the files are read once, on a thread."""
        if page not in self._pages:
            self._pages[page] = await asyncio.to_thread(self.find, page)
        return self._pages[page]

    def find(self, page: str) -> Preloads:
        """What boot and the page's module load by ``import('…')`` counts, deeper such calls do not: these two put the
        beginning of a page in order, others put off what may never be needed.
        """
        roots = (BOOT, f"{PREFIX}pages/{page}.js")
        first = closure(roots, self._static_imports)
        called = [address for root in roots for address in self._resolved(root, self._read(root).dynamic)]
        then = closure((*first, *called), self._static_imports)[len(first) :]
        return Preloads(first, then)

    def _static_imports(self, address: str) -> list[str]:
        return self._resolved(address, self._read(address).static)

    def _resolved(self, base: str, specifiers: Iterable[str]) -> list[str]:
        """Only what is there: a third-party module that was not built yet would be one complaint more."""
        found = (resolve(specifier, base, self._map) for specifier in specifiers)
        return [address for address in found if address is not None and self._file(address).is_file()]

    def _read(self, address: str) -> Imports:
        if address not in self._known:
            file = self._file(address)
            self._known[address] = imports_in(file) if file.is_file() else Imports((), ())
        return self._known[address]

    def _file(self, address: str) -> Path:
        return self._static / address.removeprefix(PREFIX)
