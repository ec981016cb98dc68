"""Descriptions that nobody in their right mind sends, made of one that somebody does."""

from hypothesis import strategies as st


def in_any_order(line: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(line, max_size=60).map(lambda lines: "v=0\r\n" + "\r\n".join(lines))


@st.composite
def damaged(draw: st.DrawFn, valid: str, line: st.SearchStrategy[str]) -> tuple[str, str, str]:
    """Some of it written over, a line left out, a line put in."""
    lines = valid.split("\r\n")
    cut, drop = draw(st.integers(0, len(valid))), draw(st.integers(0, 40))
    index = draw(st.integers(0, len(lines)))
    return (
        valid[:cut] + draw(st.text(max_size=20)) + valid[cut + drop :],
        "\r\n".join(lines[:index] + lines[index + 1 :]),
        "\r\n".join([*lines[:index], draw(line), *lines[index:]]),
    )
