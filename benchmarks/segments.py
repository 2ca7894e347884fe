"""Counting SMS parts: ours against a naive loop over the characters, which gives the same answers."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.ground import NotReady
from domain.segments import Encoding, Segmentation, segment

OURS, NAIVE = "Goniec", "a loop over the characters"
SEED = 7
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE = frozenset("\f^{}\\[~]|€")
_PLAIN = (
    "Dzien dobry zapraszamy na odbior lokalu w inwestycji Osiedle Nadrzecze prosimy o kontakt z biurem "
    "sprzedazy w godz 9-17 tel 71 300 20 10"
)
_POLISH = "Dzień dobry zapraszamy na odbiór lokalu proszę o kontakt z biurem sprzedaży żółć gęś jaźń"


@dataclass(frozen=True)
class Counting:
    """Texts per second of each, round by round, and how many of them took UCS-2."""

    texts: int
    wide: int
    rates: dict[str, list[float]] = field(default_factory=lambda: {OURS: [], NAIVE: []})

    @property
    def ratio(self) -> float:
        return median(ours / theirs for ours, theirs in zip(self.rates[OURS], self.rates[NAIVE], strict=True))


def counting(*, texts: int, rounds: int) -> Counting:
    """Measure on a mix of short and long texts, a third of them with Polish letters, a few with an emoji."""
    sample = _texts(texts)
    if [segment(text) for text in sample] != [naive(text) for text in sample]:
        raise NotReady("the naive loop and ours do not agree")
    results = Counting(texts, sum(not set(text) <= _BASIC | _DOUBLE for text in sample))
    contestants: dict[str, Callable[[str], object]] = {OURS: segment, NAIVE: naive}
    for turn in range(rounds):
        for name in list(contestants) if turn % 2 == 0 else list(reversed(contestants)):
            results.rates[name].append(_rate(contestants[name], sample))
    return results


def counting_table(results: Counting) -> Iterator[str]:
    rounds = len(results.rates[OURS])
    yield f"Counting the parts of {results.texts:,} texts ({results.wide:,} in UCS-2), {rounds} rounds:"
    yield ""
    yield "| contestant | texts/s | ratio |"
    yield "|---|---:|---:|"
    yield f"| {OURS} | {median(results.rates[OURS]):,.0f} | {results.ratio:.1f} |"
    yield f"| {NAIVE} | {median(results.rates[NAIVE]):,.0f} | 1.0 |"


def naive(text: str) -> Segmentation:
    """A text counted character by character."""
    wide = False
    for character in text:
        if character not in _BASIC and character not in _DOUBLE:
            wide = True
    sizes, expensive = [], []
    for character in text:
        two = ord(character) > 0xFFFF if wide else character in _DOUBLE
        dear = (character not in _BASIC and character not in _DOUBLE) if wide else two
        if dear and character not in expensive:
            expensive.append(character)
        sizes.append(2 if two else 1)
    return Segmentation(
        Encoding.UCS2 if wide else Encoding.GSM7, sum(sizes), _parts(sizes, wide=wide), tuple(expensive)
    )


def _parts(sizes: list[int], *, wide: bool) -> int:
    single, joined = (70, 67) if wide else (160, 153)
    if sum(sizes) <= single:
        return 1 if sizes else 0
    parts, room = 1, joined
    for size in sizes:
        if size > room:
            parts, room = parts + 1, joined
        room -= size
    return parts


def _texts(count: int) -> list[str]:
    rng = random.Random(SEED)
    texts = []
    for _each in range(count):
        words = (_POLISH if rng.random() < 1 / 3 else _PLAIN).split()
        text = " ".join(rng.choices(words, k=rng.randint(8, 60)))
        texts.append(text + rng.choice(("", "", "", "", "", " €", " [A]", " 😀")))
    return texts


def _rate(count: Callable[[str], object], sample: Sequence[str]) -> float:
    started = time.perf_counter()
    for text in sample:
        count(text)
    return len(sample) / (time.perf_counter() - started)
