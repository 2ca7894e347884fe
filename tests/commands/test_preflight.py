"""``flask preflight``: who would get the message and who would not; it sends nothing."""

from tests.commands.conftest import Run

KINDS = ["missing_email", "invalid_email", "blocked_email", "opted_out", "no_email_consent"]


def test_a_clean_audience_has_recipients_and_no_errors(run: Run, investment: int) -> None:
    ran = run("preflight", investment, "--contract-type", "sale", "--json")
    assert ran.code == 0
    assert ran.data == {"recipients": 2, "errors": dict.fromkeys(KINDS, 0), "clients": []}


def test_errors_are_counted_by_kind_and_do_not_fail_the_command(run: Run, investment: int) -> None:
    ran = run("preflight", investment, "--contract-type", "sale", "--contract-type", "reservation", "--json")
    assert ran.code == 0
    assert ran.data["recipients"] == 2
    assert ran.data["errors"] == dict.fromkeys(KINDS, 0) | {"missing_email": 1, "opted_out": 1}
    assert list(ran.data["errors"]) == KINDS


def test_every_failing_pair_is_named(run: Run, investment: int) -> None:
    person, company = run("preflight", investment, "--contract-type", "reservation", "--json").data["clients"]
    assert person | {"client_id": 0, "contract_id": 0, "contract": ""} == {
        "client_id": 0,
        "name": "Ewa Zielińska",
        "kind": "person",
        "contract_id": 0,
        "contract": "",
        "error": "missing_email",
    }
    assert person["contract"].split()[-1].endswith("/2025")
    assert (company["name"], company["kind"], company["error"]) == (
        "Arkada Sp. z o.o.",
        "company",
        "opted_out",
    )


def test_without_json_a_person_reads_lines(run: Run, investment: int) -> None:
    ran = run("preflight", investment, "--contract-type", "reservation")
    assert ran.out.splitlines() == ["recipients: 0", "missing_email: 1", "opted_out: 1"]


def test_an_investment_that_does_not_exist_is_bad_input(run: Run, investment: int) -> None:
    ran = run("preflight", investment + 1, "--contract-type", "sale", "--json")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_a_type_that_does_not_exist_is_bad_input(run: Run, investment: int) -> None:
    ran = run("preflight", investment, "--contract-type", "lease")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_a_type_must_be_given(run: Run, investment: int) -> None:
    ran = run("preflight", investment)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
