import asyncio

import pytest

from livehub.background import Background


async def test_jobs_are_done_in_order_and_a_failure_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def job(number: int) -> None:
        async def run() -> None:
            await asyncio.sleep(0)
            if number == 1:
                raise ValueError(number)
            done.append(number)

        assert background.put(run)

    background = Background("test", 10)
    background.start()
    for number in range(5):
        job(number)
    await background.close()
    await background.close()
    assert done == [0, 2, 3, 4]
    assert "a job failed" in caplog.text


async def test_too_much_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    background = Background("test", 1)

    async def run() -> None:
        await asyncio.sleep(0)

    assert background.put(run)
    assert not background.put(run)
    background.start()
    await background.close()
    assert "left undone" in caplog.text


async def test_closing_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    background = Background("test", 10)
    background.start()
    background.put(asyncio.Event().wait)  # type: ignore[arg-type]
    await asyncio.wait_for(background.close(timeout_s=0.05), 2)
    assert "left undone" in caplog.text
