"""/static/*: the web client's files. /pictures/*: what merchants uploaded, as livehub re-encoded it."""

import asyncio
import re
from pathlib import Path
from types import MappingProxyType
from typing import Final

from aiohttp import web

import livehub
from livehub.web.etag import FOREVER, REVALIDATE, Representation, answer_cached

#: everything that is served, by suffix; there is nothing to see under any other
TYPES: Final = MappingProxyType(
    {
        ".js": "text/javascript",
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".webp": "image/webp",
        ".woff2": "font/woff2",
        ".webmanifest": "application/manifest+json",
        ".txt": "text/plain",
        ".mp3": "audio/mpeg",
        ".ogg": "audio/ogg",
        ".mp4": "video/mp4",
    }
)
_PICTURE_TYPES: Final = MappingProxyType({s: TYPES[s] for s in (".jpg", ".png", ".webp")})
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}")
_MAX_DEPTH = 8
#: a service worker has the policy of its script's answer: it asks this server, and loads nothing
SERVICE_WORKER: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
_NOT_SERVED = frozenset({"node_modules"})


def share_dir(name: str) -> Path:
    """``static`` or ``translations``: inside the installed wheel, else beside the package in a checkout.

    Raises:
        FileNotFoundError: neither is there.
    """
    package = Path(livehub.__file__).parent
    for candidate in (package / "_share" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"livehub's {name} directory is not installed")


class StaticFiles:
    """The files under ``root``, each kept in memory until it changes on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._known: dict[str, tuple[tuple[int, int], Representation]] = {}

    async def find(self, path: str) -> Representation | None:
        """The file at ``path`` below the root; None when nothing is served there."""
        file = locate(self._root, path, TYPES)
        if file is None:
            return None
        try:
            state = file.stat()
            version = (state.st_mtime_ns, state.st_size)
            known = self._known.get(path)
            if known and known[0] == version:
                return known[1]
            body = await asyncio.to_thread(file.read_bytes)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        found = await asyncio.to_thread(Representation.of, body, TYPES[file.suffix])
        self._known[path] = (version, found)
        return found


def locate(root: Path, path: str, types: MappingProxyType[str, str]) -> Path | None:
    """Where ``path`` (from a URL, decoded) is below ``root``; None for whatever is not plainly a file name there."""
    segments = path.split("/")
    if len(segments) > _MAX_DEPTH:
        return None
    if not all(_SEGMENT.fullmatch(segment) and segment not in _NOT_SERVED for segment in segments):
        return None
    file = root.joinpath(*segments)
    # The last word has the file system: a link that leads out of the root is not followed.
    if file.suffix not in types or not file.resolve().is_relative_to(root):
        return None
    return file


STATIC: web.AppKey[StaticFiles] = web.AppKey("static", StaticFiles)
PICTURES_DIR: web.AppKey[Path] = web.AppKey("pictures_dir", Path)


async def get_static(request: web.Request) -> web.Response:
    found = await request.app[STATIC].find(request.match_info["path"])
    if found is None:
        raise web.HTTPNotFound
    named_by_content = request.query.get("v") == found.tag
    return answer_cached(request, found, cache_control=FOREVER if named_by_content else REVALIDATE)


async def get_service_worker(request: web.Request) -> web.Response:
    """At the root, where it may show notices for every page; asked for anew each time it is registered."""
    found = await request.app[STATIC].find("sw.js")
    if found is None:
        raise web.HTTPNotFound
    answer = answer_cached(request, found)
    answer.headers["Content-Security-Policy"] = SERVICE_WORKER
    return answer


async def get_picture(request: web.Request) -> web.StreamResponse:
    """Pictures are named by their content, so whoever has one keeps it."""
    root = request.app[PICTURES_DIR].resolve()
    file = locate(root, request.match_info["path"], _PICTURE_TYPES)
    if file is None or not file.is_file():
        raise web.HTTPNotFound
    headers = {"Content-Type": _PICTURE_TYPES[file.suffix], "Cache-Control": FOREVER}
    return web.FileResponse(file, headers=headers)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/static/{path:.+}", get_static),
        web.get("/pictures/{path:.+}", get_picture),
        web.get("/sw.js", get_service_worker),
    ]
