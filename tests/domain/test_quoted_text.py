"""What a client wrote is told from what their program quoted, and nothing is lost."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quoted_text import MOST_PIECES, Piece, pieces_of, written_in

MARKERS = (
    "W dniu 02.03.2026 o 10:00, Serwis pisze:\n",
    "On Mon, 2 Mar 2026 at 10:00, Serwis <a@b.example> wrote:\n",
    "-----Original Message-----\n",
    "Od: Serwis\nWysłano: dziś\nDo: Jan\nTemat: x\n",
    "____________________\n",
    "> cytat\n",
    "\n",
    "\u2028",
    "\r\n",
    "tekst ",
)


def layouts() -> dict[str, list[str]]:
    lines = (Path(__file__).with_name("quoted_layouts.txt")).read_text().splitlines()
    found: dict[str, list[str]] = {}
    for line in lines[1:]:
        if line.startswith("== "):
            found[line[3:]] = []
        else:
            found[list(found)[-1]].append(line)
    return found


LAYOUTS = layouts()


def test_there_are_enough_of_them() -> None:
    assert len(LAYOUTS) >= 25


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_the_quotation_is_found(name: str, end: str) -> None:
    lines = LAYOUTS[name]
    text = "".join(line.removeprefix("|") + end for line in lines)
    quoted = [piece.text for piece in pieces_of(text) if piece.is_quoted]
    written = [line for line in lines if not line.startswith("|")]
    assert "".join(quoted) == "".join(line[1:] + end for line in lines if line.startswith("|"))
    if any(written):
        assert written_in(text) == end.join(written).strip()


@given(st.lists(st.one_of(st.sampled_from(MARKERS), st.text(max_size=60)), max_size=30).map("".join))
def test_nothing_is_lost(text: str) -> None:
    pieces = pieces_of(text)
    assert "".join(piece.text for piece in pieces) == text
    assert all(one.is_quoted != other.is_quoted for one, other in pairwise(pieces))
    assert written_in(text).strip() or not text.strip()


@pytest.mark.parametrize(
    "piece",
    [
        "On 2 Mar 2026 ",
        "On 2 Mar 2026\n",
        "Od: x\n",
        "Od: x\n\n\n",
        "__________\n\n",
        "> a\n\n",
        "Wiadomość napisana przez w dniu ",
        "w dniu w dniu 10:00 pisze: ",
        "a@",
        "-",
        "\n",
    ],
)
def test_hostile_text_takes_time_that_grows_with_its_length(piece: str) -> None:
    def seconds(times: int) -> float:
        text = (piece * times)[:2_000_000]
        began = time.process_time()
        pieces_of(text)
        return time.process_time() - began

    small, large = min(seconds(1_000) for _try in range(3)), seconds(8_000)
    assert large < 0.05 + 8 * 4 * small


def test_a_text_of_endless_quotations_is_cut_into_few_pieces() -> None:
    text = "> a\nb\n" * 10_000
    pieces = pieces_of(text)
    assert len(pieces) <= MOST_PIECES and "".join(piece.text for piece in pieces) == text


def test_a_thousand_lines_of_a_text_are_looked_at() -> None:
    text = "On 1\n" * 20_000
    began = time.process_time()
    assert pieces_of(text) == (Piece(text, is_quoted=False),)
    assert time.process_time() - began < 0.2
