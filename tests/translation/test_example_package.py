"""The example package of docs/translation.md, as installed into a folder of its own and found by its entry point."""

from pathlib import Path

import pytest

from tests.packages import EXAMPLES, install, own_tests_pass, run_python

EXAMPLE = EXAMPLES / "livehub-example-translator"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    own_tests_pass(installed, EXAMPLE)


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.translation.registry import TranslatorRegistry\n"
        "settings = ['parlance@eu(pairs=en-*):https://parlance.example?key=k', 'phrasebook']\n"
        "for engine in TranslatorRegistry().build_chain(settings, clock=ManualClock(), deadline_s=3.0):\n"
        "    print(engine.name, engine.supports('en', 'th'), engine.supports('th', 'en'))\n"
    )
    assert run_python(installed, "-c", program).splitlines() == ["parlance@eu True False", "phrasebook True True"]
