"""What the other domains publish on the bus, as clients hear it."""

from livehub.events import (
    OfferChanged,
    OfferPinned,
    OrderChanged,
    OrderPaid,
    RestreamChanged,
    ServerDraining,
    StageChanged,
)
from livehub.media.events import CodecUndecodable, LayersWanted, MediaLost
from livehub.rooms.service import RoomPatch
from livehub.signalling.notices import TRACKS_TOLD_WHOLE, difference
from tests.signalling.conftest import Stack


async def test_offers_stage_and_sales_are_told_in_order(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    offer = {"id": "ofr_1", "sku": "CUP", "pinned": True}
    stack.bus.publish(OfferPinned(room, offer))
    stack.bus.publish(OfferChanged(room, {**offer, "available": 3}))
    stack.bus.publish(OrderPaid(room, "ord_1", "Ben", 2))
    stack.bus.publish(StageChanged(room, ({"publisher": "host", "kind": "video"},)))
    stack.bus.publish(OfferPinned(room, None))
    await ann.until(lambda: len(ann.named("offer:pinned")) == 2)
    numbered = [(name, payload) for name, payload in ann.events if "seq" in payload]
    assert [name for name, _ in numbered] == [
        "offer:pinned", "offer:changed", "order:paid", "stage:slots", "offer:pinned",
    ]  # fmt: skip
    assert numbered[2][1] == {"room": room, "seq": numbered[2][1]["seq"], "display_name": "Ben", "units": 2}
    assert [payload["seq"] for _, payload in numbered] == sorted(payload["seq"] for _, payload in numbered)
    stack.offers[room] = [offer]
    late = await stack.joined(room, stack.tokens.guest("late"))
    assert late.answer["state"]["pinned"] == offer
    assert late.answer["state"]["offers"] == [offer]


async def test_a_viewer_who_cannot_decode_what_came_on_air_is_told(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    stack.bus.publish(CodecUndecodable(room, "ann", "session-1", ("H264",)))
    await ann.until(lambda: ann.named("media:undecodable"))
    assert ann.named("media:undecodable") == [{"room": room, "session": "session-1", "codecs": ["H264"]}]
    await ben.quiet()
    assert ben.named("media:undecodable") == []


async def test_who_sends_layers_is_told_which_are_wanted(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, stack.tokens.guest("host"))
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    stack.bus.publish(LayersWanted(room, "host", "session-1", "1", ("q", "h")))
    await host.until(lambda: host.named("stage:layers"))
    assert host.named("stage:layers") == [{"room": room, "session": "session-1", "mid": "1", "rids": ["q", "h"]}]
    await ben.quiet()
    assert ben.named("stage:layers") == []


async def test_restreams_are_told_to_those_who_run_them(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.joined(room, "host")
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    stack.bus.publish(RestreamChanged(room, "rst_1", {"state": "live", "bitrate_bps": 0}))
    stack.bus.publish(RestreamChanged(room, "rst_1", {"state": "live", "bitrate_bps": 5}, is_news=False))
    stack.bus.publish(RestreamChanged(room, "rst_1", {"state": "retrying"}))
    await host.until(lambda: len(host.named("restream:changed")) == 2)
    assert [told["status"]["state"] for told in host.named("restream:changed")] == ["live", "retrying"]
    assert host.named("restream:changed")[0]["target"] == "rst_1"
    await ben.quiet()
    assert ben.named("restream:changed") == []


async def test_an_order_concerns_its_buyer_and_the_store(stack: Stack) -> None:
    room = await stack.room()
    host = await stack.client("host")  # at the order desk, in no room
    ben = await stack.joined(room, stack.tokens.guest("ben"))
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    for status in ("pending_payment", "paid", "fulfilled"):
        stack.bus.publish(OrderChanged(room, {"id": "ord_1", "status": status}, buyer="ben", store_id="str_1"))
    for client in (host, ben):
        await client.until(lambda client=client: len(client.named("order:changed")) == 3)  # type: ignore[misc]
        assert [payload["order"]["status"] for payload in client.named("order:changed")] == [
            "pending_payment", "paid", "fulfilled",
        ]  # fmt: skip
        assert "seq" not in client.named("order:changed")[0]
    await ann.quiet()
    assert ann.named("order:changed") == []


async def test_the_rooms_changes_and_its_end(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    access = await stack.rooms.access(room, stack.tokens.known["host"])
    await stack.rooms.patch(access, RoomPatch(title="Cups"))
    await ann.until(lambda: ann.named("room:state"))
    assert ann.named("room:state")[0]["room_state"]["title"] == "Cups"
    await stack.rooms.end(access)
    await ann.until(lambda: ann.named("room:removed"))
    assert ann.named("room:state")[-1]["room_state"]["state"] == "ended"
    assert ann.events[-1][0] == "room:removed"
    assert ann.events[-1][1]["reason"] == "ended"
    assert stack.hub.viewers(room) == 0


async def test_everybody_is_told_what_became_of_the_servers_media(stack: Stack) -> None:
    room, elsewhere = await stack.room(), await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    ben = await stack.joined(elsewhere, stack.tokens.guest("ben"))
    stack.bus.publish(MediaLost(room, "w0-1-"))
    stack.bus.publish(ServerDraining(3))
    await ann.until(lambda: ann.named("server:draining"))
    await ben.until(lambda: ben.named("server:draining"))
    assert ann.named("media:lost")[0]["sessions"] == "w0-1-"
    assert ben.named("media:lost") == []
    assert ben.named("server:draining") == [{"room": elsewhere, "within_s": 3}]


def stage(*names: str, muted: str = "") -> tuple[dict[str, object], ...]:
    return tuple({"publisher": name, "source": "camera", "kind": "audio", "muted": name == muted} for name in names)


def test_the_difference_of_two_stages() -> None:
    known, present = stage("a", "b", "c"), stage("b", "c", "d", muted="c")
    assert difference(known, present) == {
        "tracks": [*stage("c", muted="c"), *stage("d")],
        "gone": [{"publisher": "a", "source": "camera", "kind": "audio"}],
    }
    assert difference(present, present) == {"tracks": [], "gone": []}


async def test_a_large_stage_is_told_by_its_changes(stack: Stack) -> None:
    room = await stack.room()
    ann = await stack.joined(room, stack.tokens.guest("ann"))
    people = [f"p{index}" for index in range(TRACKS_TOLD_WHOLE)]
    stack.bus.publish(StageChanged(room, stage(*people)))
    stack.bus.publish(StageChanged(room, stage(*people, "more")))
    stack.bus.publish(StageChanged(room, stage(*people[1:], "more")))
    await ann.until(lambda: len(ann.named("stage:changed")) == 2)
    assert len(ann.named("stage:slots")[0]["tracks"]) == TRACKS_TOLD_WHOLE
    came, went = ann.named("stage:changed")
    assert [track["publisher"] for track in came["tracks"]] == ["more"]
    assert went["tracks"] == []
    assert [track["publisher"] for track in went["gone"]] == ["p0"]
