"""The words mail systems use, Polish and English: which failure a text speaks of.

Texts are compared in ``domain.names.fold`` form: lower case, no diacritics, single spaces. So is every
pattern here, because half of the Polish systems write without Polish letters.
"""

import re

from domain.names import fold

# Beginnings of words, matched in lower case after addresses and links are taken out.
POLICY_WORDS = (
    "spam", "unsolicited", "policy", "policies", "blocked", "blacklist", "blocklist", "block list",
    "black list", "rbl", "dnsbl", "spamhaus", "reputation", "relay", "spf", "dkim", "dmarc", "banned",
    "listed", "greylist", "rate limit", "too many", "authenticat", "not authori", "sender", "content",
    "virus", "malware", "polityk", "zablokowan", "czarna lista", "czarnej liście", "czarną listę",
    "reputacj", "niechcian", "uwierzytelni", "autoryzac", "nadawc", "przekazywani", "wirus", "zbyt wiele",
)  # fmt: skip
MAILBOX_FULL_WORDS = (
    "full", "quota", "over limit", "storage", "insufficient", "out of space", "too large",
    "przepełnion", "pełna", "pełny", "brak miejsca", "brak wolnego miejsca", "pojemnoś", "przekroczon",
)  # fmt: skip
# Beginnings of words, beside POLICY_WORDS: what a server holds against the sender or the message.
_MORE_POLICY = (
    "anti-spam", "antispam", "antyspam", "abus", "attachment", "bad rep", "bulk", "complaint", "compliance",
    "filter", "filtr", "forbidden", "forged", "graylist", "gray list", "grey list", "junk", "low rep",
    "malicious", "mass mail", "not permitted", "phish", "prohibited", "promotional", "ptr record",
    "rate-limit",
    "restrict", "reverse dns", "rdns", "rules", "scam", "security", "sending limit", "suspicious", "throttl",
    "trust", "unwanted", "whitelist", "zalacznik", "bezpieczenstw", "czarne listy", "czarnych list",
    "dozwolon", "niedozwolon", "limit wysyl", "masow", "ogranicz", "oszust", "podejrz", "polityc",
    "regulamin", "reguly", "reklam", "szara list", "szare list", "szarej li", "tresc", "tresci", "zabron",
    "zasad", "zbyt duzo", "zbyt szybko", "not accepting mail from", "not accepted from", "at a rate",
    "too quickly", "too fast",
)  # fmt: skip
_POLICY = re.compile(
    r"\b(?:" + "|".join(re.escape(fold(word)) for word in (*POLICY_WORDS, *_MORE_POLICY)) + ")"
)
_LISTS = re.compile(
    r"spamhaus|spamcop|barracudacentral|sorbs|senderscore|dnsbl|blocklist|blacklist|uribl|surbl"
)
# Words of POLICY_WORDS that here accuse nobody: they are cut out before the text is judged.
_HARMLESS = re.compile(
    r"relay[ _]recipient[ _](?:table|maps)|not listed in (?:the )?(?:domino|public|local|address|directory)"
    r"|\b(?:to|by|notify|contact) (?:the |its )?sender|\bdo nadawc\w+|\b(?:sender|nadawc\w)(?: address)?:"
    r"|sender-mta|listed (?:below|above|here)|relay=\S*|too many hops|content-[a-z-]+:|contents of"
    r"|\b(?:account|mailbox|konto|skrzynka)(?: \S+){0,2}?(?: is| has been| was| jest| zostalo| zostala)?"
    r" (?:blocked|zablokowan\w+)"
    r"|\b(?:full|pelny|pelna) (?:details|text|report|headers|list|tekst|lista)|in full"
    r"|\b(?:dear|szanown\w+|drog\w+) (?:sender|nadawc\w+)"
    r"|\b(?:contains|with) \[?\d+\]? (?:file )?attachments?|attachments? (?:removed|stripped)[^\]]{0,80}\]?"
    r"|in accordance with \S+ rules|tresc (?:oryginaln|bledu|komunikatu|odpowiedzi|wiadomosci)\w*"
)
_QUOTED = re.compile(
    r"[^\s<>\"'()@]{1,100}@[^\s<>\"'()]{1,255}|(?:https?://|www\.)\S{1,500}"
    r"|\b(?:host|server|serwer\w*|from|mx|name=) \[?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\]?"
)
_FULL = re.compile(
    r"\b(?:"
    + "|".join(re.escape(fold(word)) for word in MAILBOX_FULL_WORDS)
    + "|overquota|over-quota|disk full|zapelnion|przepelnil|brak przestrzeni|limit miejsca|size limit|exceeds"
    + "|too big|przepelnieni|zapchan|zbyt duz[aey]|za duz[aey]|przekracza|brak wolnej przestrzeni)"
)
_DELAY = re.compile(
    r"\bdelayed\b|warning message only|warning only|do not need to resend|not need to resend"
    r"|has not yet been delivered|not been delivered yet|still being retried|will continue (?:to try|trying)"
    r"|will (?:keep|be) (?:trying|retried)|will retry|delivery attempts will continue|will try (?:again|for)"
    r"|still trying|delivery incomplete|temporary problem|opoznion|opoznieni|jeszcze dostarcz"
    r"|jeszcze nie dostarcz"
    r"|nie zostala jeszcze|nie musisz wysyla|nie ma potrzeby ponown|nie trzeba wysylac|ponawian"
    r"|bedzie ponawia"
    r"|kolejne proby|bedzie probowa|proby beda"
)
_TEMPORARY = re.compile(
    r"timed? ?out|connection refused|no route to host|temporar|try again|network (?:is )?unreachable"
    r"|(?:could not|couldn't|cannot|can't|unable to|failed to) (?:connect|establish|contact)|host not found"
    r"|host (?:or domain name|name lookup|unknown)|unrouteable|not responding|retry time|too long in queue"
    r"|przekroczono (?:limit )?czas|nie odpowiada|tymczasow|chwilow|nie mozna (?:nawiazac|polaczyc)"
    r"|nie udalo sie (?:nawiazac|polaczyc)|blad polaczenia|brak polaczenia|mailbox (?:is )?(?:busy|locked)"
)
_PERSON = (
    r"(?:user(?:name)?|mailbox|account|recipient|addressee|address|alias|e-?mail(?: address)?(?: account)?)"
)
_KONTO = r"(?:adres\w*(?: e-?mail\w*)?|skrzynk\w+|kont[oa]|uzytkownik\w*|odbiorc\w+|adresat\w*|mailbox)"
_GAP = r"(?: [^.;]{0,60}?)?"
_NO_MAILBOX = re.compile(
    "|".join(
        (
            rf"(?:unknown|no such|nonexist\w+|non-existent|invalid) (?:local |virtual |e-?mail )?{_PERSON}\b",
            rf"\b{_PERSON}{_GAP} (?:is |was |are )?(?:unknown|not known)\b",
            rf"\b{_PERSON}{_GAP} (?:was |is |were )?(?:not found|not be found|wasn't found|isn't found"
            rf"|non-?existent)",
            rf"\b{_PERSON}{_GAP} (?:does not|doesn't|do not|did not|no longer) exists?\b",
            rf"\b{_PERSON}{_GAP} (?:is |are )?(?:invalid\b|no longer (?:valid|active|available|in use))",
            rf"\b(?:account|mailbox|user){_GAP} (?:is|has been|was) (?:disabled|inactive|closed|deactivated"
            r"|terminated|suspended|deleted|removed|discontinued|blocked|not active)",
            r"(?:doesn't|does not|don't|do not) have an? \S+ (?:account|mailbox)", "no mailbox (?:here"
            r"|found|by)",
            r"\bno (?:account|user|mailbox|recipient)s? (?:here|by that|with that|found|of that|named)",
            r"(?:not|isn't) an? (?:valid|known) (?:user|mailbox|recipient|account|address)",
            r"(?:could not|couldn't|can't|cannot|unable to|wasn't able to) (?:be )?(?:find|found|locate"
            r"|located)"
            rf" (?:the |this |that |such "
            rf"|your )?(?:\S+ )?{_PERSON}\b", "wasn't found at", r"not recogni[sz]ed", "not our customer",
            r"\b(?:account|mailbox) (?:disabled|inactive|closed|deactivated|deleted|suspended|terminated)",
            r"bad destination (?:\S+ ){0,2}address",
            rf"\bnieistniej\w+ {_KONTO}", rf"\b{_KONTO}{_GAP} nie(?:odnalezion|znalezion|istniejac)\w+",
            rf"\bnie znalezlismy (?:\S+ ){{0,2}}{_KONTO}", rf"\b{_KONTO}{_GAP} nie jest (?:juz )?uzywan\w+",
            r"(?:address|recipient) (?:couldn't|could not|cannot|can't) be (?:found|located|resolved)",
            r"not listed in (?:the )?(?:domino|public|address)", "unknown to (?:this|our) (?:server|system)",
            r"(?:domain|domena) (?:\S+ )?(?:does not|doesn't|nie) (?:exist"
            r"|istnieje)", r"\brecip(?:ient)?notfound",
            rf"\b{_KONTO}{_GAP} nie (?:istnieje|istnieja|istnial\w?|figuruje|jest (?:znan|aktywn"
            rf"|obslugiwan)\w*)",
            rf"\bnie istniej(?:e|a|acy|aca|ace|acego|acej)(?: \S+){{0,2}} {_KONTO}",
            rf"\bniezn\w+ {_KONTO}", rf"\b{_KONTO}{_GAP} (?:jest |sa )?niezn\w+",
            rf"\b(?:nie ma|brak|nie mamy)(?: tu| u nas| na serwerze| w systemie)?(?: takiego| takiej"
            rf"| tego| tej"
            rf"| podanego| wskazanego| wskazanej)? {_KONTO}",
            rf"\bnie (?:odnaleziono|znaleziono|odnaleziona|znaleziona|mozna odnalezc|mozna znalezc|udalo sie"
            rf" (?:odnalezc|znalezc))(?: \S+){{0,2}} {_KONTO}",
            rf"\b{_KONTO}{_GAP} nie (?:zosta\w+|mogl\w* zostac|mozna) (?:odnale|znale)\w+",
            rf"\b(?:konto|skrzynka|adres|uzytkownik){_GAP} (?:nieaktywn|wylaczon|zamknie|usunie"
            rf"|zlikwidowan|wygas"
            r"|zablokowan|dezaktywowan|skasowan|zawieszon)\w+",
            rf"\b(?:nieaktywn|zamkniet|usuniet|wylaczon)\w+ {_KONTO}",
            rf"\b(?:nieprawidlow|niepoprawn|bledn)\w+ {_KONTO}",
            rf"\b(?:adres\w*|nazwa){_GAP} (?:jest|byl) (?:nieprawidlow|niepoprawn|bledn)\w+",
            r"\bnie (?:posiada|ma) (?:juz )?(?:konta|skrzynki)", r"nie jest naszym (?:klient|uzytkownik)",
        )
    )
)  # fmt: skip
_FAILURE = re.compile(
    r"undeliver|not be delivered|n't be delivered|not delivered"
    r"|delivery (?:\S+ )?(?:to .{0,80} )?(?:has )?fail"
    r"|delivery (?:status|error|problem|report|notification)|returned mail|mail (?:\S+ )?returned"
    r"|returned to sender"
    r"|permanent (?:\S+ )?(?:error|failure)|fatal error|unable to deliver|failed to deliver|could not deliver"
    r"|couldn't deliver|can ?not be delivered|bounce|rejected|message blocked|failure notice|nondeliver"
    r"|n't (?:be )?sent|failed recipient|nie (?:zosta\w+|moz\w+|mog\w+|moze|da\w+|udalo)"
    r"(?: \S+){0,6} (?:dostarcz|dorecz|przekaza|wysla)|niedostarcz|niedorecz|nie dostarczon|nie doreczon"
    r"|zwrot\w* (?:wiadomosc|poczt|list|e-?mail|przesylk)|zwrocon|blad (?:dostarcz|dorecz|wysyl|poczt)"
    r"|problem\w* z (?:dostarcz|dorecz)|niepowodzeni|odrzucon|brak mozliwosci dostarcz|blad podczas dostarcz"
)

