"""What can go wrong with polls, questions and draws, as members see it."""

from livehub.errors import Conflict, Forbidden, InvalidInput, NotFound


class PollNotFound(NotFound):
    code, title = "poll_not_found", "There is no such poll in this room"


class PollIsOpen(Conflict):
    code, title = "poll_open", "One poll is open already; close it first"


class PollClosed(Conflict):
    code, title = "poll_closed", "This poll is closed; votes no longer count"


class UnknownOption(InvalidInput):
    code, title = "unknown_option", "This poll has no such option"


class QuestionNotFound(NotFound):
    code, title = "question_not_found", "There is no such question in this room"


class TooManyQuestions(Conflict):
    code, title = "too_many_questions", "Some of your questions wait for an answer; give them a little time"


class QuestionAnswered(Conflict):
    code, title = "question_answered", "This question was answered already"


class DrawNotFound(NotFound):
    code, title = "draw_not_found", "There is no such draw in this room"


class DrawIsRunning(Conflict):
    code, title = "draw_running", "One draw is running already; finish it first"


class DrawClosed(Conflict):
    code, title = "draw_closed", "Entries for this draw are closed"


class DrawFull(Conflict):
    code, title = "draw_full", "This draw has as many entries as it can take"


class EntriesNotClosed(Conflict):
    code, title = "entries_not_closed", "The list of entries is published when entries close"


class TooMany(Conflict):
    code, title = "too_many", "This room has as many as it may"


class NotYours(Forbidden):
    code, title = "not_yours", "Only who asked a question, or who manages questions, may take it back"
