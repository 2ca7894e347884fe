"""KSeF says no to a request, at each step: no document is judged by that, and KSeF is not down."""

from collections.abc import Callable, Iterator

import pytest

from domain.ksef import KsefFailure, KsefLost, KsefRefused, KsefUnavailable
from gateways.ksef import KsefGateway
from sandbox import ksef
from sandbox.ksef_script import Step
from tests.gateways.test_ksef import DIGEST, DOCUMENT

NUMBER = "1060000062-20260201-0123456789AB-00"
Call = Callable[[KsefGateway, str], object]
ASKED: dict[Step, Call] = {
    Step.SEND: lambda gateway, session: gateway.send(session, DOCUMENT, offline=False),
    Step.LIST: lambda gateway, session: gateway.find(session, DIGEST),
    Step.ASK: lambda gateway, session: gateway.status(session, "x"),
    Step.RECEIPT: lambda gateway, session: gateway.receipt(session, NUMBER),
    Step.READ: lambda gateway, _session: gateway.digest_of(NUMBER),
}
BEFORE = (Step.KEYS, Step.LOG_IN, Step.OPEN)


@pytest.fixture
def there() -> Iterator[ksef.Ksef]:
    with ksef.running() as running:
        yield running


@pytest.fixture
def gateway(there: ksef.Ksef) -> Iterator[KsefGateway]:
    made = KsefGateway(ksef.settings_for(there.url))
    yield made
    made.close()


def failure_of(call: Call, gateway: KsefGateway, session: str) -> KsefFailure:
    with pytest.raises(KsefFailure) as raised:
        call(gateway, session)
    return raised.value


@pytest.mark.parametrize("step", ASKED)
def test_what_is_refused_about_a_document_is_a_request(
    there: ksef.Ksef, gateway: KsefGateway, step: Step
) -> None:
    session = gateway.open_session()
    for status, kind in ((400, KsefRefused), (404, KsefRefused), (413, KsefRefused), (429, KsefUnavailable)):
        there.office.script.refuse(step, status)
        failure = failure_of(ASKED[step], gateway, session)
        assert (type(failure), failure.code) == (kind, status)
    there.office.script.refuse(step, 403)
    failure = failure_of(ASKED[step], gateway, session)
    assert isinstance(failure, KsefUnavailable) and not failure.is_down
    there.office.script.refuse(step, 500)
    failure = failure_of(ASKED[step], gateway, session)
    assert isinstance(failure, KsefLost if step is Step.SEND else KsefUnavailable)


@pytest.mark.parametrize("status", [400, 403, 404, 429])
@pytest.mark.parametrize("step", BEFORE)
def test_who_gets_no_session_waits(there: ksef.Ksef, gateway: KsefGateway, step: Step, status: int) -> None:
    there.office.script.refuse(step, status)
    failure = failure_of(lambda one, _session: one.open_session(), gateway, "")
    assert isinstance(failure, KsefUnavailable) and failure.code == status and not failure.is_down
    assert gateway.open_session() in there.office.sessions


def test_an_answer_nobody_understands_does_not_mean_that_ksef_is_down(
    there: ksef.Ksef, gateway: KsefGateway
) -> None:
    there.office.script.senseless = 1
    failure = failure_of(lambda one, _session: one.open_session(), gateway, "")
    assert isinstance(failure, KsefUnavailable) and not failure.is_down
    session = gateway.open_session()
    there.office.script.senseless = 1
    assert isinstance(failure_of(ASKED[Step.SEND], gateway, session), KsefLost)


def test_a_session_that_ended_takes_nothing_and_the_others_are_closed(
    there: ksef.Ksef, gateway: KsefGateway
) -> None:
    there.office.script.ends.append(1)
    first = gateway.open_session()
    gateway.send(first, DOCUMENT, offline=False)
    with pytest.raises(KsefRefused, match="Status sesji"):
        gateway.send(first, DOCUMENT, offline=False)
    second = gateway.open_session()
    there.office.script.refuse(Step.CLOSE, 400)
    gateway.close_sessions()
    assert there.office.sessions[second].is_closed
