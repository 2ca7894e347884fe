"""Whatever is killed, whenever: nobody is lost, nobody gets two, a kill leaves at most one uncertain."""

from pathlib import Path

import pytest
from flask import Flask

from domain.delivery import Status
from tests.chaos.killing import Killing, Plan, Result


def check(plan: Plan, result: Result) -> None:
    print(f"\n{result}")
    assert sum(result.statuses.values()) == plan.recipients
    assert set(result.statuses) <= {Status.SENT, Status.FAILED, Status.UNCERTAIN}
    assert max(result.caught.values()) == 1
    assert result.sent <= result.caught.keys()
    assert result.statuses[Status.UNCERTAIN] <= result.kills
    assert result.kills == plan.kills
    assert result.kills_in_mid_answer == plan.kills // 2
    assert result.queue_emptied == 2
    assert result.ended_by_themselves == []


def test_kills_lose_nobody_and_send_nothing_twice(database: Flask, database_url: str, tmp_path: Path) -> None:
    plan = Plan(recipients=200, kills=3)
    check(plan, Killing(plan, tmp_path, database_url).run())


@pytest.mark.chaos
def test_many_kills_lose_nobody_and_send_nothing_twice(
    database: Flask, database_url: str, tmp_path: Path
) -> None:
    plan = Plan(recipients=2000, kills=20)
    check(plan, Killing(plan, tmp_path, database_url).run())
