"""What goes wrong while translating.

::

    LivehubError
    ├── UnsupportedLocale 422         a tag that is none of the eleven
    ├── PluginInvalid 500             an engine that does not keep the contract, or a setting that cannot be used
    └── TranslationFailed 503         the engine gave no answer that can be used; the original line stands
        ├── TranslationTimedOut       nothing within the deadline
        ├── TranslationRefused        the engine will not take this text or this pair; others may still pass
        │   └── EachRefused           nor any of the lines, for each of which it was asked alone
        ├── QuotaExceeded             too many requests or characters; ``retry_after_s`` says how long to leave it
        ├── AccessDenied              wrong or missing key: an operator must act
        └── AnswerMalformed           an answer of the wrong form

Only :class:`TranslationFailed` and its kinds may leave :meth:`~livehub.translation.provider.Translator.translate`.
"""

from livehub.errors import InvalidInput, LivehubError, Unavailable


class UnsupportedLocale(InvalidInput):
    code, title = "unsupported_locale", "This language is not one of those offered here"


class PluginInvalid(LivehubError):
    """Raised while the server starts; the message names the plug-in and what is wrong with it."""

    code, title = "translator_invalid", "A translation plug-in or its setting cannot be used"


class TranslationFailed(Unavailable):
    code, title = "translation_failed", "The translation engine gave no usable answer"


class TranslationTimedOut(TranslationFailed):
    code, title = "translation_timed_out", "The translation engine did not answer in time"


class TranslationRefused(TranslationFailed):
    code, title = "translation_refused", "The translation engine does not take this text"


class EachRefused(TranslationRefused):
    title = "The translation engine takes none of these texts"


class QuotaExceeded(TranslationFailed):
    code, title = "translation_quota_exceeded", "The translation engine has had enough requests for now"


class AccessDenied(TranslationFailed):
    code, title = "translation_access_denied", "The translation engine does not accept the configured key"


class AnswerMalformed(TranslationFailed):
    code, title = "translation_answer_malformed", "The translation engine answered in an unexpected form"
