"""The example package of docs/captions.md, as installed into a folder of its own and found by its entry point."""

from pathlib import Path

import pytest

from tests.packages import EXAMPLES, install, own_tests_pass, run_python

EXAMPLE = EXAMPLES / "livehub-example-transcriber"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(EXAMPLE, tmp_path_factory.mktemp("installed"))


def test_its_own_tests_pass_against_the_installed_package(installed: Path) -> None:
    own_tests_pass(installed, EXAMPLE)


def test_the_server_finds_it_by_its_entry_point(installed: Path) -> None:
    program = (
        "from livehub.media.captions.registry import build\n"
        "made = build('stenograph:https://stenograph.example?locales=th&key=k', timeout_s=8.0)\n"
        "print(made.name, made.is_remote, made.supports('th'), made.supports('en'))\n"
    )
    assert run_python(installed, "-c", program).splitlines() == ["stenograph True True False"]
