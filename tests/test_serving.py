"""How a process that serves is set up."""

import subprocess
import sys

COLLECTS = """
import gc, weakref
gc.disable()  # as while `livehub serve` imports

class Knot:
    def __init__(self):
        self.self = self

early = Knot()
from livehub.serving import tune_garbage_collector
before = len(gc.get_objects())
tune_garbage_collector()
print(gc.isenabled(), gc.get_freeze_count() > before / 2, len(gc.get_objects()) < before / 2)
alive = weakref.WeakSet()
most = 0
for number in range(300_000):
    alive.add(Knot())
    most = max(most, len(alive))
print(most <= 2 * gc.get_threshold()[0])
gc.collect()
print(len(alive))
"""


def test_what_start_up_made_is_left_alone_and_what_comes_later_is_collected() -> None:
    """Objects that hold one another are let go of by the collector alone: tuned away, they would be a leak."""
    done = subprocess.run([sys.executable, "-c", COLLECTS], capture_output=True, text=True, timeout=100)
    assert done.stdout.splitlines() == ["True True True", "True", "0"], done.stderr
