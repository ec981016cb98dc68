"""The table, said a second time in other words, so that a slip in it shows."""

import pytest

from livehub.accounts.permissions import PERMISSIONS, RANK, Action, Role, may, require
from livehub.accounts.principal import Principal, PrincipalKind
from livehub.errors import Forbidden

EVERYBODY = {Action.WATCH, Action.CHAT, Action.REACT, Action.BUY, Action.POLL_VOTE, Action.QUESTION_ASK}
MODERATES = {
    Action.CHAT_DELETE,
    Action.CHAT_PIN,
    Action.MUTE,
    Action.BAN,
    Action.MODERATE,
    Action.SEE_HANDS,
    Action.QUESTION_MANAGE,
}
ALLOWED = {
    Role.VIEWER: EVERYBODY | {Action.RAISE_HAND, Action.DRAW_ENTER},
    Role.SPEAKER: EVERYBODY | {Action.RAISE_HAND, Action.DRAW_ENTER, Action.PUBLISH},
    Role.MODERATOR: EVERYBODY | MODERATES,
    Role.COHOST: EVERYBODY
    | MODERATES
    | {
        Action.PUBLISH,
        Action.STAGE,
        Action.INTERPRETERS,
        Action.REHEARSE,
        Action.OFFER_EDIT,
        Action.RESTREAM_RUN,
        Action.CAPTION,
        Action.POLL_RUN,
        Action.DRAW_RUN,
        Action.ANNOUNCE,
    },
    Role.HOST: set(Action) - {Action.RAISE_HAND, Action.DRAW_ENTER},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_each_role_may_exactly_this(role: Role, action: Action) -> None:
    assert may(role, action) == (action in ALLOWED[role])
    if may(role, action):
        require(role, action)
    else:
        with pytest.raises(Forbidden):
            require(role, action)


def test_every_action_is_in_the_table_and_every_role_has_a_rank_of_its_own() -> None:
    assert set(PERMISSIONS) == set(Action)
    assert sorted(RANK, key=RANK.__getitem__) == list(reversed(Role))


@pytest.mark.parametrize("kind", PrincipalKind)
def test_accounts_and_their_keys_are_accounts(kind: PrincipalKind) -> None:
    principal = Principal(kind, "x", "X", "en")
    if kind in {PrincipalKind.ACCOUNT, PrincipalKind.API_KEY}:
        principal.require_account()
    else:
        with pytest.raises(Forbidden):
            principal.require_account()
