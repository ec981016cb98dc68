import pytest

from livehub.translation.batches import batches
from livehub.translation.marks import Markup, has_marks
from livehub.translation.providers import azure, deepl, google

MARKUPS = [deepl._MARKUP, google._MARKUP, azure._MARKUP]


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("text", ["{1} costs <b>{2}</b> & {12}", "a < b &lt; c", "{name} {}", "plain"])
def test_text_comes_back_as_it_was(markup: Markup, text: str) -> None:
    wrapped = markup.wrap(text)
    assert not has_marks(wrapped)
    assert markup.unwrap(wrapped) == text


def test_ways_in_which_engines_write_the_elements_anew() -> None:
    assert deepl._MARKUP.unwrap('<x id="1"></x> a <x id="2" />') == "{1} a {2}"
    assert google._MARKUP.unwrap('<span id="3" translate="no"></span>') == "{3}"
    assert azure._MARKUP.unwrap("<span id=4 class=notranslate> </span>") == "{4}"
    assert google._MARKUP.unwrap('<span id="evil">x</span>') == '<span id="evil">x</span>'


def test_parts() -> None:
    assert list(batches([], 2, 10)) == []
    assert list(batches(["a", "b", "c"], 2, 10)) == [["a", "b"], ["c"]]
    assert list(batches(["aaaa", "bbbb", "c" * 20, "d"], 9, 8)) == [["aaaa", "bbbb"], ["c" * 20], ["d"]]
