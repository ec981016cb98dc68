"""The tree of errors: codes that are stable and statuses that mean what they say."""

import importlib
import pkgutil
from collections.abc import Iterator
from http import HTTPStatus

import pytest

import livehub
from livehub import errors
from livehub.errors import LivehubError
from livehub.web.problem import from_error


def _all(kind: type[LivehubError]) -> Iterator[type[LivehubError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _all(below)


def _every_error() -> list[type[LivehubError]]:
    for module in pkgutil.walk_packages(livehub.__path__, "livehub."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    return sorted(set(_all(LivehubError)), key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", _every_error(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_a_status_and_a_sentence(kind: type[LivehubError]) -> None:
    assert kind.code.replace("_", "").isalnum()
    assert kind.code == kind.code.lower()
    assert HTTPStatus(kind.status) >= 400
    assert kind.title[0].isupper()


def test_details_codes_and_members_can_be_more_precise() -> None:
    error = errors.Conflict("Only 2 are left", code="sold_out", available=2)
    assert (str(error), error.error_code, error.extra) == ("Only 2 are left", "sold_out", {"available": 2})
    assert errors.NotFound().detail == errors.NotFound.title


def test_waiting_times_go_out_whole_and_upwards() -> None:
    for error in (errors.RateLimited(retry_after_s=0.2), errors.Unavailable(retry_after_s=0.9)):
        assert from_error(error).headers["Retry-After"] == "1"
    assert from_error(errors.RateLimited(retry_after_s=59.1)).headers["Retry-After"] == "60"
    assert from_error(errors.Forbidden("You are muted", retry_after_s=7.5)).headers["Retry-After"] == "8"
    assert "Retry-After" not in from_error(errors.Forbidden("You are banned")).headers
    assert "Retry-After" not in from_error(errors.Conflict()).headers
