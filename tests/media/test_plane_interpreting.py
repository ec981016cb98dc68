"""Language channels on the real path: who hears the interpreter and who does not, relay, handing over without a gap."""

import asyncio

import pytest

from livehub.accounts.permissions import Action
from livehub.bench.light import AUDIO_SSRC, LightClient, OfferOptions
from livehub.events import EventBus, MemberAppointed
from livehub.media.errors import MediaSessionNotFound
from livehub.media.session import MediaSession
from livehub.media.stage import INTERPRETATION, ChannelOrder, StageOrders
from tests.media.conftest import Studio, until

SPEAKS = OfferOptions("sendonly", video=0, level=True)
HEARS = OfferOptions("recvonly", audio=3, video=0)


def channel(locale: str, on: str, *interpreters: str) -> ChannelOrder:
    return ChannelOrder(locale, on, frozenset(interpreters or (on,)))


def heard(session: MediaSession) -> set[tuple[str, str]]:
    return {(slot["publisher"], slot["source"]) for slot in session.slots if slot["kind"] == "audio"}


async def speak(packets: int, **clients: LightClient) -> None:
    """Everybody says their name, fifty times a second."""
    for _ in range(packets):
        for name, client in clients.items():
            client.send_audio(960 * client.sequence[AUDIO_SSRC], name.encode() + bytes(40), 30)
        await asyncio.sleep(0.02)


async def interpreters(studio: Studio, *names: str) -> list[LightClient]:
    return [(await studio.publisher(identity=name, options=SPEAKS, source=INTERPRETATION))[0] for name in names]


async def test_those_who_chose_the_language_hear_the_interpreter_besides_the_floor(studio: Studio) -> None:
    await studio.plane.direct("r", StageOrders(channels=(channel("th", "ann"),)))
    host, _ = await studio.publisher(identity="host", options=SPEAKS, is_host=True)
    [ann] = await interpreters(studio, "ann")
    listener, thai = await studio.viewer(identity="thai", options=HEARS)
    _, other = await studio.viewer(identity="other", options=HEARS)
    await speak(10, host=host, ann=ann)
    await until(lambda: heard(other) == {("host", "camera")})
    await studio.plane.listen(thai.id, "thai", "th")
    await speak(10, host=host, ann=ann)
    await until(lambda: heard(thai) == {("host", "camera"), ("ann", INTERPRETATION)})
    await until(lambda: any(payload.startswith(b"ann") for _, payload in listener.audio()))
    assert heard(other) == {("host", "camera")}
    assert {track["publisher"] for track in studio.plane.tracks("r")} == {"host"}, "an interpreter is not on the stage"
    await studio.plane.listen(thai.id, "thai", None)
    await speak(5, host=host, ann=ann)
    await until(lambda: heard(thai) == {("host", "camera")})
    with pytest.raises(MediaSessionNotFound):
        await studio.plane.listen(thai.id, "somebody else", "th")


async def test_handing_over_leaves_no_gap(studio: Studio) -> None:
    await studio.plane.direct("r", StageOrders(channels=(channel("th", "ann", "ann", "ben"),)))
    ann, ben = await interpreters(studio, "ann", "ben")
    listener, thai = await studio.viewer(identity="thai", options=HEARS)
    await studio.plane.listen(thai.id, "thai", "th")
    await speak(10, ann=ann, ben=ben)
    await until(lambda: heard(thai) == {("ann", INTERPRETATION)})
    await studio.plane.direct("r", StageOrders(channels=(channel("th", "ben", "ann", "ben"),)))
    await speak(10, ann=ann, ben=ben)
    await until(lambda: heard(thai) == {("ben", INTERPRETATION)})
    got = listener.audio()
    names = [payload[:3] for _, payload in got]
    last_ann, first_ben = len(names) - 1 - names[::-1].index(b"ann"), names.index(b"ben")
    assert first_ben == last_ann + 1, "one after the other, neither both nor nobody"
    numbers = [header.sequence_number for header, _ in got]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    stamps = [header.timestamp for header, _ in got]
    assert (stamps[first_ben] - stamps[last_ann]) % (1 << 32) < 48_000 // 4, "less than a quarter of a second apart"


async def test_an_interpreter_may_work_from_the_channel_of_another_and_never_hears_themself(studio: Studio) -> None:
    orders = StageOrders(channels=(channel("en", "eva"), channel("th", "ann")))
    await studio.plane.direct("r", orders)
    eva, ann = await interpreters(studio, "eva", "ann")
    _, session = await studio.viewer(identity="ann", options=HEARS)
    await studio.plane.listen(session.id, "ann", "en")
    await speak(8, eva=eva, ann=ann)
    await until(lambda: heard(session) == {("eva", INTERPRETATION)})
    await studio.plane.listen(session.id, "ann", "th")
    await speak(8, eva=eva, ann=ann)
    await until(lambda: heard(session) == set())


async def test_who_no_longer_interprets_is_cut_off_and_a_role_has_no_part_in_it(studio: Studio, bus: EventBus) -> None:
    await studio.plane.direct("r", StageOrders(channels=(channel("th", "ann", "ann", "ben"),)))
    _, ann = await studio.publisher(identity="ann", options=SPEAKS, source=INTERPRETATION)
    _, ben = await studio.publisher(identity="ben", options=SPEAKS, source=INTERPRETATION)
    bus.publish(MemberAppointed("r", "ann", "viewer", frozenset({Action.WATCH})))
    assert studio.plane.get(ann.id) is ann
    await studio.plane.direct("r", StageOrders(channels=(channel("th", "ann"),)))
    assert studio.plane.get(ann.id) is ann
    with pytest.raises(MediaSessionNotFound):
        studio.plane.get(ben.id)


async def test_who_comes_to_a_channel_first_hears_it_when_somebody_speaks(studio: Studio) -> None:
    """The viewer has chosen before anybody is on."""
    _, thai = await studio.viewer(identity="thai", options=HEARS)
    await studio.plane.listen(thai.id, "thai", "th")
    await studio.plane.direct("r", StageOrders(channels=(channel("th", "ann"),)))
    [ann] = await interpreters(studio, "ann")
    await speak(8, ann=ann)
    await until(lambda: heard(thai) == {("ann", INTERPRETATION)})
    ann.close()
    await until(lambda: heard(thai) == set())
