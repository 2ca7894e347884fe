"""What happens at the sample company's service desk: decided here, written by `sandbox.sample_desk`."""

from dataclasses import dataclass

from domain.money import UNITS_PER_ZLOTY
from domain.repairs import RepairState

S = RepairState


@dataclass(frozen=True, slots=True)
class Offer:
    """``amount`` in 1/10000 PLN; good for so many ``days``, without end for nought."""

    amount: int
    description: str
    days: int = 14


@dataclass(frozen=True, slots=True)
class Yes:
    note: str = ""


@dataclass(frozen=True, slots=True)
class No:
    note: str = ""


Step = RepairState | Offer | Yes | No


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """``client`` is a place among those who come to the desk; each step is taken a day after the last."""

    client: int
    device: str
    description: str
    days_ago: int
    steps: tuple[Step, ...] = ()
    first: RepairState = S.RECEIVED
    held_back: bool = False


@dataclass(frozen=True, slots=True)
class TicketPlan:
    """Finished ``done_after`` days; nought: still open."""

    client: int
    subject: str
    description: str
    days_ago: int
    done_after: int = 0


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """For the repair at this place of REPAIRS; ``amount`` in 1/10000 PLN."""

    repair: int
    amount: int
    days_ago: int
    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class ShipmentPlan:
    repair: int
    carrier: str
    tracking_number: str
    days_ago: int


def _offer(zloty: int, description: str, days: int = 14) -> Offer:
    return Offer(zloty * UNITS_PER_ZLOTY, description, days)


REPAIRS = (
    RepairPlan(0, "Rekuperator Vasco D350", "Głośno pracuje na drugim biegu.", 2, first=S.AWAITING_SHIPMENT),
    RepairPlan(1, "Wideodomofon Vidos M11", "Nie odbiera wywołań z klatki B.", 2),
    RepairPlan(2, "Sterownik ogrzewania Tech ST-8s", "Nie łączy się z siecią.", 4, (S.DIAGNOSIS,)),
    RepairPlan(
        3, "Pompa ciepła Galmet Basic 200", "Błąd E07 po zaniku zasilania.", 6,
        (S.DIAGNOSIS, _offer(1234, "Wymiana płyty sterującej"), S.AWAITING_ACCEPTANCE),
    ),
    RepairPlan(
        4, "Brama garażowa Wiśniowski UniPro", "Nie domyka się po prawej stronie.", 7,
        (S.DIAGNOSIS, _offer(390, "Regulacja i sprężyna"), S.AWAITING_ACCEPTANCE, Yes("Zgoda przez telefon"),
         S.AWAITING_PARTS),
    ),
    RepairPlan(
        5, "Roleta zewnętrzna Aluprof SK", "Zerwana taśma.", 6,
        (S.DIAGNOSIS, _offer(180, "Taśma i robocizna", 7), S.AWAITING_ACCEPTANCE, Yes()),
    ),
    RepairPlan(
        6, "Napęd bramy Nice Robus 600", "Reaguje tylko na jeden pilot.", 9,
        (S.DIAGNOSIS, _offer(950, "Wymiana centrali"), S.AWAITING_ACCEPTANCE, No("Za drogo")),
    ),
    RepairPlan(
        7, "Kocioł Termet EcoCondens", "Przegląd gwarancyjny.", 8,
        (S.DIAGNOSIS, S.IN_REPAIR, S.READY_TO_SHIP),
    ),
    RepairPlan(
        0, "Oczyszczacz powietrza Sharp KC-D40", "Wymiana filtra i czujnika.", 12,
        (S.DIAGNOSIS, _offer(420, "Filtr i czujnik"), _offer(360, "Zamiennik filtra"), S.AWAITING_ACCEPTANCE,
         Yes(), S.READY_FOR_PICKUP, S.CLOSED),
    ),
    RepairPlan(8, "Klimatyzator Gree Pular", "Nie chłodzi.", 5, (S.DIAGNOSIS, S.IN_REPAIR)),
    RepairPlan(9, "Zmywarka Amica DIM64", "Nie pobiera wody.", 6, (S.DIAGNOSIS, S.READY_FOR_PICKUP)),
    RepairPlan(
        10, "Okap Globalo Lando", "Przepala żarówki.", 5, (S.RECEIVED, S.AWAITING_PARTS), S.AWAITING_SHIPMENT
    ),
    RepairPlan(1, "Czujnik czadu Kidde 7CO", "Fałszywe alarmy.", 3, (S.DIAGNOSIS,), held_back=True),
)  # fmt: skip
TICKETS = (
    TicketPlan(2, "Reklamacja uszczelki okna", "Przewiewa przy skrzydle w salonie.", 9, 4),
    TicketPlan(3, "Pytanie o przegląd rekuperacji", "Kiedy wypada najbliższy przegląd?", 6, 1),
    TicketPlan(4, "Usterka windy w klatce A", "Zatrzymuje się między piętrami.", 3),
    TicketPlan(11, "Prośba o duplikat pilota", "Jeden pilot zgubiony.", 2),
)
PAYMENTS = (
    PaymentPlan(8, 360 * UNITS_PER_ZLOTY, 7, is_paid=True),
    PaymentPlan(5, 180 * UNITS_PER_ZLOTY, 2),
)
SHIPMENTS = (
    ShipmentPlan(7, "Kurier Polski", "00359007738913296", 4),
    ShipmentPlan(6, "Paczkomat", "620999888776655443322110", 3),
)
