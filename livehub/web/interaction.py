"""/api/v1/rooms/{room}/polls and /questions: what a room is asked, and what its members ask. Draws: :mod:`.draws`."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from livehub.errors import InvalidInput
from livehub.interaction.polls import NewPoll, Poll
from livehub.interaction.questions import Question, QuestionState
from livehub.interaction.service import Interaction
from livehub.web.auth import require_principal
from livehub.web.body import answer, answer_list, read_json
from livehub.web.openapi import API, Operation
from livehub.web.origin import taking_part
from livehub.web.rooms import room_access

INTERACTION: web.AppKey[Interaction] = web.AppKey("interaction", Interaction)

#: what a text may hold at most is the domain's to say
Words = Annotated[str, Meta(min_length=1, max_length=2_000)]


class PollBody(msgspec.Struct):
    question: Words
    options: Annotated[list[Words], Meta(min_length=2, max_length=10)]


class VoteBody(msgspec.Struct):
    option: Annotated[int, Meta(ge=0, description="Counted from 0")]


class OptionView(msgspec.Struct):
    text: str
    votes: int


class PollView(msgspec.Struct):
    id: str
    question: str
    options: list[OptionView]
    voters: int
    state: Literal["open", "closed"]
    created_at: str
    closed_at: str | None


class QuestionBody(msgspec.Struct):
    text: Words
    client_id: Annotated[str, Meta(min_length=1, max_length=64, description="Yours; the same one asks once")]


class QuestionPatchBody(msgspec.Struct):
    state: Literal["answered", "waiting"]


class AskerView(msgspec.Struct):
    identity: str
    display_name: str


class QuestionView(msgspec.Struct):
    id: str
    author: AskerView
    text: str
    state: Literal["waiting", "answered"]
    votes: int
    at: str
    answered_at: str | None


def _poll(poll: Poll) -> PollView:
    return msgspec.convert(poll.present(), PollView)


def _question(question: Question) -> QuestionView:
    return msgspec.convert(question.present(), QuestionView)


async def list_polls(request: web.Request) -> web.Response:
    polls = request.app[INTERACTION].polls
    return answer_list([_poll(poll) for poll in await polls.in_room(await taking_part(request))])


async def open_poll(request: web.Request) -> web.Response:
    interaction, access = request.app[INTERACTION], await room_access(request)
    body = await read_json(request, PollBody)
    new = NewPoll.checked(body.question, body.options, interaction.limits)
    return answer(_poll(await interaction.polls.open(access, new)), 201)


async def get_poll(request: web.Request) -> web.Response:
    access = await taking_part(request)
    return answer(_poll(await request.app[INTERACTION].polls.get(access, request.match_info["poll"])))


async def close_poll(request: web.Request) -> web.Response:
    access = await room_access(request)
    return answer(_poll(await request.app[INTERACTION].polls.close(access, request.match_info["poll"])))


async def vote(request: web.Request) -> web.Response:
    access = await taking_part(request)
    body = await read_json(request, VoteBody)
    await request.app[INTERACTION].polls.vote(access, request.match_info["poll"], body.option)
    return web.Response(status=204)


async def list_questions(request: web.Request) -> web.Response:
    access = await taking_part(request)
    wanted = request.query.get("state", "waiting")
    if wanted not in {"waiting", "answered"}:
        raise InvalidInput("state is waiting or answered", field="state")
    found = await request.app[INTERACTION].questions.of_state(access, QuestionState(wanted))
    return answer_list([_question(question) for question in found])


async def ask(request: web.Request) -> web.Response:
    await require_principal(request)
    body = await read_json(request, QuestionBody)
    access = await taking_part(request)  # after the body, which takes as long as its sender likes
    return answer(_question(await request.app[INTERACTION].questions.ask(access, body.text, body.client_id)), 201)


async def patch_question(request: web.Request) -> web.Response:
    access = await room_access(request)
    body = await read_json(request, QuestionPatchBody)
    marked = await request.app[INTERACTION].questions.mark(
        access, request.match_info["question"], QuestionState(body.state)
    )
    return answer(_question(marked))


async def delete_question(request: web.Request) -> web.Response:
    await request.app[INTERACTION].questions.remove(await room_access(request), request.match_info["question"])
    return web.Response(status=204)


async def upvote(request: web.Request) -> web.Response:
    """PUT votes it up, DELETE takes that back."""
    questions, access = request.app[INTERACTION].questions, await taking_part(request)
    await questions.vote(access, request.match_info["question"], up=request.method == "PUT")
    return web.Response(status=204)


_POLLS, _POLL = f"{API}/rooms/{{room}}/polls", f"{API}/rooms/{{room}}/polls/{{poll}}"
_QUESTIONS, _QUESTION = f"{API}/rooms/{{room}}/questions", f"{API}/rooms/{{room}}/questions/{{question}}"


def routes() -> list[web.RouteDef]:
    return [
        web.get(_POLLS, list_polls),
        web.post(_POLLS, open_poll),
        web.get(_POLL, get_poll),
        web.post(f"{_POLL}/close", close_poll),
        web.put(f"{_POLL}/vote", vote),
        web.get(_QUESTIONS, list_questions),
        web.post(_QUESTIONS, ask),
        web.patch(_QUESTION, patch_question),
        web.delete(_QUESTION, delete_question),
        web.put(f"{_QUESTION}/vote", upvote),
        web.delete(f"{_QUESTION}/vote", upvote),
    ]


_SEEN = (200, 401, 403, 404)
OPERATIONS = [
    Operation("GET", _POLLS, "Polls of a room, the newest first", None, PollView, _SEEN, "any", True),
    Operation("POST", _POLLS, "Open a poll", PollBody, PollView, (201, 401, 403, 404, 409, 410, 422, 429)),
    Operation("GET", _POLL, "A poll with its sums", None, PollView, _SEEN),
    Operation("POST", f"{_POLL}/close", "Close a poll", None, PollView, (200, 401, 403, 404, 409)),
    Operation(
        "PUT", f"{_POLL}/vote", "Vote, or vote differently", VoteBody, None, (204, 401, 403, 404, 409, 410, 422, 429)
    ),
    Operation(
        "GET", _QUESTIONS, "Questions of members: those that wait by votes, or the latest that were answered", None,
        QuestionView, (200, 401, 403, 404, 422), "any", True, {"state": "waiting (the default) or answered"},
    ),
    Operation("POST", _QUESTIONS, "Ask", QuestionBody, QuestionView, (201, 401, 403, 404, 409, 410, 422, 429)),
    Operation("PATCH", _QUESTION, "Mark as answered", QuestionPatchBody, QuestionView, (200, 401, 403, 404, 409, 422)),
    Operation("DELETE", _QUESTION, "Take a question back, or away", None, None, (204, 401, 403, 404)),
    Operation("PUT", f"{_QUESTION}/vote", "Vote a question up", None, None, (204, 401, 403, 404, 409, 410, 429)),
    Operation("DELETE", f"{_QUESTION}/vote", "Take the vote back", None, None, (204, 401, 403, 404, 409, 410, 429)),
]  # fmt: skip
