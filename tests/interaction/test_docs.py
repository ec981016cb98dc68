"""The verifier that docs/interaction.md gives to strangers finds the winners that the server found."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.interaction import fairness

PAGE = Path(__file__).parents[2] / "docs" / "interaction.md"


def documented() -> Callable[[dict[str, Any], bytes], list[str]]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    verifier: Callable[[dict[str, Any], bytes], list[str]] = names["winners"]
    return verifier


def drawn(seed: bytes, tickets: set[str], places: int) -> dict[str, Any]:
    return {
        "id": "draw_1",
        "places": places,
        "seed": seed.hex(),
        "commitment": fairness.commitment_to(seed),
        "entries_digest": fairness.entries_digest(tickets),
    }


@given(
    st.binary(min_size=32, max_size=32),
    st.sets(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=20),
    st.integers(1, 5),
)
def test_it_finds_what_the_server_finds(seed: bytes, tickets: set[str], places: int) -> None:
    found = documented()(drawn(seed, tickets, places), fairness.entry_list(tickets))
    assert found == fairness.choose(seed, "draw_1", tickets, places)


def test_it_sees_another_seed_and_another_list() -> None:
    tickets = {fairness.ticket_of("draw_1", name) for name in ("ann", "ben")}
    good, entries = drawn(bytes(32), tickets, 1), fairness.entry_list(tickets)
    with pytest.raises(AssertionError, match="seed"):
        documented()({**good, "seed": "01" * 32}, entries)
    with pytest.raises(AssertionError, match="list"):
        documented()(good, entries + b"0" * 64 + b"\n")
