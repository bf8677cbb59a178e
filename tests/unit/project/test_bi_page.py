"""The dictionary of the tables for BI says what their contracts say."""

from dags.pipeline_support.bi_page import PAGE, read_contracts, render


def test_the_page_is_made_from_the_contracts() -> None:
    """Red: run `bankloop dictionary --write`."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_column_of_every_table_is_on_the_page_with_what_it_says() -> None:
    page = render()
    columns = [column for model in read_contracts() for column in model["columns"]]
    assert len(columns) > 50
    assert [c["name"] for c in columns if not c["description"].strip()] == []
    assert [c["name"] for c in columns if f"| {c['description']} |" not in page] == []
