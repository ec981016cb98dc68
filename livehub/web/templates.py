"""Templates of HTML, compiled once a process: that takes longer than all else that an application is made of."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@lru_cache(maxsize=8)  # a process has two folders; with nothing of an application in it one serves them all
def templates_in(folder: Path) -> Environment:
    """Reads a file again that has changed."""
    return Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
