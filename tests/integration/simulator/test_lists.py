"""Published lists are worked, answered, and leave their mark."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simulator import Bank, simulate_day
from tests.integration.simulator.conftest import FIRST, bank_under

CUSTOMERS = 800


def list_rows(campaign: str, channel: str, product: str | None, agents: range) -> pa.Table:
    return pa.table({
        "list_row_id": [f"{campaign}-{agent}" for agent in agents],
        "campaign_id": [campaign] * len(agents),
        "customer_id": [f"C{agent}" for agent in agents],
        "party_id": [f"P{agent:07d}" for agent in agents],
        "channel": [channel] * len(agents),
        "product_id": pa.array([product] * len(agents), pa.string()),
        "script_id": [f"{campaign}.{channel}"] * len(agents),
    })  # fmt: skip


def read(folder: Path, feed: str) -> list[dict]:
    return pq.read_table(folder / f"{feed}.parquet").to_pylist()


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bank, list[Path]]:
    """A bank of three days; the same open list rows can be read on each evening."""
    bank = bank_under(tmp_path_factory.mktemp("lists"), customers=CUSTOMERS, days=1)
    lists = list_rows("deposit-drive-1", "sms", "DEPOSIT-3M", range(1_000))
    folders = [simulate_day(bank, FIRST)]
    for ahead in (1, 2, 3):
        folders.append(simulate_day(bank, FIRST + timedelta(days=ahead), lists))
    return bank, folders


def test_each_list_row_is_contacted_once(worked: tuple[Bank, list[Path]]) -> None:
    _, folders = worked
    moments: dict[str, set] = {}
    for folder in folders:
        for row in read(folder, "contacts"):
            moments.setdefault(row["list_row_id"], set()).add(row["contacted_at"])
    moments.pop(None, None)
    assert len(moments) > 0.95 * CUSTOMERS
    assert {len(times) for times in moments.values()} == {1}
    at_once = {row["list_row_id"] for row in read(folders[1], "contacts")}
    assert 0.85 < len(at_once) / len(moments) < 0.98


def test_contacts_carry_the_lists_values(worked: tuple[Bank, list[Path]]) -> None:
    row = read(worked[1][1], "contacts")[0]
    assert row["channel"] == "sms"
    assert row["script_id"] == "deposit-drive-1.sms"
    assert row["list_row_id"] == f"deposit-drive-1-{int(row['party_id'][1:])}"
    assert row["cost_amount"] > 0


def test_answers_belong_to_contacts(worked: tuple[Bank, list[Path]]) -> None:
    _, folders = worked
    known = {row["contact_id"] for folder in folders for row in read(folder, "contacts")}
    answers = [row for folder in folders for row in read(folder, "responses")]
    assert "clicked" in {row["response"] for row in answers}
    # the contact of an answer may be one of the few that are delivered late
    inside = [row["contact_id"] in known for row in answers]
    assert sum(inside) >= 0.9 * len(inside)


def test_a_click_opens_a_tagged_session(worked: tuple[Bank, list[Path]]) -> None:
    _, folders = worked
    tagged = [row for row in read(folders[1], "app_events") if row["source_campaign_id"]]
    assert {row["source_campaign_id"] for row in tagged} == {"deposit-drive-1"}
    assert {row["channel"] for row in tagged} == {"sms"}
    assert {row["event_name"] for row in tagged} == {"session_start", "product_browse"}


def test_unknown_parties_and_channels_are_passed_over(tmp_path: Path) -> None:
    bank = bank_under(tmp_path, customers=50, days=1)
    simulate_day(bank, FIRST)
    lists = pa.concat_tables([
        list_rows("a", "sms", None, range(100_000, 100_010)),
        list_rows("b", "pigeon", None, range(10)),
    ])  # fmt: skip
    folder = simulate_day(bank, FIRST + timedelta(days=1), lists)
    assert read(folder, "contacts") == []


def test_too_many_contacts_drive_opt_outs(tmp_path: Path) -> None:
    bank = bank_under(tmp_path, customers=CUSTOMERS, days=1)
    simulate_day(bank, FIRST)
    opted_out, suppressed, revoked = [], [], []
    for ahead in range(1, 13):
        lists = list_rows(f"flood-{ahead}", "sms", "FUND-BOND", range(1_000))
        folder = simulate_day(bank, FIRST + timedelta(days=ahead), lists)
        answers = [row for row in read(folder, "responses") if row["response"] == "opted_out"]
        opted_out.append(len(answers))
        suppressed.append(
            [row["party_id"] for row in read(folder, "suppressions")
             if row["reason"] == "opt_out" and row["scope_value"] == "sms"]
        )  # fmt: skip
        revoked.append(
            {row["party_id"] for row in read(folder, "consents") if row["status"] == "revoked"
             and row["channel"] == "sms" and row["purpose"].startswith("marketing")}
        )  # fmt: skip
    assert sum(opted_out[8:]) > 5 * max(sum(opted_out[:4]), 1)
    assert len(suppressed[-1]) >= 0.9 * opted_out[-1]
    assert revoked[-1]
    assert revoked[-1] & set(suppressed[-1])


def test_lists_change_nothing_but_what_they_touch(tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """Without lists the same people live the same day: one random number serves both lives."""
    banks = [bank_under(tmp_path_factory.mktemp("twin"), customers=200, days=1) for _ in range(2)]
    lists = list_rows("one", "sms", "DEPOSIT-1Y", range(5))
    folders = []
    for bank, shown in zip(banks, (None, lists), strict=True):
        simulate_day(bank, FIRST)
        folders.append(simulate_day(bank, FIRST + timedelta(days=1), shown))
    untouched = [
        sorted(row["transaction_id"] for row in read(folder, "transactions")
               if int(row["account_id"][1:8]) >= 5)
        for folder in folders
    ]  # fmt: skip
    assert untouched[0] == untouched[1]
