"""A Whisper model of two layers with random weights, as CTranslate2 keeps them: it hears nothing right, but it runs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import common_spec, whisper_spec
from tokenizers import AddedToken, Tokenizer, models

from livehub.translation.locale import LOCALES

_DIM, _HEADS, _LAYERS, _MELS, _FRAMES, _LONGEST = 64, 2, 2, 80, 1500, 448
_WORDS = [f"word{index}" for index in range(200)]


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    languages = [f"<|{tag}|>" for tag in LOCALES]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>"]
    special += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    special += [f"<|{index * 0.02:.2f}|>" for index in range(_FRAMES + 1)]
    vocabulary = [*_WORDS, *special]
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(_WORDS)}, unk_token=_WORDS[0]))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    spec = whisper_spec.WhisperSpec(_LAYERS, _HEADS, _LAYERS, _HEADS)
    _Filler().fill(spec, len(vocabulary))
    spec.register_vocabulary(vocabulary)
    index = {token: at for at, token in enumerate(vocabulary)}
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], [index["<|endoftext|>"]]
    spec.config.lang_ids = [index[token] for token in languages]
    spec.config.alignment_heads = [(1, 0)]
    spec.validate()
    spec.optimize(quantization=None)
    spec.save(str(folder))
    assert json.loads((folder / "config.json").read_text())["lang_ids"]
    return folder


class _Filler:
    def __init__(self) -> None:
        self._random = np.random.default_rng(1)

    def fill(self, spec: Any, words: int) -> None:
        encoder, decoder = spec.encoder, spec.decoder
        encoder.conv1.weight, encoder.conv1.bias = self._some(_DIM, _MELS, 3), self._some(_DIM)
        encoder.conv2.weight, encoder.conv2.bias = self._some(_DIM, _DIM, 3), self._some(_DIM)
        encoder.position_encodings.encodings = self._some(_FRAMES, _DIM)
        decoder.embeddings.weight = self._some(words, _DIM)
        decoder.position_encodings.encodings = self._some(_LONGEST, _DIM)
        decoder.projection.weight = self._some(words, _DIM)
        for half in (encoder, decoder):
            self._norm(half.layer_norm)
            for layer in half.layer:
                self._layer(layer)

    def _layer(self, layer: Any) -> None:
        self._attention(layer.self_attention, (3 * _DIM, _DIM))
        if hasattr(layer, "attention"):
            self._attention(layer.attention, (_DIM, 2 * _DIM, _DIM))
        self._norm(layer.ffn.layer_norm)
        self._linear(layer.ffn.linear_0, 4 * _DIM, _DIM)
        self._linear(layer.ffn.linear_1, _DIM, 4 * _DIM)

    def _attention(self, attention: Any, sizes: tuple[int, ...]) -> None:
        self._norm(attention.layer_norm)
        for linear, size in zip(attention.linear, sizes, strict=True):
            self._linear(linear, size, _DIM)

    def _linear(self, linear: common_spec.LinearSpec, outputs: int, inputs: int) -> None:
        linear.weight, linear.bias = self._some(outputs, inputs), self._some(outputs)

    def _norm(self, norm: common_spec.LayerNormSpec) -> None:
        norm.gamma, norm.beta = np.ones(_DIM, np.float32), np.zeros(_DIM, np.float32)

    def _some(self, *shape: int) -> Any:
        return self._random.normal(0, 0.05, shape).astype(np.float32)
