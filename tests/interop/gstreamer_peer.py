"""A WHIP or WHEP client out of GStreamer's webrtcbin, whose certificate is RSA. Runs under Debian's own Python:

    /usr/bin/python3 gstreamer_peer.py publish|watch URL TOKEN H264|VP8 FRAMES

The offer goes out before candidates are gathered; they follow in one PATCH. Prints one JSON object a line: the answer's
status, then what was seen. Once FRAMES were sent, or decoded with sound beside them, its candidates were taken and
standard input is at its end, it ends the session by DELETE and exits with 0.
"""

import json
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

TIMEOUT_S = 80
#: after that, what was gathered so far is sent: webrtcbin may tell of the end late, or not at all
GATHERING_S = 10
ENCODE = {
    "H264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=60 bframes=0 "
    "! video/x-h264,profile=constrained-baseline ! rtph264pay name=pay config-interval=-1 aggregate-mode=zero-latency "
    "! application/x-rtp,media=video,encoding-name=H264,payload=96,packetization-mode=(string)1",
    "VP8": "vp8enc deadline=1 target-bitrate=400000 keyframe-max-dist=60 ! rtpvp8pay name=pay picture-id-mode=15-bit "
    "! application/x-rtp,media=video,encoding-name=VP8,payload=96",
}
PUBLISH = (
    "webrtcbin name=rtc bundle-policy=max-bundle "
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1 ! {encode} ! rtc. "
    "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample ! opusenc ! rtpopuspay "
    "! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! rtc."
)
VIDEO = {
    "H264": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
}
AUDIO = "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2"
DECODE = {
    "H264": "rtph264depay ! h264parse ! avdec_h264",
    "VP8": "rtpvp8depay ! vp8dec",
    "OPUS": "rtpopusdepay ! opusdec",
}


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


