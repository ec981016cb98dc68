"""Every bound of polls, questions and draws; docs/interaction.md has the same table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InteractionLimits:
    max_poll_chars: int = 200
    min_options: int = 2
    max_options: int = 10
    max_option_chars: int = 80
    #: polls and draws of a room in all, whatever their state
    max_polls: int = 200
    max_draws: int = 200
    max_question_chars: int = 300
    #: questions of one member that wait for an answer, and of a room
    max_waiting_of_member: int = 5
    max_waiting_of_room: int = 2_000
    #: questions shown: those that wait, by votes, and the latest that were answered
    shown_waiting: int = 100
    shown_answered: int = 20
    max_draw_chars: int = 120
    max_keyword_chars: int = 30
    max_winners: int = 50
    max_entries: int = 100_000
    #: votes, upvotes and entries of a member in a room, and questions
    votes_per_s: float = 2
    votes_burst: float = 20
    asks_per_s: float = 1 / 15
    asks_burst: float = 3
    #: what hosts open and close
    runs_per_s: float = 1
    runs_burst: float = 20
    #: sums are told at most this often
    tell_s: float = 0.5
    #: how old what is shown may be where no event told of a change
    shown_for_s: float = 1.0
