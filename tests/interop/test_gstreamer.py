"""GStreamer publishes and watches: webrtcbin, which has an RSA certificate and sends its candidates afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.e2e.api import Api
from tests.e2e.server import Server

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_gstreamer_sees_what_gstreamer_sends(server: Server, gstreamer: Callable[..., Any], codec: str) -> None:
    merchant = Api.account(server.url, f"{codec}@example.org", "Gst")
    room = merchant.live_show(f"By GStreamer in {codec}")
    base = f"{server.url}/api/v1/rooms/{room}"
    encoder, viewer = merchant.join_token(room, "encoder", "speaker"), merchant.join_token(room, "viewer", "viewer")
    with gstreamer("publish", f"{base}/whip", encoder, codec) as publisher:
        publisher.wait_for("connection", "connected")
        assert publisher.wait_for("trickled") == 204
        with gstreamer("watch", f"{base}/whep", viewer, codec) as watcher:
            seen = watcher.finish()
        assert seen["deleted"] == 200
        assert seen["video"] >= 60
        assert seen["audio"] > 0
        assert any(fact.get("trickled") == 204 for fact in watcher.said)
        sent = publisher.finish()
    assert sent["deleted"] == 200
    certificate = next(fact["certificate"] for fact in publisher.said if "certificate" in fact)
    assert isinstance(x509.load_pem_x509_certificate(certificate.encode()).public_key(), RSAPublicKey)


def test_gstreamer_is_told_to_come_back_where_nobody_publishes(server: Server, gstreamer: Callable[..., Any]) -> None:
    merchant = Api.account(server.url, "early@example.org", "Early")
    room = merchant.live_show("Nobody yet")
    url = f"{server.url}/api/v1/rooms/{room}/whep"
    with gstreamer("watch", url, merchant.join_token(room, "viewer", "viewer"), "VP8") as watcher:
        assert watcher.wait_for("status") == 409
