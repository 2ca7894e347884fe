"""How texts are written, for the whole installation: kept under Settings."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.segments import MOST_PARTS
from models.setting import Setting

SMS = "sms.texts"
LONGEST_FOOTER = 160


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """``footer`` ends every text and is counted; ``most_parts`` is the longest text that may be sent.

    ``strip_letters`` (off by default, as in the manual) sends texts without Polish letters and typography
    where their template does not say otherwise.
    """

    footer: str = ""
    strip_letters: bool = False
    most_parts: int = MOST_PARTS


def sms_settings(session: Session) -> SmsSettings:
    """What is set."""
    setting = session.get(Setting, SMS)
    stored = setting.value if setting and isinstance(setting.value, dict) else {}
    return SmsSettings(
        footer=str(stored.get("footer", "")),
        strip_letters=bool(stored.get("strip_letters", False)),
        most_parts=int(stored.get("most_parts", MOST_PARTS)),
    )