_SUCCESS = re.compile(
    r"successfully (?:delivered|relayed)|(?:was|has been) (?:delivered|relayed) to"
    r"|(?<!nie )(?:zostala|zostal) (?:pomyslnie |poprawnie )?(?:dostarczon|doreczon)"
)


def _judged(folded: str) -> str:
    return _HARMLESS.sub(" ", _QUOTED.sub("_", folded))


def names_policy(folded: str) -> bool:
    """Policy, reputation, spam, content, blocklists, greylisting: about the sender or the message."""
    return bool(_LISTS.search(folded) or _POLICY.search(_judged(folded)))


def names_full_mailbox(folded: str) -> bool:
    """The mailbox is full, or the message larger than it takes."""
    return bool(_FULL.search(_judged(folded)))


def names_no_mailbox(folded: str) -> bool:
    """The address does not exist, or is closed."""
    return bool(_NO_MAILBOX.search(_QUOTED.sub("_", folded)))


def names_delay(folded: str) -> bool:
    """The server is still trying: a notice, not a failure."""
    return bool(_DELAY.search(folded))


def names_temporary(folded: str) -> bool:
    """It failed for want of a connection or a name server."""
    return bool(_TEMPORARY.search(folded))


def names_failure(folded: str) -> bool:
    """Something was not delivered, whatever the cause."""
    return bool(_FAILURE.search(folded))


def names_success(folded: str) -> bool:
    """It arrived: a receipt that the sender had asked for."""
    return bool(_SUCCESS.search(folded))
