"""The example package of docs/speech.md, as installed into a folder of its own and found by its entry point."""

from pathlib import Path

import pytest

from tests.packages import EXAMPLES, install, own_tests_pass, run_python

EXAMPLE = EXAMPLES / "livehub-example-speaker"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    own_tests_pass(installed, EXAMPLE)


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.translation.speech.registry import build_chain\n"
        "settings = ['orator:https://orator.example?locales=th&key=k', 'espeak_ng']\n"
        "for speaker in build_chain(settings, clock=ManualClock(), deadline_s=3.0):\n"
        "    print(speaker.name, speaker.is_remote, speaker.supports('th'), speaker.supports('ru'))\n"
    )
    assert run_python(installed, "-c", program).splitlines() == ["orator True True False", "espeak_ng False True True"]
