"""The tables of docs/performance.md; the benchmarks themselves are run by hand, not by tests."""

import importlib
import inspect
from pathlib import Path

import pytest

from livehub.bench.runner import BENCHES, keep, table

RESULT = {
    "bench": "join",
    "machine": {"cpu": "A processor", "cores": 2, "python": "3.11.7"},
    "conditions": {"viewers": 300},
    "figures": {"cpu_ms_per_join": 1.5, "something_new": 12345},
}


def test_a_figure_stands_beside_the_limit_it_is_held_to() -> None:
    shown = table(RESULT)
    assert "| CPU for a viewer to join, ms (`cpu_ms_per_join`) | 1.5 | ≤ 2 |" in shown
    assert "| something_new (`something_new`) | 12,345 |  |" in shown


def test_a_table_is_kept_between_its_marks_first_and_again(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- join -->\n<!-- /join -->\nafter\n<!-- orders -->\nold\n<!-- /orders -->\n")
    keep(RESULT, page)
    first = page.read_text()
    assert first.startswith("before\n<!-- join -->\n| | measured | to reach |\n")
    assert "A processor, 2 cores, Python 3.11.7; viewers 300." in first
    assert first.endswith("\n<!-- /join -->\nafter\n<!-- orders -->\nold\n<!-- /orders -->\n")
    keep(RESULT, page)
    assert page.read_text() == first


def test_a_page_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(RESULT, tmp_path / "none.md")
    assert "nothing was kept" in capsys.readouterr().err


@pytest.mark.parametrize("name", BENCHES)
def test_every_benchmark_can_be_run_by_name_and_has_its_place_on_the_page(name: str) -> None:
    module = importlib.import_module(f"livehub.bench.{name}")
    assert inspect.iscoroutinefunction(module.run)
    required = [p for p in inspect.signature(module.run).parameters.values() if p.default is p.empty]
    assert not required
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text()
    assert f"<!-- {name} -->" in page
