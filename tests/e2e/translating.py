"""A server whose translation engine says what a test has put into its mouth."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from livehub.testing.troubled_server import in_a_thread
from tests.e2e.server import Server
from tests.translation.libretranslate_server import LibreTranslateServer


@contextmanager
def translating(folder: Path, said: Mapping[str, dict[str, str]]) -> Iterator[Server]:
    """``said``: by the engine's code of a language, what becomes of which text.

    The engine has a loop of its own: this package's tests have none. The server's log may have no traceback.
    """
    with in_a_thread(engine := LibreTranslateServer(dict(said))):
        server = Server(folder, {"LIVEHUB_TRANSLATOR": f"libretranslate:{engine.url}"})
        server.start()
        yield server
        assert server.stop() == 0, server.log()
        assert "Traceback" not in server.log(), server.log()
