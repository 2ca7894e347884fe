"""What the sample company's people, firms and streets are called."""

from dataclasses import dataclass

WOMEN = (
    "Anna", "Maria", "Katarzyna", "Małgorzata", "Agnieszka", "Barbara", "Ewa", "Magdalena", "Joanna",
    "Aleksandra", "Monika", "Zofia", "Natalia", "Julia", "Karolina", "Beata", "Dorota", "Teresa", "Marta",
    "Paulina", "Justyna", "Iwona", "Renata", "Sylwia", "Hanna", "Wiktoria", "Łucja", "Kinga", "Weronika",
    "Urszula", "Izabela", "Żaneta", "Patrycja", "Oliwia", "Emilia", "Halina",
)  # fmt: skip
MEN = (
    "Piotr", "Krzysztof", "Andrzej", "Tomasz", "Paweł", "Jan", "Michał", "Marcin", "Jakub", "Adam",
    "Grzegorz", "Łukasz", "Stanisław", "Mateusz", "Wojciech", "Mariusz", "Dariusz", "Maciej", "Zbigniew",
    "Rafał", "Robert", "Kamil", "Szymon", "Jacek", "Artur", "Sławomir", "Bartosz", "Przemysław", "Damian",
    "Mikołaj", "Filip", "Dawid", "Sebastian", "Wiesław", "Błażej", "Konrad",
)  # fmt: skip
# Masculine form; the feminine one is made by `surname`.
SURNAMES = (
    "Nowak", "Kowalski", "Wiśniewski", "Wójcik", "Kowalczyk", "Kamiński", "Lewandowski", "Zieliński",
    "Szymański", "Woźniak", "Dąbrowski", "Kozłowski", "Mazur", "Jankowski", "Kwiatkowski", "Wojciechowski",
    "Krawczyk", "Kaczmarek", "Piotrowski", "Grabowski", "Zając", "Pawłowski", "Michalski", "Król",
    "Wieczorek", "Jabłoński", "Wróbel", "Nowakowski", "Majewski", "Olszewski", "Stępień", "Malinowski",
    "Jaworski", "Adamczyk", "Dudek", "Nowicki", "Pawlak", "Górski", "Witkowski", "Walczak", "Sikora",
    "Baran", "Rutkowski", "Michalak", "Szewczyk", "Ostrowski", "Tomaszewski", "Pietrzak", "Zalewski",
    "Wróblewski", "Marciniak", "Jasiński", "Sadowski", "Bąk", "Włodarczyk", "Chmielewski", "Borkowski",
    "Sokołowski", "Szczepański", "Sawicki", "Kucharski", "Lis", "Maciejewski", "Kubiak", "Kalinowski",
    "Wysocki", "Mazurek", "Kaźmierczak", "Sobczak", "Czarnecki", "Kołodziej", "Urbański", "Błaszczyk",
    "Ślusarczyk", "Żak", "Gajewski", "Mroczek", "Święcicki", "Źródlak", "Ćwik",
)  # fmt: skip
CITIES = (
    ("Wrocław", "53", 30), ("Gdańsk", "80", 22), ("Warszawa", "02", 10), ("Kraków", "30", 6),
    ("Poznań", "61", 6), ("Łódź", "90", 5), ("Gdynia", "81", 6), ("Sopot", "81", 2), ("Oleśnica", "56", 3),
    ("Świdnica", "58", 3), ("Legnica", "59", 3), ("Szczecin", "70", 2), ("Toruń", "87", 2),
)  # fmt: skip
"""City, beginning of its postal codes, and how common it is."""
STREETS = (
    "Akacjowa", "Brzozowa", "Długa", "Dworcowa", "Grunwaldzka", "Jana Pawła II", "Jesionowa", "Kasztanowa",
    "Klonowa", "Kościuszki", "Kwiatowa", "Leśna", "Lipowa", "Łąkowa", "Mickiewicza", "Nadrzeczna", "Ogrodowa",
    "Piastowska", "Polna", "Słoneczna", "Słowackiego", "Spacerowa", "Szkolna", "Świerkowa", "Wiejska",
    "Wiśniowa", "Wrzosowa", "Zielona", "Źródlana", "Żeromskiego",
)  # fmt: skip
TRADES = (
    "Biuro Rachunkowe", "Pracownia Projektowa", "Zakład Stolarski", "Hurtownia Elektryczna",
    "Gabinet Stomatologiczny", "Kancelaria Radcy Prawnego", "Usługi Transportowe", "Piekarnia",
    "Studio Wnętrz", "Przychodnia Weterynaryjna", "Agencja Reklamowa", "Serwis Komputerowy",
)  # fmt: skip
FIRM_NAMES = (
    "Arkada", "Bursztyn", "Cedr", "Delfin", "Elmar", "Fala", "Gran-Bud", "Horyzont", "Instal-Med", "Jantar",
    "Kontur", "Lumen", "Meritum", "Nordplast", "Opal", "Perfekt", "Quadro", "Remtech", "Sigma", "Tytan",
    "Univers", "Wektor", "Zefir", "Złoty Dąb", "Świt", "Żubr",
)  # fmt: skip
FIRM_ENDINGS = ("Sp. z o.o.", "Sp. z o.o.", "Sp. j.", "S.A.", "Sp. z o.o. Sp. k.")
ROLES = ("Prezes zarządu", "Księgowość", "Dyrektor administracyjny", "Asystentka zarządu", "Wspólnik")
MAILBOXES = ("poczta.example", "skrzynka.example", "example.com", "example.org", "listy.example")
# The first digits of Polish mobile numbers.
MOBILE_BEGINNINGS = ("501", "503", "512", "531", "537", "600", "602", "606", "660", "664", "691", "697",
                     "723", "781", "793", "880", "887")  # fmt: skip


@dataclass(frozen=True, slots=True)
class City:
    name: str
    postal_prefix: str


def surname(masculine: str, *, woman: bool) -> str:
    """„Kowalski” of a woman is „Kowalska”; „Nowak” stays."""
    if woman and masculine.endswith(("ski", "cki", "dzki")):
        return masculine[:-1] + "a"
    return masculine
