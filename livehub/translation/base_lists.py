"""The lists of terms that come with livehub: of trade for shows, of medicine for expert rooms."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from livehub.rooms.kinds import RoomKind
from livehub.translation.glossary import NO_GLOSSARY, Glossary, Term

OF_KIND: Final = {RoomKind.SHOW: "commerce", RoomKind.EXPERT: "medical"}
NAMES: Final = ("commerce", "medical")


def base_of(kind: RoomKind) -> Glossary:
    """The list that rooms of a kind begin with; none for classes."""
    name = OF_KIND.get(kind)
    return base_list(name) if name else NO_GLOSSARY


@cache  # nothing in it changes
def base_list(name: str) -> Glossary:
    """One of :data:`NAMES`."""
    data = tomllib.loads((files("livehub.translation.glossaries") / f"{name}.toml").read_text(encoding="utf-8"))
    return Glossary(tuple(Term({tag: tuple(words) for tag, words in entry.items()}) for entry in data.values()))
