"""A mapping file is refused with file, line and reason; the example is accepted."""

from pathlib import Path

import pytest

from ingestion.connectors.mapping_file import read_mapping
from warehouse.errors import ContractError
from warehouse.settings import PROJECT_DIR

EXAMPLES = PROJECT_DIR / "docs" / "examples" / "lakeside"


@pytest.mark.parametrize("name", ["mapping.yml", "database.yml"])
def test_the_examples_are_accepted(name: str) -> None:
    assert read_mapping(EXAMPLES / name).source == "lakeside"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("version: 1", "version: 1\nowner: us", "unknown key owner"),
        ("      region: 地区", "      regoin: 地区", "customers has no column regoin"),
        ("      role: {constant: owner}\n", "", "account_parties needs role"),
        ('"1": male', '"1": man', "gender: man not among female, male, unknown"),
        ("decimals: 2\n        thousands", "format: '%d'\n        thousands", "amount: format is"),
        ("CODE\n", "{from: CODE, multiply: 2}\n", "product_id: multiply is for numeric"),
        ("{SAL: false,", "{no: false,", "write them in quotes"),
        ("  surveys: none", "  survey: none", "no such feed: survey"),
        ("  surveys: none\n", "", "neither mapped nor declared absent: surveys"),
        ("file: products.csv", "file: products.csv\n    table: x", "exactly one of file, table"),
        ("    file: products.csv", "    table: products", "needs key and watermark"),
        ("products.csv", '"products_{day}.csv"', "only {date}"),
        ("Asia/Shanghai}", "Asia/Shanghai}\nbank: {}", "key bank twice"),
        ("      category: KIND", "      category: {from: KIND, constant: x}", "either `from` or"),
    ],
)
def test_each_mistake_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    text = (EXAMPLES / "mapping.yml").read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1)
    path = tmp_path / "own.yml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        read_mapping(path)
    found = caught.value.found
    assert reason in found
    line = int(found.split("own.yml:")[1].split(":")[0])
    assert 1 <= line <= len(changed.splitlines())
    if new and "feeds" not in reason and "declared absent" not in reason:
        at = changed[: changed.index(new)].count("\n") + 1
        assert abs(line - at) <= 3


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"own\.yml:1: no such file"):
        read_mapping(tmp_path / "own.yml")
