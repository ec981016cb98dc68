"""``livehub bench peers``: what forwarding costs here, in Janus, and in a small relay on Pion.

All three serve the same kind of viewers (real ICE and DTLS-SRTP with AES-128-GCM) from the same core, one after the
other in short windows, so that what the machine does besides hits all of them. The publisher sends the same packets to
each: to livehub and Pion by WHIP, to Janus as plain RTP, which its streaming plug-in takes and which spares it the
decryption. The cost is the CPU time of the whole server process.

Janus takes no loopback addresses, so all run in a network namespace with an address of its own; nothing leaves it.
Needs Debian's packages janus, golang-go and golang-github-pion-webrtc.v3-dev, and ``unshare`` and ``ip``.
"""

import asyncio
import json
import os
import shutil
import sys
from typing import Any

from livehub.bench.machine import Unavailable

#: an address for benchmarks (RFC 2544 section C.2.2), which exists in the namespace alone
ADDRESS = "198.18.0.1"
NEEDED = {"unshare": "util-linux", "ip": "iproute2", "janus": "janus", "go": "golang-go"}
TIMEOUT_S = 300.0


class PeersMissing(Unavailable):
    """A program that the comparison needs is not installed; the message says which."""


async def run(*, viewers: int = 200, rounds: int = 5, window_s: float = 2.0) -> dict[str, Any]:
    """One result object: ``{bench, machine, conditions, figures}``.

    Raises:
        PeersMissing: a peer is not installed.
        RuntimeError: the measurement failed; standard error says why.
    """
    missing = [f"{name} (Debian: {package})" for name, package in NEEDED.items() if not shutil.which(name)]
    if missing:
        raise PeersMissing(f"This benchmark needs {', '.join(missing)}.")
    inside = (
        "ip link set lo up && ip link add bench0 type veth peer name bench1 && "
        f"ip address add {ADDRESS}/32 dev bench0 && ip link set bench0 up && ip link set bench1 up && "
        f'exec "{sys.executable}" -m livehub.bench.peers.measure {viewers} {rounds} {window_s}'
    )
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    process = await asyncio.create_subprocess_exec(
        "unshare", "--net", *user, "--kill-child", "sh", "-c", inside, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError("the comparison with other servers failed")
    result: dict[str, Any] = json.loads(output)
    return result
