"""The mark that a browser keeps: read back, never made up."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.accounts.origin import DeviceSigner

SIGNER = DeviceSigner("a secret of the tests")


def test_a_mark_is_read_by_its_own_server_alone() -> None:
    mark = SIGNER.issue()
    device = SIGNER.read(mark)
    assert device is not None
    assert mark.startswith(f"{device}.")
    assert SIGNER.read(SIGNER.issue()) != device
    assert DeviceSigner("another secret").read(mark) is None
    _, _, signature = SIGNER.issue().partition(".")
    assert SIGNER.read(f"{device}.{signature}") is None
    assert SIGNER.read(mark[:-1] + ("0" if mark[-1] != "0" else "1")) is None


@given(st.one_of(st.none(), st.text(max_size=80), st.text("abc.", min_size=55, max_size=55)))
def test_anything_else_is_no_mark(text: str | None) -> None:
    assert SIGNER.read(text) is None
