"""At the width of a small laptop every column of the lists people work with can be read."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.delivery import CampaignStatus, Status
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.user import User
from tests import factories as make
from tests.browser.conftest import DESK, PHONE

OpenPage = Callable[..., Page]
BOXES = 'Array.from(document.querySelectorAll(".table-scroll"))'
COVERED = f"() => {BOXES}.map((box) => box.scrollWidth - box.clientWidth)"

# Letters and digits of one word that stand on two lines, by column.
BROKEN = """() => Array.from(document.querySelectorAll("table.grid td"), (cell) => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/[\\p{L}\\p{N}]{2,}/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      const lines = new Set(Array.from(range.getClientRects(), (box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(`${cell.className}: ${word[0]}`);
    }
  }
  return broken;
}).flat()"""


@pytest.fixture
def campaign_id(stored: Session, address: str) -> int:
    """A campaign with long names, numbers and addresses, some of it in need of a decision."""
    ada = stored.scalars(sa.select(User)).one()
    ada.name = "Magdalena Wiśniewska"
    moment = datetime(2026, 11, 22, 6, 45, tzinfo=UTC)
    investment = make.make_investment(stored, "Osiedle Nadrzecze")
    campaign = make.make_campaign(
        stored,
        investment,
        status=CampaignStatus.FINISHED,
        started_at=moment,
        approved_at=moment,
        finished_at=moment,
        created_by_id=ada.id,
        approved_by_id=ada.id,
    )
    campaign.subject = "Zaproszenie na odbiór mieszkań w budynku B przy ulicy Nadrzecznej"
    for number, status in enumerate((Status.SENT, Status.UNCERTAIN, Status.FAILED)):
        client = make.make_person(
            stored, "Aleksandra", f"Konstantynopolska-Wiśniewska {number}", city="Szczecin",
            account_manager_id=ada.id,
        )  # fmt: skip
        mailbox = f"aleksandra.wisniewska{number}@poczta-elektroniczna.example"
        make.give_address(stored, client, mailbox)
        make.give_phone(stored, client, f"+48 600 100 20{number}")
        contract = make.make_contract(stored, investment, client)
        message = make.make_message(
            stored,
            campaign=campaign,
            client=client,
            status=status,
            address=mailbox,
            account_id=campaign.account_id,
            sent_at=moment,
            error_code="" if status is Status.SENT else "550",
            error_text="" if status is Status.SENT else "5.1.1 no such user here",
        )
        make.make_recipient(stored, campaign, client, message, address=mailbox, contract_id=contract.id)
    stored.commit()
    return campaign.id


@pytest.mark.parametrize("locale", ["en-GB", "pl-PL"])
@pytest.mark.parametrize("path", ["/admin/campaign/", "/admin/client/", "/admin/campaign/details/?id={}"])
def test_no_column_lies_under_the_actions(
    open_page: OpenPage, campaign_id: int, locale: str, path: str
) -> None:
    page = open_page(locale=locale)
    page.goto(path.format(campaign_id))
    page.wait_for_selector("table.grid tbody tr")
    assert max(page.evaluate(COVERED)) <= 0


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(
    "path", ["/admin/client/", "/admin/message/", "/admin/bounce/", "/admin/suppression/"]
)
def test_an_address_is_broken_between_its_words_only(
    open_page: OpenPage, stored: Session, campaign_id: int, path: str, screen: dict[str, int]
) -> None:
    address = "aleksandra.wisniewska0@poczta-elektroniczna.example"
    stored.add(
        Bounce(
            kind=BounceKind.DSN, verdict=BounceVerdict.BLOCK, address=address, status_code="5.1.1",
            suppression=make.block(stored, address), received_at=datetime(2026, 11, 22, tzinfo=UTC),
        )
    )  # fmt: skip
    stored.commit()
    page = open_page(screen, locale="pl-PL", at=path)
    page.wait_for_selector("table.grid tbody tr")
    assert page.evaluate(BROKEN) == []
