"""The number that the next record of a series would bear."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

DIGITS = 4
LOOKED_AT = 20


def next_number(session: Session | scoped_session[Any], column: Any, series: str, year: int) -> str:
    """``N/2026/0001`` for the series ``N``, or one more than the highest such number.

    A proposal: somebody else may take it meanwhile, which the database refuses. Numbers written otherwise
    are passed over.
    """
    beginning = f"{series}/{year}/"
    last = session.scalars(
        sa.select(column)
        .where(column.startswith(beginning, autoescape=True))
        .order_by(sa.func.length(column).desc(), column.desc())
        .limit(LOOKED_AT)
    )
    ends = (number.removeprefix(beginning) for number in last)
    highest = next((int(end) for end in ends if end.isascii() and end.isdecimal()), 0)
    return f"{beginning}{highest + 1:0{DIGITS}d}"
