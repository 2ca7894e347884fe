"""Whatever SMSAPI, or somebody in its place, answers has one of the outcomes and raises nothing."""

import json
from urllib.parse import parse_qs

from hypothesis import example, given
from hypothesis import strategies as st

from domain.outcomes import Accepted, Refused, Unavailable, Uncertain
from domain.segments import segment
from domain.text_messages import TextMessage
from gateways.sms_sending import refusal_of_ours
from gateways.smsapi_messages import form, outcome_of

WORDS = st.sampled_from(["error", "message", "list", "id", "idx", "count", "points"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([13, 53, 999, "r-1"])
)
ANSWERS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner), max_leaves=8
)
BODIES = ANSWERS.map(lambda answer: json.dumps(answer).encode()) | st.binary() | st.none()


@given(st.integers(100, 999), BODIES)
@example(200, b'{"list": [{"id": "A", "error": 1e400}]}')
@example(200, b'{"error": 13, "message": "\\ud83d"}')
def test_every_answer_has_an_outcome_that_can_be_stored(status, body):
    outcome = outcome_of(status, body, "r-1")
    assert isinstance(outcome, Accepted | Refused | Unavailable | Uncertain)
    if not isinstance(outcome, Accepted):
        assert outcome.text.encode("utf-8") and len(outcome.code) <= 8 and len(outcome.text) < 600


@given(BODIES)
def test_a_success_is_only_what_says_so(body):
    outcome = outcome_of(200, body, "r-1")
    if isinstance(outcome, Accepted):
        document = json.loads(body)
        assert document.get("error") in (53, "53") or (
            document["list"][0].get("error") in (53, "53") or document["list"][0]["id"] == outcome.reference
        )


@given(st.text(min_size=1, max_size=300))
def test_a_text_comes_back_from_its_form_or_is_refused(text):
    message = TextMessage("+48600100200", text, "Goniec", "r-1")
    if refusal_of_ours(message) is None:
        assert parse_qs(form(message).decode("ascii"), keep_blank_values=True)["message"] == [text]
    else:
        assert not text.strip() or "\0" in text or segment(text).parts > 9
