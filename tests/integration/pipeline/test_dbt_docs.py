"""dbt's own documentation of a bank with a history: whole, one page, and without its customers."""

from factories.history import History
from factories.leaks import marks
from factories.nights import rows

from dags.pipeline_support import dbt
from simulator import canaries


def test_the_page_names_every_model_and_column_and_no_customer(history: History) -> None:
    settings = history.settings
    assert dbt.by_hand(settings, ["docs", "generate", "--static", "--quiet"]) == 0
    page = (dbt.by_hand_dir(settings) / "static_index.html").read_text(encoding="utf-8")
    columns = rows(settings, """
        select table_schema || '.' || table_name, column_name from information_schema.columns
        where table_schema in ('marts', 'features', 'tags', 'bi')
            and table_name not like '%%\\_\\_20__\\_%%' escape '\\'
    """)  # fmt: skip
    assert len(columns) > 500
    assert {name for pair in columns for name in pair if name.split(".")[-1] not in page} == set()
    assert [mark for mark in marks(canaries(settings.seed)) if mark in page] == []
