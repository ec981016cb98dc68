"""/api/v1/rooms/{room}/speech: a text of the room as sound, for those whose browser has no voice of their language."""

import re
from typing import Final

from aiohttp import web

from livehub.accounts.permissions import Action
from livehub.clock import Clock
from livehub.errors import InvalidInput
from livehub.ratelimit import LOCAL, TokenBuckets
from livehub.translation.locale import require_locale
from livehub.translation.speech.errors import NoVoice
from livehub.translation.speech.service import SpeechService
from livehub.web.auth import client_address
from livehub.web.etag import Representation, answer_cached
from livehub.web.health import Metrics
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.spoken_texts import KINDS

#: browsers may keep what they have heard, and ask each time whether it is still said so: a line can be taken back, a
#: person words its translation anew, and an offer has another price. Nobody else may keep it
CACHE: Final = "private, no-cache"
#: nobody hears more than a text a second; a page that catches up asks for some at once
PER_S, BURST = 1.0, 30
#: of all who share an address
ADDRESS_PER_S, ADDRESS_BURST = 8.0, 240
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")


class SpeechThrottle:
    def __init__(self, clock: Clock) -> None:
        self._people = TokenBuckets(clock, PER_S, BURST)
        self._addresses = TokenBuckets(clock, ADDRESS_PER_S, ADDRESS_BURST)

    def check(self, identity: str, address: str) -> None:
        """Raises: RateLimited."""
        self._people.take(identity)
        if address != LOCAL:
            self._addresses.take(address)


SPEECH: web.AppKey[SpeechService] = web.AppKey("speech", SpeechService)
SPEECH_THROTTLE: web.AppKey[SpeechThrottle] = web.AppKey("speech_throttle", SpeechThrottle)


async def get_speech(request: web.Request) -> web.Response:
    access = await taking_part(request)
    access.require(Action.WATCH)
    identity = access.require_principal().identity
    kind, name = request.query.get("of", ""), request.query.get("id", "")
    locale = require_locale(request.query.get("locale", ""))
    if kind not in KINDS:
        raise InvalidInput(f"of is one of {', '.join(KINDS)}", field="of")
    if kind != "greeting" and not _NAME.fullmatch(name):
        raise InvalidInput("Say which by its id", field="id")
    speech = request.app[SPEECH]
    if not speech.locales:
        raise NoVoice
    request.app[SPEECH_THROTTLE].check(identity, client_address(request))
    said = await KINDS[kind](request, access, name, locale)
    sound = await speech.speak(access.room.id, said.text, said.locale)
    answer = answer_cached(request, Representation.of(sound.data, sound.content_type), cache_control=CACHE)
    answer.headers["Content-Language"] = sound.locale
    return answer


def count_speech(metrics: Metrics, speech: SpeechService) -> None:
    """``/metrics``: what was spoken since the process began. No label names a room, a person or a text."""
    stats = speech.stats
    meanings = {
        "requested": ("Texts asked for as sound", lambda: stats.requested),
        "cached": ("Of these, answered from memory", lambda: stats.cached),
        "spoken": ("Of these, spoken", lambda: stats.spoken),
        "failed": ("Of these, not spoken in time or at all", lambda: stats.failed),
        "over_budget": (
            "Of these, refused because the room had used its characters of today",
            lambda: stats.over_budget,
        ),
        "busy": ("Of these, turned away because too much waited", lambda: stats.busy),
        "chars": ("Characters given to speakers", lambda: stats.chars),
    }
    for name, (meaning, read) in meanings.items():
        metrics.gauge(f"livehub_speech_{name}", meaning, read)


_SPEECH = f"{API}/rooms/{{room}}/speech"


def routes() -> list[web.RouteDef]:
    return [web.get(_SPEECH, get_speech)]


OPERATIONS = [
    Operation(
        "GET",
        _SPEECH,
        "A text of the room as sound",
        None,
        None,
        (200, 304, 401, 403, 404, 422, 429, 503),
        query={
            "of": "What it belongs to: message, caption, offer (what is shown now, with its price) or greeting",
            "id": "Which one; not for greeting",
            "locale": "The listener's language: it is translated where an engine can",
        },
        answer_type="audio/mpeg",
    )
]
