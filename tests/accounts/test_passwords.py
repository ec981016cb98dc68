"""Argon2 in its own threads: right and wrong, renewal, the same work for nobody, a bounded queue."""

import asyncio
from dataclasses import replace

import pytest
from argon2 import Parameters, PasswordHasher, Type

from livehub.accounts.passwords import MAX_WAITING, PARAMETERS, Passwords
from livehub.errors import Unavailable

CHEAP = Parameters(Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=8, parallelism=1)


async def test_a_password_matches_its_own_hash_alone() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert stored != await passwords.hash("correct horse"), "each hash has its own salt"
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "wrong horse")
    assert not await passwords.verify("not a hash", "correct horse")
    await passwords.close()


async def test_hashes_of_other_parameters_are_renewed() -> None:
    old, new = Passwords(CHEAP), Passwords(replace(CHEAP, time_cost=2))
    stored = await old.hash("correct horse")
    assert not old.needs_renewal(stored)
    assert new.needs_renewal(stored)
    assert await new.verify(stored, "correct horse")
    await old.close()
    await new.close()


class _Counting:
    """Argon2's hasher, remembering the parameters of each check."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self.hash = hasher.hash
        self.checked: list[str] = []

    def verify(self, stored: str, password: str) -> bool:
        self.checked.append(stored.rsplit("$", 2)[0])
        return self._hasher.verify(stored, password)


async def test_an_unknown_person_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("correct horse")
    counting = _Counting(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", counting)
    assert not await passwords.verify(stored, "wrong horse")
    assert not await passwords.verify(None, "wrong horse")
    assert counting.checked == [stored.rsplit("$", 2)[0]] * 2
    await passwords.close()


async def test_a_crowd_is_refused_before_it_eats_the_memory() -> None:
    passwords = Passwords(CHEAP, threads=1)
    results = await asyncio.gather(
        *(passwords.verify(None, "x") for _ in range(MAX_WAITING + 5)), return_exceptions=True
    )
    assert sum(isinstance(result, Unavailable) for result in results) == 5
    assert results.count(False) == MAX_WAITING
    assert await passwords.verify(None, "x") is False
    await passwords.close()


def test_the_parameters_are_rfc_9106s() -> None:
    assert (PARAMETERS.type, PARAMETERS.memory_cost, PARAMETERS.time_cost) == (Type.ID, 64 * 1024, 3)
