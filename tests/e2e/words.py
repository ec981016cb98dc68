"""Sentences of the interface in a viewer's language, from the same catalogues that the pages use."""

from livehub.web.assets import share_dir
from livehub.web.i18n import load


class Words:
    """``words("Buy now")``: how the interface says it in this locale."""

    def __init__(self, locale: str) -> None:
        self._catalog = None if locale == "en" else load(share_dir("translations"), locale)

    def __call__(self, sentence: str) -> str:
        message = self._catalog.get(sentence) if self._catalog is not None else None
        return str(message.string) if message is not None and message.string else sentence
