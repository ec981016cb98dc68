"""docs/whip-whep.md names tests: they are there, and those of the two suites are all named."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "whip-whep.md").read_text()
WHIP, WHEP = TABLE.split("\n## WHEP\n")


def suite(name: str) -> set[str]:
    return set(re.findall(r"^async def (test_\w+)", (ROOT / "tests" / "web" / name).read_text(), re.MULTILINE))


def named(text: str) -> set[str]:
    return set(re.findall(r"`(test_\w+)`", text))


def test_the_table_names_every_test_of_the_suites_and_no_other() -> None:
    assert named(WHIP) == suite("test_whip.py")
    assert named(WHEP) == suite("test_whep.py")


def test_files_that_the_table_names_exist() -> None:
    files = set(re.findall(r"`((?:tests|livehub)/[\w/]+(?:\.py|/))`", TABLE))
    assert files
    for path in files:
        assert (ROOT / path).exists(), path
