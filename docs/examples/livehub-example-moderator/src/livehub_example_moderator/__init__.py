"""A moderator that asks a server of an invented kind, Bouncer: an example for docs/moderation.md of livehub.

``POST /v1/weigh`` with ``{"line": …, "language": "th"}`` and the key in a header gives ``{"weight": 0.93, "about":
"insults"}``, a weight from 0 to 1. It answers 402 when the account's money is used up.
"""

from livehub.chat.screening.errors import ModerationMalformed, ModerationQuotaExceeded
from livehub.chat.screening.http import VerdictClient, score_of
from livehub.chat.screening.plugin import Judgement, Line, Moderator
from livehub.chat.screening.rules import Outcome
from livehub.setting import Address

EXAMPLE = "bouncer:https://bouncer.example?hold=0.5&refuse=0.9&key_file=/etc/livehub/bouncer.key"


class Bouncer:
    name = "bouncer"

    def __init__(self, client: VerdictClient, hold: float, refuse: float) -> None:
        self._client = client
        self._hold = hold
        self._refuse = refuse

    async def judge(self, line: Line) -> Judgement:
        # The text and no more: who wrote it, and where, is nobody's business there.
        answer = await self._client.post("/v1/weigh", {"line": line.text, "language": line.locale})
        if not isinstance(answer, dict) or not isinstance(answer.get("about"), str):
            raise ModerationMalformed("the answer does not say what it is about")
        weight, about = score_of(answer.get("weight"), "the weight"), answer["about"][:80]
        if weight >= self._refuse:
            return Judgement(Outcome.REFUSE, about)
        return Judgement(Outcome.HOLD, about) if weight >= self._hold else Judgement(Outcome.ALLOW)

    async def close(self) -> None:
        await self._client.close()


def create(setting: str, *, deadline_s: float, **_: object) -> Moderator:
    """``setting``: the server's address with ``?hold=`` and ``&refuse=``, and ``&key=`` or ``&key_file=``.

    Raises: ValueError.
    """
    address = Address.parse(setting, example=EXAMPLE, options=("hold", "refuse", "key", "key_file"))
    key = address.key()
    if not key:
        raise ValueError(f"Bouncer wants a key, as in {EXAMPLE}")
    if not address.is_local and not address.url.startswith("https:"):
        raise ValueError("a key goes over https:// only")
    try:
        hold, refuse = (float(address.options.get(name, "1")) for name in ("hold", "refuse"))
    except ValueError:
        hold = refuse = 0.0
    if not 0 < hold <= refuse <= 1:
        raise ValueError(f"hold and refuse are weights above 0 and up to 1, as in {EXAMPLE}")
    headers = {"X-Bouncer-Key": key}
    statuses = {402: ModerationQuotaExceeded}
    client = VerdictClient(address.url, timeout_s=deadline_s, secrets=(key,), headers=headers, statuses=statuses)
    return Bouncer(client, hold, refuse)
