from collections.abc import AsyncIterator

import pytest

from livehub.translation.phrasebook import Phrasebook
from tests.translation.libretranslate_server import LibreTranslateServer


@pytest.fixture(scope="session")
def phrasebook() -> Phrasebook:
    return Phrasebook.shipped()


@pytest.fixture
async def libretranslate() -> AsyncIterator[LibreTranslateServer]:
    server = LibreTranslateServer()
    await server.start()
    yield server
    await server.close()
