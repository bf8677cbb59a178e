from pathlib import Path

import pytest
import yaml

from ingestion.contracts import CONTRACT_DIR, load_contracts, read_contract
from ingestion.currencies import known_currencies
from ingestion.documentation import PAGE, render
from warehouse.errors import ContractError


def changed(tmp_path: Path, **changes: object) -> Path:
    document = yaml.safe_load((CONTRACT_DIR / "accounts.yml").read_text())
    path = tmp_path / "accounts.yml"
    path.write_text(yaml.safe_dump(document | changes))
    return path


def test_every_feed_of_the_design_has_a_contract() -> None:
    assert set(load_contracts()) >= {"customers", "transactions", "consents", "product_quotas"}
    assert len(load_contracts()) == 25


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"surprise": 1}, "surprise"),
        ({"key": ["no_such_column"]}, "no_such_column"),
        ({"key": ["closed_date"]}, "closed_date"),
        ({"version": "opened_date"}, "opened_date"),
        ({"columns": [{"name": "account_id", "type": "text", "nullable": False}]}, "type"),
        ({"feed": "another"}, "another"),
    ],
)
def test_a_contract_with_a_mistake_is_refused(
    tmp_path: Path, changes: dict[str, object], found: str
) -> None:
    with pytest.raises(ContractError) as refusal:
        read_contract(changed(tmp_path, **changes))
    assert found in refusal.value.found


def test_only_personal_columns_become_tokens_in_raw() -> None:
    customers = load_contracts()["customers"]
    tokens = {column.name for column in customers.columns if column.raw_name != column.name}
    assert tokens == {"name", "document_no", "mobile", "email", "address"}


def test_control_columns_can_be_summed() -> None:
    for contract in load_contracts().values():
        for name in contract.control_totals:
            assert contract.column(name).type in ("bigint", "integer")


def test_currencies_are_current_codes_of_three_letters() -> None:
    codes = known_currencies()
    assert {"CNY", "CZK", "EUR", "USD", "XAU"} <= codes
    assert not {"DEM", "CSK", "XXX"} & codes
    assert all(len(code) == 3 and code.isupper() for code in codes)


def test_the_page_of_feeds_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render()
