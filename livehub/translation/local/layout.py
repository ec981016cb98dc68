"""Which models a directory holds: CTranslate2's, converted from OPUS-MT (one pair each) or from NLLB (many languages).

OPUS-MT: a directory called after its pair (``es-en``, ``opus-mt-es-en``, ``opus-mt-es-en-ctranslate2``) with
``model.bin``, ``config.json``, ``source.spm`` and ``target.spm``. NLLB: ``model.bin``, ``config.json`` and
``sentencepiece.bpe.model``. A directory may be one model or hold several. Imports neither CTranslate2 nor anything else
that is large. See https://opennmt.net/CTranslate2/guides/transformers.html and …/guides/opus_mt.html.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from livehub.translation.locale import LOCALES

MAX_MODELS: Final = 64
MAX_CONFIG_BYTES: Final = 1 << 20

_PAIR: Final = re.compile(r"(?:opus-mt-)?(?:tc-(?:base|big)-)?([a-z]{2,3})-([a-z]{2,3})(?:-.*)?")
#: codes that OPUS-MT uses besides ours
_OPUS: Final[Mapping[str, str]] = {"jap": "ja", "ara": "ar", "zho": "zh", "zh": "zh", "eng": "en", "spa": "es"}

#: ours → FLORES-200, the codes of NLLB
FLORES: Final[Mapping[str, str]] = {
    "ar": "arb_Arab", "en": "eng_Latn", "es": "spa_Latn", "fr": "fra_Latn", "id": "ind_Latn", "ja": "jpn_Jpan",
    "ru": "rus_Cyrl", "th": "tha_Thai", "tr": "tur_Latn", "vi": "vie_Latn", "zh": "zho_Hans",
}  # fmt: skip
#: what models of several target languages want before a line, for those that have it in their vocabulary
TARGET_TOKENS: Final[Mapping[str, tuple[str, ...]]] = {
    "ar": (">>ara<<", ">>arb<<"), "en": (">>eng<<",), "es": (">>spa<<", ">>es<<"), "fr": (">>fra<<", ">>fr<<"),
    "id": (">>ind<<", ">>id<<"), "ja": (">>jpn<<",), "ru": (">>rus<<",), "th": (">>tha<<",), "tr": (">>tur<<",),
    "vi": (">>vie<<",), "zh": (">>cmn_Hans<<", ">>zho_Hans<<", ">>cmn<<", ">>zho<<"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """One model; ``pair`` of an OPUS-MT one. ``adds_end``: it ends a source line by itself."""

    path: Path
    kind: Literal["opus", "nllb"]
    pair: tuple[str, str] | None
    adds_end: bool

    def translates(self, source: str, target: str) -> bool:
        if self.pair is not None:
            return (source, target) == self.pair
        return source != target and {source, target} <= set(FLORES)


def find_models(directory: Path) -> list[Model]:
    """The models in ``directory``, or the one that it is.

    Raises:
        ValueError: there is none, there are too many, or one of them cannot be used; says which and why.
    """
    try:
        inside = sorted(path for path in directory.iterdir() if path.is_dir() or path.name == "model.bin")
    except OSError as error:
        raise ValueError(f"the models' directory cannot be read: {error.strerror}") from None
    if directory / "model.bin" in inside:
        return [_model(directory)]
    models = [_model(path) for path in inside[: MAX_MODELS + 1] if (path / "model.bin").is_file()]
    if not models:
        raise ValueError("there is no model (a directory with model.bin in it) in the models' directory")
    if len(models) > MAX_MODELS:
        raise ValueError(f"there are more than {MAX_MODELS} models in the models' directory")
    return models


def _model(path: Path) -> Model:
    adds_end = bool(_config(path).get("add_source_eos", False))
    if (path / "sentencepiece.bpe.model").is_file():
        return Model(path, "nllb", None, adds_end)
    missing = [name for name in ("source.spm", "target.spm") if not (path / name).is_file()]
    if missing:
        raise ValueError(f"the model {path.name} has no {missing[0]} (OPUS-MT) and no sentencepiece.bpe.model (NLLB)")
    found = _PAIR.fullmatch(path.name)
    pair = tuple(_OPUS.get(code, code) for code in found.groups()) if found else ()
    if len(pair) != 2 or not set(pair) <= set(LOCALES):
        raise ValueError(
            f"call the directory {path.name} after its pair, such as es-en; languages: {', '.join(LOCALES)}"
        )
    return Model(path, "opus", (pair[0], pair[1]), adds_end)


def _config(path: Path) -> Mapping[str, Any]:
    try:
        with (path / "config.json").open("rb") as file:
            told = json.loads(file.read(MAX_CONFIG_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"config.json of the model {path.name} cannot be read: {type(error).__name__}") from None
    if not isinstance(told, dict):
        raise ValueError(f"config.json of the model {path.name} is no object")  # noqa: TRY004  what the operator wrote
    return told
