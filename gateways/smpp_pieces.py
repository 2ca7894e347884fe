"""Pieces of incoming texts, put together when the last has come."""

from dataclasses import dataclass, field, replace

from domain.text_messages import IncomingText
from gateways.smpp_deliveries import Piece

PATIENCE_SECONDS = 120.0
MISSING = "[…]"
"""Stands where a piece has not come."""

_MOST_TEXTS = 1000
_Key = tuple[str, str, int, int]


@dataclass
class _Torso:
    since: float
    pieces: dict[int, IncomingText] = field(default_factory=dict)


class Pieces:
    """What has come of texts that are not whole. Moments are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._torsos: dict[_Key, _Torso] = {}

    def add(self, piece: Piece, now: float) -> IncomingText | None:
        """Keep a piece; the whole text when it was the last."""
        key = (piece.text.sender, piece.text.recipient, piece.number, piece.total)
        torso = self._torsos.setdefault(key, _Torso(now))
        torso.pieces[piece.place] = piece.text
        if len(torso.pieces) < piece.total:
            return None
        del self._torsos[key]
        return _joined(torso, piece.total)

    def given_up(self, now: float | None) -> list[IncomingText]:
        """Texts whose rest has not come for too long, or (without a moment) all, with gaps; kept no more."""
        late = [
            key
            for place, (key, torso) in enumerate(self._torsos.items())
            if now is None or now - torso.since > PATIENCE_SECONDS or place < len(self._torsos) - _MOST_TEXTS
        ]
        return [_joined(self._torsos.pop(key), key[-1]) for key in late]


def _joined(torso: _Torso, total: int) -> IncomingText:
    first = torso.pieces[min(torso.pieces)]
    texts = [torso.pieces[place].text if place in torso.pieces else MISSING for place in range(1, total + 1)]
    return replace(first, text="".join(texts))
