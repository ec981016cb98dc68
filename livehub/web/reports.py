"""/api/v1/rooms/{room}/report and /stores/{store}/shows: a show in figures, and beside the store's others."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.commerce.money import EXPONENTS
from livehub.errors import NotFound
from livehub.insights.service import Insights
from livehub.insights.sheet import PARTS, written
from livehub.web.auth import require_account
from livehub.web.body import answer, answer_list
from livehub.web.commerce_wire import COMMERCE, number_cursor, page_of
from livehub.web.openapi import API, Operation
from livehub.web.rooms import room_access

INSIGHTS: web.AppKey[Insights] = web.AppKey("insights", Insights)
MAX_SHOWS = 50

Minor = Annotated[int, Meta(description="In the minor unit of the report's currency")]


class ShowView(msgspec.Struct):
    id: str
    title: str
    kind: str
    state: str
    started_at: str | None
    ended_at: str | None


class TakingsView(msgspec.Struct):
    """``goods - discounts + charges + unserved = taken``; ``taken`` and ``refunded`` are the ledger's."""

    goods: Minor
    discounts: Minor
    charges: Annotated[int, Meta(description="Tax and shipping")]
    unserved: Annotated[int, Meta(description="Came too late for orders that were given up; goes back by itself")]
    taken: Minor
    refunded: Minor
    net: Minor


class WaitingView(msgspec.Struct):
    orders: int
    total: Minor


class AudienceView(msgspec.Struct):
    peak: int
    mean: float
    entered: int


class PointView(msgspec.Struct):
    """``step_minutes`` from ``at`` on. ``viewers``: the most at once."""

    at: str
    viewers: int
    viewers_mean: float
    entered: int
    units: int
    taken: Minor
    refunded: Minor


class FunnelView(msgspec.Struct):
    """People: in the room while it was pinned, who opened it, who went to checkout; and orders that were paid."""

    view: int
    card: int
    checkout: int
    paid: int


class ProductFiguresView(msgspec.Struct):
    offer: str
    sku: str
    title: str
    variant_title: str
    funnel: FunnelView
    units: int
    returned: int
    goods: Minor
    available: int
    held: int


class TopQuestionView(msgspec.Struct):
    text: str
    display_name: str
    votes: int
    answered: bool


class ReportView(msgspec.Struct):
    room: ShowView
    currency: str | None
    made_at: str
    money: TakingsView
    orders: int
    waiting: WaitingView
    units: int
    returned: int
    viewers: AudienceView
    step_minutes: int
    minutes: list[PointView]
    after: PointView
    products: list[ProductFiguresView]
    questions: list[TopQuestionView]


class PeopleView(msgspec.Struct):
    peak: int
    mean: float


class ShowSummaryView(msgspec.Struct):
    room: str
    title: str
    started_at: str
    ended_at: str | None
    currency: str
    viewers: PeopleView
    orders: int
    units: int
    taken: Minor
    refunded: Minor
    net: Minor


async def get_report(request: web.Request) -> web.Response:
    report = await request.app[INSIGHTS].report(await room_access(request))
    return answer(report.present(), headers={"Cache-Control": "no-store"})


async def get_sheet(request: web.Request) -> web.Response:
    part = next((part for part in PARTS if part == request.match_info["part"]), None)
    if part is None:
        raise NotFound(f"There are {', '.join(PARTS)}")
    access = await room_access(request)
    report = await request.app[INSIGHTS].report(access)
    day = report.present()["room"]["started_at"] or report.present()["made_at"]
    return web.Response(
        body=written(report, part, EXPONENTS.get(report.show.currency or "", 2)),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="show-{day[:10]}-{part}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def list_shows(request: web.Request) -> web.Response:
    store = await request.app[COMMERCE].shop.own_store(await require_account(request), request.match_info["store"])
    after, asked = page_of(request)
    limit = min(asked, MAX_SHOWS)
    shows = await request.app[INSIGHTS].shows(store.id, number_cursor(after), limit + 1)
    following = str(shows[limit - 1].started_at) if len(shows) > limit else None
    return answer_list([show.present() for show in shows[:limit]], following)


def routes() -> list[web.RouteDef]:
    return [
        web.get(f"{API}/rooms/{{room}}/report", get_report),
        web.get(f"{API}/rooms/{{room}}/report/{{part}}.csv", get_sheet),
        web.get(f"{API}/stores/{{store}}/shows", list_shows),
    ]


OPERATIONS = [
    Operation(
        "GET", f"{API}/rooms/{{room}}/report", "A show in figures, for its host; while it is live at most 5 s old",
        None, ReportView, (200, 401, 403, 404),
    ),
    Operation(
        "GET", f"{API}/rooms/{{room}}/report/{{part}}.csv", "A table of it: minutes, products, money or questions",
        None, None, (200, 401, 403, 404), answer_type="text/csv",
    ),
    Operation(
        "GET", f"{API}/stores/{{store}}/shows", "The store's shows in figures, the latest first", None,
        ShowSummaryView, (200, 401, 403, 404), "account", True,
        {"after": "The cursor of the page before", "limit": "1 to 50"},
    ),
]  # fmt: skip
