"""Ids sort by the time they were made and do not meet."""

import re
import subprocess
import sys
import threading
import time

import pytest

from livehub.ids import new_dated_secret, new_id, new_secret


def test_ids_are_short_plain_and_different() -> None:
    made = [new_id("room") for _ in range(2000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"room_[0-9a-hjkmnp-tv-z]{20}", identifier) for identifier in made)


def test_ids_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for now_ms in (0, 1, 1_700_000_000_000, 1_700_000_000_001, 2**47):
        monkeypatch.setattr(time, "time_ns", lambda now_ms=now_ms: now_ms * 1_000_000)
        made.append(new_id("x"))
    assert made == sorted(made)


def test_secrets_are_long_enough_and_fit_in_an_address() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert re.fullmatch(r"[\w-]{32}", new_secret())
    assert re.fullmatch(r"[\w-]{43}", new_secret(32))


def test_dated_secrets_sort_by_time_and_are_not_to_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for now_ms in (1_700_000_000_000, 1_700_000_000_001):
        monkeypatch.setattr(time, "time_ns", lambda now_ms=now_ms: now_ms * 1_000_000)
        made.append(new_dated_secret("pay"))
    assert made == sorted(made)
    assert all(re.fullmatch(r"pay_[0-9a-hjkmnp-tv-z]{20}[\w-]{12}", one) for one in made)
    assert len({new_dated_secret("pay")[14:] for _ in range(100)}) == 100  # at one moment


def test_ids_of_threads_are_all_different() -> None:
    made: list[list[str]] = []

    def make() -> None:
        made.append([new_dated_secret("pay") for _ in range(2_000)])

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The time is the same of many: what is random has to tell them apart.
    random = [one[14:] for ids in made for one in ids]
    assert len(set(random)) == len(random) == 4 * 2_000


FORK = """
import os
from livehub.ids import new_dated_secret
new_dated_secret("x")
is_child = os.fork() == 0
made = [new_dated_secret("x")[12:] for _ in range(100)]
is_child or os.wait()  # they write one after the other
print(*made, flush=True)
is_child and os._exit(0)
"""


def test_a_forked_process_has_ids_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True, timeout=60)
    random = done.stdout.split()
    assert len(set(random)) == len(random) == 200
