"""Plug-ins are tested from outside: a package with its own metadata, laid on the path as pip would."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from livehub.clock import ManualClock
from livehub.translation.errors import PluginInvalid
from livehub.translation.provider import Translator
from livehub.translation.registry import GROUP, TranslatorRegistry

GOOD = """
class Shout:
    name = "shout"
    def __init__(self, suffix): self.suffix = suffix
    def supports(self, source, target): return True
    async def translate(self, texts, source, target): return [text.upper() + self.suffix for text in texts]
    async def close(self): pass

def create(setting, **_): return Shout(setting)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("shout_"):
            del sys.modules[name]


def install(
    site: Path, code: str, *, module: str = "shout_plugin", name: str = "shout", package: str = "shout"
) -> None:
    (site / f"{module}.py").write_text(code)
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {module}:create\n")


def build(setting: str) -> Translator:
    return TranslatorRegistry().build(setting, clock=ManualClock(), deadline_s=3.0)


async def test_an_installed_package_is_found_and_used(site: Path) -> None:
    install(site, GOOD)
    assert "shout" in TranslatorRegistry().names
    made = build("shout:http://host:80/?a=b")
    assert isinstance(made, Translator)
    assert await made.translate(["hi "], "en", "es") == ["HI http://host:80/?a=b"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("class Shout", "import shout_nowhere\nclass Shout", "cannot be loaded: ModuleNotFoundError"),
        ("def create(setting, **_): return Shout(setting)", "create = 5", "must name a callable"),
        ("def create(setting, **_)", "async def create(setting, **_)", "must be a plain function"),
        ("def create(setting, **_)", "def create(setting)", "must take"),
        (
            "return Shout(setting)",
            "raise ValueError('needs an address')",
            "does not accept its setting: needs an address",
        ),
        ("return Shout(setting)", "raise OSError('disk')", "could not be made: OSError: disk"),
        ("return Shout(setting)", "return None", "has no name"),
        ('name = "shout"', "name = ''", "has no name"),
        ("    async def close(self): pass", "", "no method close"),
        ("async def close", "def close", "close must be declared with async def"),
        ("async def translate", "def translate", "translate must be declared with async def"),
        ("def supports", "async def supports", "supports must be a plain method"),
        ("translate(self, texts, source, target)", "translate(self, text)", "translate takes other arguments"),
        ("supports(self, source, target)", "supports(self)", "supports takes other arguments"),
    ],
)
def test_what_is_wrong_is_said_with_the_name(site: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    install(site, GOOD.replace(old, new))
    with pytest.raises(PluginInvalid) as caught:
        build("shout:s3cr3t")
    assert message in caught.value.detail
    assert 'translator "shout" of shout 1.0 (shout_plugin:create)' in caught.value.detail
    assert "s3cr3t" not in caught.value.detail


def test_unknown_name_lists_those_installed(site: Path) -> None:
    install(site, GOOD)
    with pytest.raises(PluginInvalid, match=r'called "deepthought"; installed are: .*shout'):
        build("deepthought:x")


def test_two_packages_of_one_name(site: Path) -> None:
    install(site, GOOD)
    install(site, GOOD, module="shout_other", package="other")
    with pytest.raises(PluginInvalid, match='Two translators are called "shout"'):
        TranslatorRegistry()


def shipped() -> TranslatorRegistry:
    names = ("phrasebook", "libretranslate")
    return TranslatorRegistry(
        [EntryPoint(name, f"livehub.translation.providers.{name}:create", GROUP) for name in names]
    )


async def test_chain_of_the_shipped_engines() -> None:
    settings = ("phrasebook", "libretranslate:http://127.0.0.1:5000?api_key=k")
    chain = shipped().build_chain(settings, clock=ManualClock(), deadline_s=3.0)
    assert [translator.name for translator in chain] == ["phrasebook", "libretranslate"]
    for translator in chain:
        await translator.close()


def test_a_chain_with_one_engine_twice() -> None:
    with pytest.raises(PluginInvalid, match='of the chain are called "phrasebook"'):
        shipped().build_chain(("phrasebook", "phrasebook"), clock=ManualClock(), deadline_s=3.0)


def test_bad_setting_of_a_shipped_engine() -> None:
    with pytest.raises(PluginInvalid, match="does not accept its setting: write the server's address"):
        shipped().build("libretranslate:nonsense-s3cr3t", clock=ManualClock(), deadline_s=3.0)
