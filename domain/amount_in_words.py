"""An amount in Polish words, as invoices and transfer forms write it: „sto złotych 00/100”."""

LIMIT = 100_000_000_000  # grosze: amounts stay below one thousand million złotych

_Forms = tuple[str, str, str]
_ZLOTY: _Forms = ("złoty", "złote", "złotych")
_GROUPS: tuple[_Forms, ...] = (("milion", "miliony", "milionów"), ("tysiąc", "tysiące", "tysięcy"))
_HUNDRED_WORDS = "sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset"
_TEN_WORDS = """
dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt
"""
_SMALL_WORDS = """
jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście
piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście
"""
_HUNDREDS = ["", *_HUNDRED_WORDS.split()]
_TENS = ["", "", *_TEN_WORDS.split()]
_BELOW_TWENTY = ["", *_SMALL_WORDS.split()]


def amount_in_words(grosze: int) -> str:
    """Złote in words, grosze as hundredths. Raises ValueError from LIMIT on."""
    if abs(grosze) >= LIMIT:
        raise ValueError("too large an amount for an invoice")
    zlote, rest = divmod(abs(grosze), 100)
    sign = ["minus"] if grosze < 0 else []
    return " ".join([*sign, *_cardinal(zlote), _counted(zlote, _ZLOTY), f"{rest:02}/100"])


def _cardinal(number: int) -> list[str]:
    if not number:
        return ["zero"]
    millions, below_million = divmod(number, 1_000_000)
    thousands, ones = divmod(below_million, 1000)
    words: list[str] = []
    for count, forms in zip((millions, thousands), _GROUPS, strict=True):
        if count:
            words += [*_below_thousand(count), _counted(count, forms)]
    return words + _below_thousand(ones)


def _below_thousand(number: int) -> list[str]:
    hundreds, below_hundred = divmod(number, 100)
    tens, ones = divmod(below_hundred, 10) if below_hundred >= len(_BELOW_TWENTY) else (0, below_hundred)
    return [word for word in (_HUNDREDS[hundreds], _TENS[tens], _BELOW_TWENTY[ones]) if word]


def _counted(number: int, forms: _Forms) -> str:
    """Polish plurals: 1 złoty; 2, 22, 104 złote; 0, 5, 12, 21, 101 złotych."""
    one, few, many = forms
    if number == 1:
        return one
    return few if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else many
