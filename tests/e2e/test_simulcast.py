"""A camera in three sizes, from a real Chromium to others: the size that fits the tile and the link."""

from collections.abc import Iterator

import pytest

from tests.e2e import merchant
from tests.e2e.conftest import PHONE, Person
from tests.e2e.layers import expect_sent, expect_width, keeping
from tests.e2e.narrow import NarrowLink
from tests.e2e.server import Server
from tests.e2e.viewer import expect_moving, watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture
def link(server: Server) -> Iterator[NarrowLink]:
    made = NarrowLink(server.media_port)
    yield made
    made.close()


def test_viewers_get_the_size_that_fits_tile_and_link(person: Person, link: NarrowLink) -> None:
    studio = keeping(person()).new_page()
    merchant.sign_up(studio, "Layers", "layers@example.org")
    merchant.open_shop(studio, "Layers shop")
    room = merchant.plan_show(studio, "In three sizes")
    merchant.go_live(studio)
    expect_sent(studio, "f,h,q")

    phone = watch(keeping(person(viewport=PHONE)), room)
    expect_width(phone, 300, 640, 20)

    desktop_context = keeping(person())
    desktop_context.add_init_script(link.script)
    desktop = watch(desktop_context, room)
    expect_width(desktop, 900, 1920, 30)

    link.rate_bps = 350_000
    expect_width(desktop, 100, 400, 15)
    expect_moving(desktop, frames=30)

    link.rate_bps = 0
    expect_width(desktop, 600, 1920, 60)
    expect_moving(desktop, frames=30)

    desktop.close()
    phone.close()
    expect_sent(studio, "q")
    back = watch(keeping(person()), room)
    expect_width(back, 600, 1920, 20)
