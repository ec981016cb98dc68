"""A real translation model of a few words, made in a moment: CTranslate2 runs it as any other.

Not trained but laid out by hand: embeddings are one-hot, position encodings too, it looks at the source by position,
and the output says for each word of the source which word of the target it is. So it translates word by word, from
what it reads, through every step of a real Transformer's inference. Its vocabulary is a real SentencePiece model.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import ctranslate2
import numpy as np
import sentencepiece
from ctranslate2.specs import transformer_spec

POSITIONS = 48
SPECIAL = ["<blank>", "<s>", "</s>", "<unk>"]
SPANISH_ENGLISH = {"hola": "hello", "gracias": "thanks", "gato": "cat", "perro": "dog", "rojo": "red", "¿cuánto": "how",
                   "cuesta?": "much?"}  # fmt: skip


def make_opus(path: Path, words: Mapping[str, str] = SPANISH_ENGLISH, *, adds_end: bool = False) -> Path:
    """As an OPUS-MT model of one pair, converted."""
    path.mkdir(parents=True)
    (path / "source.spm").write_bytes(_sentencepiece(list(words)))
    (path / "target.spm").write_bytes(_sentencepiece(list(words.values())))
    _write(path, words, [], adds_end)
    return path


def make_nllb(path: Path, words: Mapping[str, str] = SPANISH_ENGLISH) -> Path:
    """As NLLB, with the codes of languages in its vocabulary."""
    path.mkdir(parents=True)
    (path / "sentencepiece.bpe.model").write_bytes(_sentencepiece([*words, *words.values()]))
    _write(path, words, ["spa_Latn", "eng_Latn", "fra_Latn"], adds_end=False)
    return path


def _sentencepiece(words: list[str]) -> bytes:
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(words)] * 3), model_writer=made, model_type="word", vocab_size=len(words) + 3,
        hard_vocab_limit=False, minloglevel=2, normalization_rule_name="identity",
    )  # fmt: skip
    return made.getvalue()


def _write(path: Path, words: Mapping[str, str], codes: list[str], adds_end: bool) -> None:
    pairs = {f"▁{word}": f"▁{translation}" for word, translation in words.items()}
    vocabulary = [*SPECIAL, *codes, *pairs, *pairs.values()]
    becomes = {token: token for token in vocabulary} | pairs | {"<blank>": "<unk>", "<s>": "<unk>"}
    spec = _spec(vocabulary, becomes)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.add_source_eos = adds_end
    # NLLB begins with </s>, Marian with its pad token: both are tokens that mean nothing to this model.
    spec.config.decoder_start_token = "</s>" if codes else "<s>"
    spec.validate()
    spec.optimize()
    spec.save(str(path))
    assert ctranslate2.contains_model(str(path))
    assert json.loads((path / "config.json").read_text())["add_source_eos"] is adds_end


def _spec(vocabulary: list[str], becomes: Mapping[str, str]) -> transformer_spec.TransformerSpec:
    """Dimensions: the token | its position | the token that attention brought from the source."""
    size = len(vocabulary)
    width = size + POSITIONS + size + 1
    tokens, positions, brought = slice(0, size), slice(size, size + POSITIONS), slice(size + POSITIONS, -1)
    embedding = np.zeros((size, width), np.float32)
    embedding[:, tokens] = np.eye(size)
    encodings = np.zeros((POSITIONS, width), np.float32)
    encodings[:, positions] = np.eye(POSITIONS)
    by_position = np.zeros((width, width), np.float32)
    by_position[positions, positions] = np.eye(POSITIONS) * 10
    bring = np.zeros((width, width), np.float32)
    bring[brought, tokens] = np.eye(size)
    into = np.zeros((width, width), np.float32)
    into[brought, brought] = np.eye(size)
    output = np.zeros((size, width), np.float32)
    for token, target in becomes.items():
        output[vocabulary.index(target), size + POSITIONS + vocabulary.index(token)] = 1

    spec = transformer_spec.TransformerSpec.from_config(1, 1)
    for stack in (spec.encoder, spec.decoder):
        stack.scale_embeddings = np.dtype("int8").type(0)
        stack.position_encodings.encodings = encodings
        _keep(stack.layer_norm, width)
        for layer in stack.layer:
            _nothing(layer.self_attention, width)
            _keep(layer.ffn.layer_norm, width)
            for linear, shape in ((layer.ffn.linear_0, (4, width)), (layer.ffn.linear_1, (width, 4))):
                linear.weight, linear.bias = np.zeros(shape, np.float32), np.zeros(shape[0], np.float32)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    reads = spec.decoder.layer[0].attention
    _keep(reads.layer_norm, width)
    for linear, weight in zip(reads.linear, (by_position, np.vstack([by_position, bring]), into), strict=True):
        linear.weight, linear.bias = weight, np.zeros(len(weight), np.float32)
    spec.decoder.projection.weight = output
    spec.decoder.projection.bias = np.zeros(size, np.float32)
    return spec


def _keep(norm: transformer_spec.common_spec.LayerNormSpec, width: int) -> None:
    norm.gamma, norm.beta = np.ones(width, np.float32), np.zeros(width, np.float32)


def _nothing(attention: object, width: int) -> None:
    """Self-attention that adds nothing."""
    _keep(attention.layer_norm, width)  # type: ignore[attr-defined]
    for linear, rows in zip(attention.linear, (3 * width, width), strict=True):  # type: ignore[attr-defined]
        linear.weight, linear.bias = np.zeros((rows, width), np.float32), np.zeros(rows, np.float32)
