"""The private names of aiortc and pylibsrtp that the media plane stands on: a version that moves one fails here."""

import ast
import inspect
from pathlib import Path

from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport, State
from OpenSSL import SSL
from pylibsrtp import Policy, Session, _binding

import livehub.media
from livehub.media.transport import CIPHERS, PROFILES, Certificate


def test_aiortc_has_what_the_handshake_uses() -> None:
    for name in ("_validate_peer_identity", "_setup_srtp", "_set_role"):
        assert callable(getattr(RTCDtlsTransport, name))
    source = inspect.getsource(RTCDtlsTransport)
    for attribute in ("_ssl", "_tx_srtp", "_rx_srtp", "_srtp_profiles", "_state"):
        assert f"self.{attribute}" in source
    assert list(inspect.signature(RTCCertificate._create_ssl_context).parameters) == ["self", "srtp_profiles"]
    assert {state.name for state in State} >= {"NEW", "FAILED"}


def test_failed_identity_and_missing_keys_set_the_state() -> None:
    for method in (RTCDtlsTransport._validate_peer_identity, RTCDtlsTransport._setup_srtp):
        assert "State.FAILED" in inspect.getsource(method)


def test_gcm_is_there_and_comes_first() -> None:
    assert PROFILES[0] is rtcdtlstransport.SRTP_AEAD_AES_128_GCM
    assert rtcdtlstransport.SRTP_AES128_CM_SHA1_80 in PROFILES


OUTBOUND = Policy.SSRC_ANY_OUTBOUND


def test_libsrtp_is_reached_through_pointers() -> None:
    session = Session(Policy(key=bytes(28), srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM, ssrc_type=OUTBOUND))
    assert _binding.ffi.typeof(session._srtp[0]).cname == "struct srtp_ctx_t_ *"
    for name in ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp"):
        assert callable(getattr(_binding.lib, name))


def test_openssl_takes_datagram_sizes_and_our_ciphers() -> None:
    certificate = Certificate.generateCertificate()
    connection = SSL.Connection(certificate.context)
    connection.set_ciphertext_mtu(1200)
    listed = {name.encode() for name in connection.get_cipher_list()}
    assert set(CIPHERS.split(b":")) <= listed


def test_only_the_transport_imports_aiortc_and_pylibsrtp() -> None:
    folder = Path(livehub.media.__file__).parent
    importing = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.partition(".")[0] in {"aiortc", "pylibsrtp", "OpenSSL", "aioice"} for name in names):
                importing.add(path.name)
    assert importing == {"transport.py"}
