"""A transcriber of somebody else's: the example of docs/captions.md, installed as pip would."""

import os
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "captions.md"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installed as pip would: a module, and metadata that names its entry point."""
    text = PAGE.read_text()
    toml = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert toml
    assert code
    entry = re.search(r'^(\w+ = )"(.*)"$', toml[1], re.MULTILINE)
    assert entry
    (tmp_path / "livehub_scribe.py").write_text(code[1])
    metadata = tmp_path / "livehub_scribe-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: livehub-scribe\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[livehub.transcribers]\n{entry[1]}{entry[2]}\n")
    paths = [str(tmp_path), *(path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    return tmp_path
