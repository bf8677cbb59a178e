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
    nodes = dbt.manifest(settings)["nodes"].values()
    models = [f"{node['schema']}.{node['name']}" for node in nodes
              if node["resource_type"] == "model"]  # fmt: skip
    columns = rows(
        settings,
        "select table_schema || '.' || table_name, column_name from information_schema.columns "
        "where table_schema || '.' || table_name = any(%s)",
        models,
    )
    assert {table for table, _ in columns} == set(models)
    missing = {name for name in models if name.split(".")[1] not in page}
    assert missing | {pair for pair in columns if f'"{pair[1]}"' not in page} == set()
    assert [mark for mark in marks(canaries(settings.seed)) if mark in page] == []
