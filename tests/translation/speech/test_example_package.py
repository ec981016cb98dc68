"""The example package of docs/speech.md, as installed into a folder of its own and found by its entry point."""

from pathlib import Path

import pytest

from tests.translation.test_example_package import ROOT, install, run_python

EXAMPLE = ROOT / "docs" / "examples" / "livehub-example-speaker"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(EXAMPLE))
    assert " passed" in run_python(installed, "-m", "pytest", *options, str(EXAMPLE / "tests"))
    where = run_python(installed, "-c", "import livehub_example_speaker; print(livehub_example_speaker.__file__)")
    assert where.startswith(str(installed))


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.clock import ManualClock\n"
        "from livehub.translation.speech.registry import build_chain\n"
        "settings = ['orator:https://orator.example?locales=th&key=k', 'espeak_ng']\n"
        "for speaker in build_chain(settings, clock=ManualClock(), deadline_s=3.0):\n"
        "    print(speaker.name, speaker.is_remote, speaker.supports('th'), speaker.supports('ru'))\n"
    )
    assert run_python(installed, "-c", program).splitlines() == ["orator True True False", "espeak_ng False True True"]
