"""A viewer whose browser offers no codec of the room is told so plainly, whether early or late."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e import merchant
from tests.e2e.conftest import Person

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

#: a browser that cannot decode H.264, such as Firefox without its plug-in: its offers do not name it
WITHOUT_H264 = """
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (kind, init) {
    const transceiver = add.call(this, kind, init);
    if (kind === 'video') {
      const codecs = RTCRtpReceiver.getCapabilities('video').codecs;
      transceiver.setCodecPreferences(codecs.filter((codec) => codec.mimeType !== 'video/H264'));
    }
    return transceiver;
  };
"""


#: nor by Media Source Extensions, with which HLS would do
WITHOUT_H264_AT_ALL = f"{WITHOUT_H264}MediaSource.isTypeSupported = (type) => !type.includes('avc1');"


def without_h264(context: BrowserContext) -> BrowserContext:
    """A viewer for whom HLS will do."""
    context.add_init_script(WITHOUT_H264)
    return context


def without_h264_at_all(context: BrowserContext) -> BrowserContext:
    context.add_init_script(WITHOUT_H264_AT_ALL)
    return context


def test_a_browser_without_the_rooms_codec_says_so(person: Person) -> None:
    studio = person().new_page()
    merchant.sign_up(studio, "Codec", "codec@example.org")
    merchant.open_shop(studio, "Codec shop")
    room = merchant.plan_show(studio, "In H.264")
    early = without_h264_at_all(person()).new_page()
    early.goto(f"/r/{room}")
    expect(early.get_by_text("In H.264").first).to_be_visible()
    merchant.go_live(studio)
    expect(early.get_by_role("heading", name="This browser cannot play this video")).to_be_visible(timeout=60_000)

    late = without_h264_at_all(person()).new_page()
    late.goto(f"/r/{room}")
    expect(late.get_by_role("heading", name="This browser cannot play this video")).to_be_visible(timeout=60_000)
    # Chat works all the same.
    expect(late.get_by_role("textbox", name="Message")).to_be_enabled()
