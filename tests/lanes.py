"""In what order several processes run the suite (``pytest -n 2``): what is sensitive to time beside what is not.

One process has the browsers that send and show pictures: they want most of a core, and beside each other they would
send less than their tests mean. The others begin with what only computes, and come to what keeps time while the first
one is at pages without pictures. Where one has nothing more of its own it takes of the other's, but never pictures.
"""

from collections.abc import Iterator
from enum import Enum, auto
from functools import cache
from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController


class Kind(Enum):
    """What a file of tests asks of the machine."""

    #: changes the machine's network interfaces, of which every browser takes notice
    INTERFACES = auto()
    #: browsers that send and show pictures
    PICTURES = auto()
    #: browsers, without pictures
    PAGES = auto()
    #: media, several processes, programs of others: what keeps time by itself
    TIMED = auto()
    #: the rest computes and asks databases
    PURE = auto()


#: files of tests/e2e in which nobody is on air; a new one has pictures until it stands here
PAGES = (
    "pages", "widths", "languages", "fulfil", "auction", "catalogue", "moderation", "claims", "offers", "talk",
    "together", "digital", "hooks", "follow",
)  # fmt: skip
#: folders of tests
TIMED = {"bench", "demo", "integration", "interop", "media", "processes", "recording", "restream"}

FIRST_LANE = (Kind.INTERFACES, Kind.PICTURES, Kind.PAGES, Kind.PURE, Kind.TIMED)
OTHER_LANES = (Kind.PURE, Kind.TIMED, Kind.PAGES)


@cache
def kind_of(file: str) -> Kind:
    """Of ``tests/folder/…/test_name.py``."""
    _, folder, *_ = PurePath(file).parts
    name = PurePath(file).stem.removeprefix("test_")
    if folder != "e2e":
        return Kind.TIMED if folder in TIMED else Kind.PURE
    if name == "interfaces":
        return Kind.INTERFACES
    return Kind.PAGES if name in PAGES else Kind.PICTURES


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types for others
    """Hands out whole files: their tests share what their fixtures have made."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # files of a kind in the order of the tree

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        for other in self.nodes:
            if other is not node:
                self._reschedule(other)  # it may have waited for this test's end

    def _reschedule(self, node: WorkerController) -> None:
        # It has to know its next test before it runs one.
        if node.shutting_down or self._pending_of(self.assigned_work[node]) > 2:
            return
        if any(self._of_lane(node)):
            self._assign_work_unit(node)
        else:
            node.shutdown()

    def _assign_work_unit(self, node: WorkerController) -> None:
        file = next((file for file in self._of_lane(node) if self._may_begin(file, node)), None)
        if file is not None:
            self.workqueue.move_to_end(file, last=False)
            super()._assign_work_unit(node)

    def _of_lane(self, node: WorkerController) -> Iterator[str]:
        """Files that are left for ``node``, those first that it is to take first."""
        kinds = FIRST_LANE if node is self.nodes[0] else OTHER_LANES
        for kind in kinds:
            left = [file for file in self.workqueue if kind_of(file) is kind]
            # The longest is not to be what all wait for in the end.
            yield from sorted(left, key=_place) if kind is Kind.PAGES else left

    def _may_begin(self, file: str, node: WorkerController) -> bool:
        """No browser beside a change of interfaces in another process: it ends every request of every page."""
        return kind_of(file) is not Kind.PAGES or not any(
            kind_of(other) is Kind.INTERFACES and not all(tests.values())
            for each, work in self.assigned_work.items()
            for other, tests in work.items()
            if each is not node
        )


def _place(file: str) -> int:
    return PAGES.index(PurePath(file).stem.removeprefix("test_"))
