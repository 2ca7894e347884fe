"""What a campaign's texts would cost, to the part: every text is rendered and counted before it is sent."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.segments import TooManyParts, segment
from domain.tariff import Tariff
from domain.transliteration import to_gsm
from models.campaign import Campaign, CampaignKind
from models.message import Message
from queries.audience import audience_of, one_per_address, pairs
from queries.merge_values import merge_values_column, with_records
from services.price_list import price_in_force
from services.text_content import TextRenderer

RENDERED_TOGETHER = 500
MOST_EXPENSIVE = 20
_READ_TOGETHER = 2_000


class EmptyText(DomainError):
    """Parameter: ``number``."""

    message = "The text for %(number)s is empty."


@dataclass(frozen=True, slots=True)
class Quote:
    """Money in 1/10000 PLN. ``distribution``: parts of a message to the number of messages with so many.

    ``with_letters`` and ``without_letters``: the total with Polish letters and typography, and in plain form;
    ``total`` is the one of the two that will be charged. ``expensive``: the characters that make it dear,
    the most frequent first.
    """

    messages: int
    parts: int
    total: int
    with_letters: int
    without_letters: int
    distribution: Mapping[int, int]
    expensive: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    with_letters: int
    without_letters: int
    expensive: tuple[str, ...]


CountedTexts = dict[str, tuple[Mapping[str, str], _Counted]]
"""Of each number the values its text was made of, and what that text counts."""


def quote_audience(
    session: Session, campaign: Campaign, renderer: TextRenderer, common: Mapping[str, str], tariff: Tariff
) -> Quote:
    """The quote of a draft for its audience of now. Raises NoPrice, TooManyParts, EmptyText and
    TemplateFailed.
    """
    return _quote(_rows(session, _audience(campaign)), renderer, common, tariff, {})


def count_audience(
    session: Session, campaign: Campaign, renderer: TextRenderer, common: Mapping[str, str]
) -> CountedTexts:
    """Render and count the texts of a draft's audience of now, for `quote_frozen`. Raises TemplateFailed."""
    counted: CountedTexts = {}
    waiting = _rows(session, _audience(campaign))
    while batch := list(islice(waiting, RENDERED_TOGETHER)):
        _count_new(batch, renderer, common, counted)
    return counted


def quote_frozen(
    session: Session,
    campaign_id: int,
    renderer: TextRenderer,
    common: Mapping[str, str],
    tariff: Tariff,
    counted: CountedTexts,
) -> Quote:
    """The quote of what an approval has just frozen; only what was not counted before is rendered.

    Raises as ``quote_audience``.
    """
    query = sa.select(Message.address, Message.merge_values).where(Message.campaign_id == campaign_id)
    return _quote(_rows(session, query), renderer, common, tariff, counted)


def quote_one(renderer: TextRenderer, number: str, values: Mapping[str, str], tariff: Tariff) -> Quote:
    """The quote of a single text. Raises as ``quote_audience``."""
    return _quote([(number, values)], renderer, {}, tariff, {})


def _audience(campaign: Campaign) -> sa.Select[str, dict[str, str]]:
    with_contract = campaign.kind == CampaignKind.INVESTMENT
    chosen = one_per_address(pairs(audience_of(campaign)).cte("pairs"))
    return sa.select(chosen.c.normalised, merge_values_column(with_contract=with_contract)).select_from(
        with_records(chosen, with_contract=with_contract)
    )


def _rows(session: Session, query: sa.Select[str, dict[str, str]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for number, values in session.execute(query.execution_options(yield_per=_READ_TOGETHER)):
        yield number, values or {}


def _quote(
    rows: Iterable[tuple[str, Mapping[str, str]]],
    renderer: TextRenderer,
    common: Mapping[str, str],
    tariff: Tariff,
    known: CountedTexts,
) -> Quote:
    content = renderer.content
    distribution: Counter[int] = Counter()
    expensive: Counter[str] = Counter()
    with_letters = without_letters = 0
    waiting = iter(rows)
    while batch := list(islice(waiting, RENDERED_TOGETHER)):
        _count_new(batch, renderer, common, known)
        for number, _values in batch:
            counted = known[number][1]
            parts = counted.without_letters if content.strip_letters else counted.with_letters
            if not parts:
                raise EmptyText(number=number)
            if parts > content.most_parts:
                raise TooManyParts(parts=parts, limit=content.most_parts)
            price = price_in_force(tariff, number)
            distribution[parts] += 1
            expensive.update(counted.expensive)
            with_letters += counted.with_letters * price
            without_letters += counted.without_letters * price
    return Quote(
        messages=distribution.total(),
        parts=sum(parts * messages for parts, messages in distribution.items()),
        total=without_letters if content.strip_letters else with_letters,
        with_letters=with_letters,
        without_letters=without_letters,
        distribution=dict(sorted(distribution.items())),
        expensive=tuple(character for character, _times in expensive.most_common(MOST_EXPENSIVE)),
    )


def _count_new(
    batch: Sequence[tuple[str, Mapping[str, str]]],
    renderer: TextRenderer,
    common: Mapping[str, str],
    known: CountedTexts,
) -> None:
    """Count what is not known yet of these texts, or was made of other values."""
    new = [(number, values) for number, values in batch if known.get(number, (None,))[0] != values]
    if not new:
        return
    texts = renderer.render_many([{**common, **values} for _number, values in new])
    for (number, values), text in zip(new, texts, strict=True):
        known[number] = (values, _count(text))


@lru_cache(maxsize=4_096)
def _count(text: str) -> _Counted:
    written = segment(text)
    return _Counted(written.parts, segment(to_gsm(text)).parts, written.expensive)
