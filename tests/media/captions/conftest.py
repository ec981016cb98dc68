"""A transcriber of somebody else's: the example of docs/captions.md, installed as pip would."""

from pathlib import Path

import pytest

from tests.packages import install_listing


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installed as pip would: a module, and metadata that names its entry point."""
    install_listing("captions.md", "livehub_scribe", "livehub.transcribers", tmp_path, monkeypatch)
    return tmp_path
