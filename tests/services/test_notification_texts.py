"""The texts that notifications come with, rendered as a client gets them."""

import re
from pathlib import Path

import pytest

from domain.channel import Channel
from domain.events import RECORD_OF, EventKind
from domain.notification_samples import SAMPLES
from domain.notification_texts import default_text
from domain.repairs import RepairState
from gateways.ejs import EjsRuntime
from services.compose_mail import nest
from services.message_content import ContentRenderer, prepare_content
from services.preview_template import SAMPLE_VALUES

EJS = Path(__file__).parents[2] / "node_modules/ejs/ejs.min.js"


@pytest.mark.parametrize("state", [RepairState.READY_TO_SHIP, RepairState.READY_FOR_PICKUP])
@pytest.mark.parametrize("event", EventKind)
def test_one_blank_line_stands_between_paragraphs(event: EventKind, state: RepairState) -> None:
    text = default_text(event, Channel.EMAIL)
    values = {**SAMPLE_VALUES, **SAMPLES[RECORD_OF[event]], "repair.state": state.value}
    renderer = ContentRenderer(prepare_content(text.subject, text.body), EjsRuntime(EJS))
    plain = renderer.render(nest(values)).text
    assert "\n\n" in plain and not re.search(r"\n[ \t]*\n[ \t]*\n", plain)
