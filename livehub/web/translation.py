"""/api/v1: glossaries of stores and rooms, what rooms had translated, what viewers say is wrong with it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.accounts.permissions import Action
from livehub.errors import Forbidden, InvalidInput, MalformedRequest, UnsupportedMedia
from livehub.translation.budget import Budget
from livehub.translation.desk import GlossaryDesk, Scope, present
from livehub.translation.glossary import MAX_TERM_CHARS, Term
from livehub.translation.glossary_csv import MAX_NOTE_CHARS
from livehub.translation.locale import require_locale
from livehub.translation.reports import MAX_SUGGESTION_CHARS, TranslationReport, TranslationReports
from livehub.translation.stats import TranslationStats
from livehub.web.auth import require_account
from livehub.web.body import LocaleTag, answer, answer_list, page_limit, read_bytes, read_json
from livehub.web.commerce_wire import COMMERCE
from livehub.web.health import Metrics
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import access_to, room_access

GLOSSARIES: web.AppKey[GlossaryDesk] = web.AppKey("glossaries", GlossaryDesk)
REPORTS: web.AppKey[TranslationReports] = web.AppKey("translation_reports", TranslationReports)
BUDGET: web.AppKey[Budget] = web.AppKey("translation_budget", Budget)
MAX_CSV_BYTES: Final = 1024 * 1024

Word = Annotated[str, Meta(min_length=1, max_length=MAX_TERM_CHARS)]


class TermBody(msgspec.Struct):
    """``keep``: a word that stays as it is; else ``words``, by language, the first of each being what is shown."""

    keep: Word | None = None
    words: dict[LocaleTag, Annotated[list[Word], Meta(min_length=1, max_length=10)]] = {}
    note: Annotated[str, Meta(max_length=MAX_NOTE_CHARS)] = ""

    def term(self, term_id: str = "") -> Term:
        """Raises: InvalidInput."""
        if self.keep is not None and self.words:
            raise InvalidInput("A term is kept, or has words; not both", field="words")
        words: dict[str, tuple[str, ...]] = {"": (self.keep.strip(),)} if self.keep is not None else {}
        words |= {tag: tuple(word.strip() for word in wordings) for tag, wordings in self.words.items()}
        return Term(words, self.keep is not None, " ".join(self.note.split()), term_id)


class TermView(msgspec.Struct):
    id: str
    keep: str | None
    words: dict[str, list[str]]
    note: str


class ReportBody(msgspec.Struct):
    suggestion: Annotated[str, Meta(max_length=MAX_SUGGESTION_CHARS)] = ""


class ReportView(msgspec.Struct):
    id: str
    room: str
    message: str
    source_locale: LocaleTag
    locale: LocaleTag
    original: str
    text: str
    engine: str
    suggestion: str
    at: str


class UsageView(msgspec.Struct):
    """Characters of today (UTC). ``limit`` null: there is none. ``spent``: what is written stays as it is."""

    used: int
    limit: int | None
    spent: bool
    resets_at: str


async def _scope(request: web.Request) -> Scope:
    """Whose glossary, once the caller was found to be allowed to it. Raises: Unauthenticated, Forbidden, NotFound."""
    if "store" in request.match_info:
        principal = await require_account(request)
        store = await request.app[COMMERCE].shop.own_store(principal, request.match_info["store"])
        return Scope("store", store.id)
    access = await room_access(request)
    access.require(Action.ROOM_EDIT)
    return Scope("room", access.room.id)


async def list_terms(request: web.Request) -> web.Response:
    scope = await _scope(request)
    return answer_list([present(term) for term in await request.app[GLOSSARIES].terms(scope)])


async def add_term(request: web.Request) -> web.Response:
    scope = await _scope(request)
    body = await read_json(request, TermBody)
    return answer(present(await request.app[GLOSSARIES].add(scope, body.term())), 201)


async def put_term(request: web.Request) -> web.Response:
    scope = await _scope(request)
    body = await read_json(request, TermBody)
    return answer(present(await request.app[GLOSSARIES].change(scope, body.term(request.match_info["term"]))))


async def delete_term(request: web.Request) -> web.Response:
    scope = await _scope(request)
    await request.app[GLOSSARIES].delete(scope, request.match_info["term"])
    return web.Response(status=204)


async def get_csv(request: web.Request) -> web.Response:
    scope = await _scope(request)
    return web.Response(
        text=await request.app[GLOSSARIES].write_csv(scope),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="glossary-{scope.id}.csv"',
            "Cache-Control": "no-store",
        },
    )


async def put_csv(request: web.Request) -> web.Response:
    """The whole glossary; the one before is gone."""
    scope = await _scope(request)
    if request.content_type != "text/csv":
        raise UnsupportedMedia("Send the table as text/csv")
    try:
        text = (await read_bytes(request, MAX_CSV_BYTES)).decode()
    except UnicodeDecodeError:
        raise MalformedRequest("The table is not UTF-8") from None
    if "\x00" in text:
        raise MalformedRequest("Leave out the NUL character")
    terms = await request.app[GLOSSARIES].read_csv(scope, text)
    return answer_list([present(term) for term in terms])


async def report_translation(request: web.Request) -> web.Response:
    access = await taking_part(request)
    access.require(Action.WATCH)
    body = await read_json(request, ReportBody)
    report = await request.app[REPORTS].add(
        access.room.id,
        access.room.store_id,
        request.match_info["message"],
        require_locale(request.match_info["locale"]),
        access.require_principal().identity,
        body.suggestion,
    )
    return answer(report.present(), 201)


async def list_store_reports(request: web.Request) -> web.Response:
    scope, limit = await _scope(request), page_limit(request)
    return _reports(await request.app[REPORTS].of_store(scope.id, request.query.get("after", ""), limit + 1), limit)


async def list_room_reports(request: web.Request) -> web.Response:
    scope, limit = await _scope(request), page_limit(request)
    return _reports(await request.app[REPORTS].of_room(scope.id, request.query.get("after", ""), limit + 1), limit)


def _reports(found: Any, limit: int) -> web.Response:
    shown: list[TranslationReport] = list(found[:limit])
    return answer_list([each.present() for each in shown], shown[-1].id if len(found) > limit else None)


async def settle_report(request: web.Request) -> web.Response:
    """By the host of the room, or the owner of the shop that it sold for."""
    principal = await require_account(request)
    report = await request.app[REPORTS].find(request.match_info["report"])
    shop = request.app[COMMERCE].shop
    if report.store_id is None or report.store_id not in {store.id for store in await shop.stores_of(principal)}:
        access = await access_to(request, report.room_id)
        access.require(Action.ROOM_EDIT)
    await request.app[REPORTS].settle(report.id)
    return web.Response(status=204)


async def get_usage(request: web.Request) -> web.Response:
    access = await room_access(request)
    if not access.may(Action.MODERATE):
        raise Forbidden("Only those who run the room see this")
    return answer(await request.app[BUDGET].look(access.room.id))


def count_translation(metrics: Metrics, stats: TranslationStats, budget: Budget, reports: TranslationReports) -> None:
    """``/metrics``: what the pipeline did since the process began."""
    meanings: Mapping[str, tuple[str, Callable[[], float]]] = {
        "requested": ("Lines and languages asked for", lambda: stats.requested),
        "cached": ("Of these, answered from memory", lambda: stats.cache_hits + stats.coalesced),
        "shared_hits": ("Of these, translated by another process", lambda: stats.shared_hits),
        "translated": ("Of these, translated", lambda: stats.translated),
        "failed": ("Of these, not translated in time or at all", lambda: stats.failed + stats.timed_out),
        "over_budget": ("Of these, kept from engines that cost", lambda: stats.over_budget),
        "overloaded": ("Of these, turned away because too much waited", lambda: stats.overloaded),
        "chars": ("Characters given to engines that cost", lambda: stats.chars),
        "rooms_spent": ("Rooms that have used their characters of today", lambda: budget.spent_rooms),
        "reported": ("Translations that viewers reported", lambda: reports.count),
        "garbled": (
            "Answers that lost or doubled what must stay",
            lambda: sum(each.garbled for each in stats.providers.values()),
        ),
    }
    for name, (meaning, read) in meanings.items():
        metrics.gauge(f"livehub_translation_{name}", meaning, read)


_SCOPES: Final = {"A store's": f"{API}/stores/{{store}}", "A room's": f"{API}/rooms/{{room}}"}
_REPORT_ONE = f"{API}/rooms/{{room}}/messages/{{message}}/translations/{{locale}}/reports"
_SETTLE = f"{API}/translation-reports/{{report}}"


def routes() -> list[web.RouteDef]:
    found = [
        web.post(_REPORT_ONE, report_translation),
        web.get(f"{API}/stores/{{store}}/translation-reports", list_store_reports),
        web.get(f"{API}/rooms/{{room}}/translation-reports", list_room_reports),
        web.delete(_SETTLE, settle_report),
        web.get(f"{API}/rooms/{{room}}/translation-usage", get_usage),
    ]
    for base in _SCOPES.values():
        found += [
            web.get(f"{base}/glossary", list_terms),
            web.post(f"{base}/glossary", add_term),
            web.get(f"{base}/glossary.csv", get_csv),
            web.put(f"{base}/glossary.csv", put_csv),
            web.put(f"{base}/glossary/{{term}}", put_term),
            web.delete(f"{base}/glossary/{{term}}", delete_term),
        ]
    return found


def _operations() -> list[Operation]:
    found = [
        Operation("POST", _REPORT_ONE, "Say that a translation is wrong", ReportBody, ReportView,
                  (201, 401, 403, 404, 422, 429)),
        Operation("GET", f"{API}/stores/{{store}}/translation-reports", "What viewers say is wrongly translated", None,
                  ReportView, (200, 401, 403, 404, 422), "account", True,
                  {"after": "The next of the page before", "limit": "1 to 200"}),
        Operation("GET", f"{API}/rooms/{{room}}/translation-reports", "The same of one room", None, ReportView,
                  (200, 401, 403, 404, 422), "account", True,
                  {"after": "The next of the page before", "limit": "1 to 200"}),
        Operation("DELETE", _SETTLE, "Settle a report", None, None, (204, 401, 403, 404), "account"),
        Operation("GET", f"{API}/rooms/{{room}}/translation-usage", "What the room had translated today", None,
                  UsageView, (200, 401, 403, 404), "account"),
    ]  # fmt: skip
    for whose, base in _SCOPES.items():
        terms, table, of = f"{base}/glossary", f"{base}/glossary.csv", whose.lower()
        taken = (200, 401, 403, 404, 422)
        found += [
            Operation("GET", terms, f"{whose} glossary", None, TermView, (200, 401, 403, 404), "account", True),
            Operation("POST", terms, f"Add a term to {of} glossary", TermBody, TermView,
                      (201, 401, 403, 404, 422), "account"),
            Operation("GET", table, f"{whose} glossary as a table", None, None, (200, 401, 403, 404),
                      "account", answer_type="text/csv"),
            Operation("PUT", table, f"{whose} glossary, replaced by a table (text/csv)", None, TermView,
                      (*taken, 400, 413, 415), "account", True),
            Operation("PUT", f"{terms}/{{term}}", f"Change a term of {of} glossary", TermBody, TermView, taken,
                      "account"),
            Operation("DELETE", f"{terms}/{{term}}", f"Delete a term of {of} glossary", None, None,
                      (204, 401, 403, 404), "account"),
        ]  # fmt: skip
    return found


OPERATIONS = _operations()
