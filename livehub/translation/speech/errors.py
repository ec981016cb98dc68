"""What goes wrong while speaking.

::

    LivehubError
    ├── PluginInvalid 500            a speaker that does not keep the contract, or a setting that cannot be used
    ├── NoVoice 404                  no speaker here has that language
    ├── NothingToSay 404             there is no such text, or nothing in it that can be spoken
    ├── SpeechSpent 503              the room has used what it may have spoken today
    └── SpeechFailed 503             no sound that can be used
        ├── SpeechTimedOut           nothing within the deadline
        ├── SpeechRefused            the speaker will not take this text or this language; others may still pass
        ├── SpeechQuotaExceeded      too many requests; ``retry_after_s`` says how long to leave it
        ├── SpeechDenied             wrong or missing key: an operator must act
        └── SpeechMalformed          an answer that is no sound, or too much of it

Only :class:`SpeechFailed` and its kinds may leave :meth:`~livehub.translation.speech.speaker.Speaker.speak`.
"""

from livehub.errors import LivehubError, NotFound, Unavailable


class PluginInvalid(LivehubError):
    """Raised while the server starts; the message names the plug-in and what is wrong with it."""

    code, title = "speaker_invalid", "A speaker or its setting cannot be used"


class NoVoice(NotFound):
    code, title = "no_voice", "This server has no voice for that language"


class NothingToSay(NotFound):
    code, title = "nothing_to_say", "There is nothing here that can be spoken"


class SpeechSpent(Unavailable):
    code, title = "speech_spent", "This room has had as much spoken today as it may"


class SpeechFailed(Unavailable):
    code, title = "speech_failed", "The text could not be spoken"


class SpeechTimedOut(SpeechFailed):
    code, title = "speech_timed_out", "The speaker did not answer in time"


class SpeechRefused(SpeechFailed):
    code, title = "speech_refused", "The speaker does not take this text"


class SpeechQuotaExceeded(SpeechFailed):
    code, title = "speech_quota_exceeded", "The speaker has had enough requests for now"


class SpeechDenied(SpeechFailed):
    code, title = "speech_access_denied", "The speaker does not accept the configured key"


class SpeechMalformed(SpeechFailed):
    code, title = "speech_answer_malformed", "The speaker answered with something else than sound"
