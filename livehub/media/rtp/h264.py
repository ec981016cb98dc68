"""What H.264 says of itself: NAL units out of RTP payloads (RFC 6184), and the size of the picture (ITU-T H.264)."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livehub.media.rtp.errors import RtpError

_STAP_A, _FU_A = 24, 28
#: profiles whose sequence parameter sets speak of chroma formats and scaling (7.3.2.1.1)
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_MAX_SIDE = 16_384


class Nal(enum.IntEnum):
    SLICE = 1
    IDR = 5
    SEI = 6
    SPS = 7
    PPS = 8
    DELIMITER = 9


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """Sequence and picture parameter set, each a NAL unit without start code."""

    sps: bytes
    pps: bytes

    @property
    def codec_string(self) -> str:
        """RFC 6381, such as ``avc1.42e01f``."""
        return f"avc1.{self.sps[1:4].hex()}"

    @property
    def configuration(self) -> bytes:
        """AVCDecoderConfigurationRecord (14496-15 section 5.3.3.1), as MP4 and FLV hold it; 4-byte lengths."""
        record = b"\x01" + self.sps[1:4] + b"\xff\xe1" + len(self.sps).to_bytes(2, "big") + self.sps
        record += b"\x01" + len(self.pps).to_bytes(2, "big") + self.pps
        if self.sps[1] in (100, 110, 122, 144):  # 4:2:0 and 8 bits are all that WebRTC's encoders make
            record += b"\xfd\xf8\xf8\x00"
        return record


def nal_units(payloads: Sequence[bytes]) -> list[bytes]:
    """The NAL units in ``payloads``, which are those of one timestamp, in order: single units, STAP-A and FU-A.

    Raises:
        RtpError: bytes that are no such payload, or a fragment without its beginning or end.
    """
    units: list[bytes] = []
    fragments: list[bytes] | None = None
    for payload in payloads:
        if len(payload) < 2:
            raise RtpError("an H.264 payload has at least two bytes")
        kind = payload[0] & 31
        if kind == _FU_A:
            if payload[1] & 0x80:
                if fragments is not None:
                    raise RtpError("a fragmented unit begins inside another")
                fragments = [bytes(((payload[0] & 0xE0) | (payload[1] & 31),))]
            if fragments is None:
                raise RtpError("a fragmented unit has no beginning")
            fragments.append(payload[2:])
            if payload[1] & 0x40:
                units.append(b"".join(fragments))
                fragments = None
        elif fragments is not None:
            raise RtpError("a fragmented unit has no end")
        elif kind == _STAP_A:
            units.extend(_aggregated(payload))
        elif 1 <= kind <= 23:
            units.append(payload)
        else:
            raise RtpError(f"an H.264 payload of type {kind} is not for packetization mode 1")
    if fragments is not None:
        raise RtpError("a fragmented unit has no end")
    return units


def _aggregated(payload: bytes) -> Iterable[bytes]:
    at = 1
    while at + 2 <= len(payload):
        size = payload[at] << 8 | payload[at + 1]
        unit = payload[at + 2 : at + 2 + size]
        if len(unit) < size or not size:
            raise RtpError("a STAP-A ends inside one of its units")
        yield unit
        at += 2 + size


def avcc(units: Iterable[bytes]) -> bytes:
    """Units with a length of four bytes before each, as MP4 and FLV hold them (ISO/IEC 14496-15)."""
    parts: list[bytes] = []
    for unit in units:
        parts += (len(unit).to_bytes(4, "big"), unit)
    return b"".join(parts)


def annex_b(data: bytes) -> bytes:
    """The same from :func:`avcc`'s form with start codes, as raw streams and decoders want it.

    Raises:
        RtpError: the lengths do not add up.
    """
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        unit = data[at + 4 : at + 4 + size]
        if not size or len(unit) < size:
            raise RtpError("a length points past the end")
        parts += (b"\x00\x00\x00\x01", unit)
        at += 4 + size
    return b"".join(parts)


class _Bits:
    def __init__(self, unit: bytes) -> None:
        # Emulation prevention (7.4.1): in a unit 00 00 03 stands for 00 00.
        data = unit.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def read(self, count: int) -> int:
        if count > self._left:
            raise RtpError("a parameter set is cut short")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        """ue(v), section 9.1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 31:
                raise RtpError("a number in a parameter set is too long")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed_golomb(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels, cropped as shown.

    Raises:
        RtpError: no sequence parameter set, or one cut short or with impossible numbers.
    """
    if len(sps) < 4 or sps[0] & 31 != Nal.SPS:
        raise RtpError("not a sequence parameter set")
    bits = _Bits(sps[4:])
    bits.golomb()  # seq_parameter_set_id
    chroma = _chroma_format(bits) if sps[1] in _HIGH_PROFILES else 1
    bits.golomb()  # log2_max_frame_num_minus4
    _picture_order(bits)
    bits.golomb()  # max_num_ref_frames
    bits.read(1)
    width, map_units = bits.golomb() + 1, bits.golomb() + 1
    frame_only = bits.read(1)
    if not frame_only:
        bits.read(1)
    bits.read(1)  # direct_8x8_inference_flag
    width, height = 16 * width, 16 * map_units * (2 - frame_only)
    if bits.read(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1) * (2 - frame_only)
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise RtpError("a picture of impossible size")
    return width, height


def _chroma_format(bits: _Bits) -> int:
    chroma = bits.golomb()
    if chroma == 3:
        bits.read(1)
    bits.golomb()
    bits.golomb()
    bits.read(1)
    if bits.read(1):  # seq_scaling_matrix_present_flag
        for index in range(8 if chroma != 3 else 12):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _picture_order(bits: _Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.read(1)
        bits.golomb()
        bits.golomb()
        count = bits.golomb()
        if count > 255:
            raise RtpError("too many reference frames in a cycle")
        for _ in range(count):
            bits.golomb()
