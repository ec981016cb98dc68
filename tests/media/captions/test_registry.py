"""Transcribers are tested from outside: modules laid on the path, named by entry points."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from livehub.media.captions.errors import PluginInvalid
from livehub.media.captions.registry import GROUP, build, find

GOOD = """
class Scribe:
    name, is_remote = "scribe", False
    def __init__(self, setting): self.setting = setting
    def supports(self, locale): return locale == "en"
    def transcribe(self, pcm, locale, *, final): return []
    def close(self): pass

def create(setting, **_): return Scribe(setting)
"""


def entry(value: str = "scribe_plugin:create", name: str = "scribe") -> EntryPoint:
    return EntryPoint(name, value, GROUP)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / f"scribe_{request.node.name.partition('[')[0]}.py"


def build_from(module: Path, code: str, setting: str = "scribe:deep=1") -> object:
    module.write_text(code)
    return build(setting, timeout_s=1.0, found=[entry(f"{module.stem}:create")])


def test_a_package_of_somebody_elses_is_found_and_gets_its_setting(module: Path) -> None:
    made = build_from(module, GOOD)
    assert getattr(made, "setting", None) == "deep=1"


def test_those_that_come_along_are_declared() -> None:
    assert {find(name).name for name in ("faster_whisper", "openai", "pocketsphinx")} == {
        "faster_whisper",
        "openai",
        "pocketsphinx",
    }


def test_what_is_not_installed_is_named_with_what_is() -> None:
    with pytest.raises(PluginInvalid, match='no transcriber called "nope"; installed are: scribe'):
        find("nope:key", [entry()])
    with pytest.raises(PluginInvalid, match="Two transcribers"):
        find("scribe", [entry(), entry("other:create")])


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ('name, is_remote = "scribe", False', 'name = "scribe"', "is_remote"),
        ('name, is_remote = "scribe", False', 'name, is_remote = "", False', "no name"),
        ("def supports(self, locale): return", "def other(self, locale): return", "supports"),
        ("def transcribe(self, pcm, locale, *, final)", "async def transcribe(self, pcm, locale, *, final)", "plain"),
        ("def transcribe(self, pcm, locale, *, final)", "def transcribe(self, pcm)", "takes other arguments"),
        ("def create(setting, **_)", "def create()", "must take"),
        ("def create(setting, **_)", "async def create(setting, **_)", "plain function"),
        ("return Scribe(setting)", "raise ValueError('no such model')", "does not accept its setting: no such model"),
        ("return Scribe(setting)", "return 1 / 0", "could not be made: ZeroDivisionError"),
        ("class Scribe", "import nothing_like_it\nclass Scribe", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_used_is_said_and_never_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, right: str, complaint: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / f"scribe_{abs(hash(right))}.py"
    assert wrong in GOOD
    with pytest.raises(PluginInvalid, match=complaint) as refused:
        build_from(module, GOOD.replace(wrong, right), "scribe:SECRET")
    assert "SECRET" not in str(refused.value)
