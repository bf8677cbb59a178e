"""Gates through Great Expectations: agreement with their SQL, the stop, and what they let out."""

import pytest

import expectations
from expectations.failing_rows import mask
from expectations.suite import GATES
from tests.integration.expectations.damages import DAMAGES
from tests.integration.expectations.sound_night import CANARY, damage, named, results
from warehouse.connection import connect
from warehouse.errors import GateError
from warehouse.ledger import Run
from warehouse.settings import Settings

TOGETHER = {
    "raw": ["control_totals_match", "a_version_of_a_key_comes_once", "delivered_feeds_were_loaded"],
    "marts": ["aum_is_not_negative", "a_customer_has_a_key", "party_types_are_known"],
    "predictions": ["scores_lie_between_0_and_1", "personas_are_registered", "the_champion_scored"],
    "activation": ["every_listed_row_has_consent", "decisions_add_up", "a_customer_is_listed_once"],
}


def found(settings: Settings, gate: str) -> dict[tuple[str, str], tuple[bool, str]]:
    with connect(settings) as connection:
        return results(connection, gate)


@pytest.mark.parametrize("gate", GATES)
def test_a_sound_night_passes(night: Settings, run: Run, gate: str) -> None:
    report = expectations.run_gate(night, run, gate)
    assert named(found(night, gate)) == ({"nothing_was_refused"} if gate == "raw" else set())
    assert f"gate {gate}: {len(report.results)} checks, 0 failed" in str(report)


@pytest.mark.parametrize("gate", GATES)
def test_a_broken_night_stops_and_its_results_are_kept(
    night: Settings, run: Run, gate: str
) -> None:
    damage(night, *(DAMAGES[gate][check] for check in TOGETHER[gate]))
    with pytest.raises(GateError) as stopped:
        expectations.run_gate(night, run, gate)
    assert set(TOGETHER[gate]) <= named(found(night, gate))
    assert stopped.value.remedy
    assert "2024-04-30" in stopped.value.where


def test_a_warning_is_told_and_does_not_stop(night: Settings, run: Run) -> None:
    damage(night, DAMAGES["predictions"]["mean_score_is_steady"])
    report = expectations.run_gate(night, run, "predictions")
    assert [one.check for one in report.warnings] == ["mean_score_is_steady"]
    assert "warned: mean_score_is_steady" in str(report)


def test_running_a_gate_again_replaces_its_results(night: Settings, run: Run) -> None:
    first = expectations.run_gate(night, run, "predictions")
    expectations.run_gate(night, run, "predictions")
    with connect(night) as connection:
        count = connection.execute("select count(*) from ops.gate_results").fetchone()
    assert count == (len(first.results),)


def test_samples_are_masked_and_can_be_found_again(night: Settings, run: Run) -> None:
    damage(night, DAMAGES["activation"]["every_listed_row_has_consent"])
    with pytest.raises(GateError) as stopped:
        expectations.run_gate(night, run, "activation")
    _, sample = found(night, "activation")["publication.list_rows", "every_listed_row_has_consent"]
    assert sample == mask("L5")
    assert mask("L5") in str(stopped.value)


def test_no_value_of_a_row_leaves_the_warehouse(
    night: Settings, run: Run, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    damage(
        night,
        f"update marts.dim_customers set customer_id = '{CANARY}' "
        "where customer_id in ('C1', 'C2')",
        f"update marts.dim_customers set party_type = '{CANARY}' where customer_id = '{CANARY}'",
        f"update marts.fct_transactions set transaction_id = '{CANARY}', account_id = '{CANARY}' "
        "where transaction_id in ('T1', 'T2')",
        f"update marts.fct_customer_aum set customer_id = '{CANARY}', aum_amount = -777123777 "
        "where customer_id in ('C1', 'C2')",
    )
    with pytest.raises(GateError) as stopped:
        expectations.run_gate(night, run, "marts")
    written = [path.read_bytes() for path in night.docs_dir.rglob("*") if path.is_file()]
    assert len(written) > 5
    told = [*written, caplog.text.encode(), str(stopped.value).encode()]
    told += [stream.encode() for stream in capfd.readouterr()]
    told += [f"{key}{value}".encode() for key, value in found(night, "marts").items()]
    assert {"a_customer_comes_once", "aum_is_not_negative"} <= named(found(night, "marts"))
    for secret in (CANARY.encode(), b"777123777"):
        assert not any(secret in text for text in told)


def test_a_check_that_cannot_run_fails_and_says_which_table(night: Settings, run: Run) -> None:
    damage(night, "drop table marts.dim_products")
    with pytest.raises(GateError, match="dim_products"):
        expectations.run_gate(night, run, "activation")


def test_data_docs_have_one_entrance(night: Settings, run: Run) -> None:
    expectations.run_gate(night, run, "predictions")
    page = (night.docs_dir / "index.html").read_text()
    assert 'href="2024-04-30/predictions/index.html"' in page
    assert (night.docs_dir / "2024-04-30" / "predictions" / "index.html").exists()
