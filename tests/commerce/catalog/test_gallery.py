"""The pictures of a product: adding, arranging, and what a file makes of them."""

import pytest

from livehub.commerce.catalog.errors import PictureNotFound, PicturesChanged, TooManyPictures
from livehub.commerce.catalog.gallery import (
    MAX_PICTURES,
    Gallery,
    Shown,
    added,
    arranged,
    by_address,
    of_file,
    with_first,
    without,
)

A, B, C = Shown("a", "http://x/a"), Shown("b"), Shown("c", "http://x/c")
HERE = "http://here/"


def here(url: str) -> str | None:
    return url.removeprefix(HERE) if url.startswith(HERE) else None


def names(gallery: Gallery) -> str:
    return "".join(one.name for one in gallery)


def test_adding_and_taking_off() -> None:
    assert added((A,), B) == (A, B)
    assert added((A, B), Shown("a", "http://y")) == (A, B)
    full = tuple(Shown(str(n)) for n in range(MAX_PICTURES))
    with pytest.raises(TooManyPictures):
        added(full, A)
    assert added(full, full[3]) == full
    assert without((A, B), "a") == (B,)
    with pytest.raises(PictureNotFound):
        without((A,), "b")


def test_the_first() -> None:
    assert with_first((), A) == (A,)
    assert with_first((A, B), C) == (C, B)
    assert with_first((A, B), B) == (B,)
    assert with_first((A, B), None) == (B,)
    assert with_first((), None) == ()


def test_arranging_names_each_once() -> None:
    assert arranged((A, B, C), ["c", "a", "b"]) == (C, A, B)
    for wrong in (["a", "b"], ["a", "b", "b"], ["a", "b", "c", "c"], ["a", "b", "x"]):
        with pytest.raises(PicturesChanged):
            arranged((A, B, C), wrong)


def test_what_a_file_names() -> None:
    gallery = (A, B)
    urls = ["http://x/c", f"{HERE}b", "http://x/a"]
    there = by_address(gallery, urls, here)
    assert there == {f"{HERE}b": B, "http://x/a": A}
    # all could be had: they are the gallery, with where they came from
    assert of_file(gallery, urls, there | {"http://x/c": C}) == (C, B, A)
    assert of_file(gallery, urls[:1], {"http://x/c": C}) == (C,)
    # one could not: nothing that was there is lost
    assert names(of_file(gallery, ["http://x/c", "http://x/gone"], {"http://x/c": C})) == "cab"
    assert names(of_file(gallery, ["http://x/gone"], {})) == "ab"
    # two addresses of one picture
    assert of_file((), ["http://x/c", "http://y/c"], {"http://x/c": C, "http://y/c": Shown("c", "http://y/c")}) == (C,)
