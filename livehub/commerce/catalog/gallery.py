"""The pictures of a product, in their order; the first is the one that cards show. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from livehub.commerce.catalog.errors import PictureNotFound, PicturesChanged, TooManyPictures

MAX_PICTURES: Final = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """``name`` of the stored file (:mod:`livehub.commerce.catalog.pictures`); ``source``: the address that it was
    fetched from, None for what was sent."""

    name: str
    source: str | None = None


Gallery = tuple[Shown, ...]


def added(gallery: Gallery, new: Shown) -> Gallery:
    """With ``new`` as the last one; the same picture again changes nothing. Raises: TooManyPictures."""
    if any(one.name == new.name for one in gallery):
        return gallery
    if len(gallery) >= MAX_PICTURES:
        raise TooManyPictures(limit=MAX_PICTURES)
    return (*gallery, new)


def with_first(gallery: Gallery, new: Shown | None) -> Gallery:
    """``new`` takes the place of the first; without one the second moves up."""
    rest = gallery[1:]
    return rest if new is None else (new, *(one for one in rest if one.name != new.name))


def without(gallery: Gallery, name: str) -> Gallery:
    """Raises: PictureNotFound."""
    rest = tuple(one for one in gallery if one.name != name)
    if len(rest) == len(gallery):
        raise PictureNotFound
    return rest


def arranged(gallery: Gallery, names: Sequence[str]) -> Gallery:
    """The same pictures in that order. Raises: PicturesChanged unless each is named once."""
    by_name = {one.name: one for one in gallery}
    if len(names) != len(gallery) or set(names) != by_name.keys():
        raise PicturesChanged
    return tuple(by_name[name] for name in names)


def by_address(gallery: Gallery, urls: Sequence[str], here: Callable[[str], str | None]) -> dict[str, Shown]:
    """Those of ``urls`` that are in the gallery already. ``here``: the name in an address of this server."""
    by_source = {one.source: one for one in gallery if one.source is not None}
    by_name = {one.name: one for one in gallery}
    found = {url: by_source.get(url) or by_name.get(here(url) or "") for url in urls}
    return {url: one for url, one in found.items() if one is not None}


def of_file(gallery: Gallery, urls: Sequence[str], there: Mapping[str, Shown]) -> Gallery:
    """What a file names, in its order; ``there`` has those that could be had.

    Once all are there they are the gallery; as long as one is missing, what was there before stays behind them.
    """
    found: dict[str, Shown] = {}
    for url in urls:
        if url in there:
            found.setdefault(there[url].name, there[url])
    if any(url not in there for url in urls):
        for one in gallery:
            found.setdefault(one.name, one)
    return tuple(found.values())[:MAX_PICTURES]
