import pytest

from livehub.translation.pieces import MAX_PIECE_CHARS, Piece, join, split

CHINESE = "很好的茶。" * 300
LONG = "One sentence of the text. " * 60


@pytest.mark.parametrize(
    "text",
    ["", "One.", "One.\nTwo.", "\n\n One.\n \n- Two\n", LONG, f"{LONG}\n{LONG}", "word " * 700, "x" * 1300, CHINESE],
)  # fmt: skip
def test_pieces_are_the_text_again(text: str) -> None:
    pieces = split(text)
    assert all(0 < len(piece.text) <= MAX_PIECE_CHARS and piece.text == piece.text.strip() for piece in pieces)
    assert "".join(piece.before + piece.text for piece in pieces) == text.rstrip()


def test_a_long_line_is_cut_where_sentences_end_else_between_words() -> None:
    assert all(piece.text.endswith("the text.") for piece in split(LONG))
    assert {piece.text[-1] for piece in split(CHINESE)} == {"。"}
    assert {piece.text.split(" ")[-1] for piece in split("word " * 700)} == {"word"}
    assert all(piece.text.endswith("5.") for piece in split("It is 1.5 of 2.5. " * 60))


def test_sentences_have_spaces_between_them_where_a_language_has() -> None:
    close, spaced = (
        [Piece("", "茶。"), Piece("", "很好。")],
        [Piece("", "Tea."), Piece(" ", "Good."), Piece("\n", "New.")],
    )
    assert join(close, ["Tea.", "Good."], "en") == "Tea. Good."
    assert join(spaced, ["茶。", "很好。", "新。"], "zh") == "茶。很好。\n新。"
    assert join(spaced, ["Té.", "Bueno.", "Nuevo."], "es") == "Té. Bueno.\nNuevo."