class Peer:
    def __init__(self, role: str, url: str, token: str, codec: str, frames: int) -> None:
        self.url, self.token, self.codec, self.frames = url, token, codec, frames
        self.loop = GLib.MainLoop()
        self.session = self.tag = ""
        self.candidates: list[str] = []
        self.gathered = threading.Event()
        self.counts = {"video": 0, "audio": 0}
        self.kinds = ("video",) if role == "publish" else ("video", "audio")
        self.over = self.told = self.exchanged = False
        threading.Thread(target=self.listen, daemon=True).start()
        if role == "publish":
            self.pipeline = Gst.parse_launch(PUBLISH.format(encode=ENCODE[codec]))
            self.rtc = self.pipeline.get_by_name("rtc")
            for index in range(2):
                self.rtc.emit("get-transceiver", index).set_property(
                    "direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
                )
            pay = self.pipeline.get_by_name("pay").get_static_pad("src")
            pay.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self.sent)
        else:
            self.pipeline = Gst.Pipeline()
            self.rtc = Gst.ElementFactory.make("webrtcbin", "rtc")
            self.rtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
            self.pipeline.add(self.rtc)
            for caps in (AUDIO, VIDEO[codec]):
                self.rtc.emit(
                    "add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps)
                )
            self.rtc.connect("pad-added", self.pad_added)
        self.rtc.connect("on-negotiation-needed", lambda _: self.make_offer())
        self.rtc.connect("on-ice-candidate", lambda _, index, text: self.candidates.append(text))
        self.rtc.connect("notify::ice-gathering-state", lambda *_: self.gathering())
        self.rtc.connect("notify::connection-state", lambda *_: self.connection())

    def run(self) -> int:
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self.fail(str(message.parse_error())))
        GLib.timeout_add_seconds(TIMEOUT_S, lambda: self.fail("too late"))
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        if self.session:
            say(deleted=self.ask("DELETE", self.session)[0], **self.counts)
        self.pipeline.set_state(Gst.State.NULL)
        return 0 if self.over else 1

    def fail(self, reason: str) -> bool:
        say(failed=reason, **self.counts)
        self.loop.quit()
        return False

    # --- offer and answer

    def make_offer(self) -> None:
        self.rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offer_made, None))

    def offer_made(self, promise: Any, _: Any) -> None:
        reply = promise.get_reply()  # to be kept: the offer is a part of it
        offer = reply.get_value("offer")
        self.rtc.emit("set-local-description", offer, Gst.Promise.new())
        text = offer.sdp.as_text()
        threading.Thread(target=self.exchange_or_fail, args=(text,), daemon=True).start()

    def exchange_or_fail(self, offer: str) -> None:
        try:
            self.exchange(offer)
        except Exception as error:
            GLib.idle_add(self.fail, f"exchanging: {error!r}")
            raise
        self.exchanged = True

    def exchange(self, offer: str) -> None:
        status, headers, answer = self.ask("POST", self.url, offer, "application/sdp")
        say(status=status, answer=answer)
        if status != 201:
            GLib.idle_add(self.fail, "refused")
            return
        self.session, self.tag = urllib.parse.urljoin(self.url, headers["Location"]), headers["ETag"]
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.rtc.emit("set-remote-description", description, Gst.Promise.new())
        complete = self.gathered.wait(GATHERING_S)
        say(trickled=self.trickle(offer), candidates=len(self.candidates), complete=complete)

    def trickle(self, offer: str) -> int:
        """All candidates in one fragment (RFC 8840), under the media section that the bundle is negotiated by."""
        ufrag, password, mid, media = (
            re.search(pattern, offer, re.MULTILINE)[1]  # type: ignore[index]
            for pattern in (r"^a=ice-ufrag:(\S+)", r"^a=ice-pwd:(\S+)", r"^a=mid:(\S+)", r"^(m=[^\r\n]+)")
        )
        lines = [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}", media, f"a=mid:{mid}"]
        lines += [f"a={candidate}" for candidate in self.candidates] + ["a=end-of-candidates"]
        body = "\r\n".join(lines) + "\r\n"
        return self.ask("PATCH", self.session, body, "application/trickle-ice-sdpfrag", {"If-Match": self.tag})[0]

    def ask(
        self, method: str, url: str, body: str | None = None, kind: str = "", more: dict[str, str] | None = None
    ) -> tuple[int, Any, str]:
        headers = {"Authorization": f"Bearer {self.token}", **({"Content-Type": kind} if kind else {}), **(more or {})}
        data = body.encode() if body is not None else None
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    # --- what happens

    def gathering(self) -> None:
        if self.rtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.gathered.set()

    def connection(self) -> None:
        state = self.rtc.get_property("connection-state")
        if state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            say(certificate=self.certificate())
        say(connection=state.value_nick)

    def certificate(self) -> str:
        """Our own, as DTLS showed it; without the key that stands beside it."""
        elements = self.rtc.iterate_recurse()
        while True:
            result, element = elements.next()
            if result != Gst.IteratorResult.OK:
                return ""
            if element.get_factory() and element.get_factory().get_name() == "dtlsdec":
                pem = element.get_property("pem")
                return str(pem[pem.index("-----BEGIN CERTIFICATE") : pem.index("-----END CERTIFICATE") + 25])

    def sent(self, _pad: Any, _info: Any) -> Any:
        connected = GstWebRTC.WebRTCPeerConnectionState.CONNECTED
        if self.rtc.get_property("connection-state") == connected:
            self.count("video")
        return Gst.PadProbeReturn.OK

    def pad_added(self, _: Any, pad: Any) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        name = pad.get_current_caps().get_structure(0).get_string("encoding-name")
        kind = "audio" if name == "OPUS" else "video"
        sink = Gst.parse_bin_from_description(
            f"{DECODE[name]} ! fakesink name=end signal-handoffs=true sync=false", True
        )
        sink.get_by_name("end").connect("handoff", lambda *_: self.count(kind))
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def count(self, kind: str) -> None:
        self.counts[kind] += 1
        whole = self.counts["video"] >= self.frames and all(self.counts[each] for each in self.kinds)
        if whole and self.exchanged and self.told and not self.over:
            self.over = True
            GLib.idle_add(self.loop.quit)

    def listen(self) -> None:
        sys.stdin.read()
        self.told = True


if __name__ == "__main__":
    Gst.init(None)
    role, url, token, codec, frames = sys.argv[1:]
    sys.exit(Peer(role, url, token, codec, int(frames)).run())
