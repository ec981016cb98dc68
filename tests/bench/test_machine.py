"""What is measured is this program's own."""

import subprocess
import sys

LARGER = """
import subprocess, sys
held = bytearray(b"x") * (192 << 20)
subprocess.run([sys.executable, "-c", "from livehub.bench.machine import peak_mib; print(peak_mib())"], check=True)
"""


def test_a_peak_is_not_that_of_the_program_before() -> None:
    done = subprocess.run([sys.executable, "-c", LARGER], check=True, capture_output=True, text=True)
    assert 4 < float(done.stdout) < 128
