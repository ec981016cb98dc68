"""Why a room cannot be sent somewhere right now: what the host is told, in plain words."""

from livehub.errors import LivehubError


class SendFailure(LivehubError):
    """``code`` is one of docs/restream.md, ``detail`` a sentence without address or key.

    ``final``: trying again by itself would not help; the host has to change something. ``about_codec``: it passes when
    something else is on stage. ``retry_after_s``: the service said when to come back.
    """

    title = "The show could not be sent on"

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        final: bool = False,
        about_codec: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail, code=code)
        self.final = final
        self.about_codec = about_codec
        self.retry_after_s = retry_after_s
