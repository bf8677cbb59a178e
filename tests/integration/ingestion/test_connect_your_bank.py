"""The worked example of docs/connect-your-bank.md, run from the page itself."""

import re
import shlex
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

import bankloop
from warehouse.settings import PROJECT_DIR, get_settings

PAGE = (PROJECT_DIR / "docs" / "connect-your-bank.md").read_text(encoding="utf-8")
FIRST, LAST, NIGHT = date(2024, 3, 1), date(2024, 4, 28), date(2024, 4, 29)


def commands() -> list[list[str]]:
    """The first block of commands on the page, each split into words."""
    block = PAGE.split("```bash\n")[1].split("```")[0]
    return [shlex.split(line) for line in block.splitlines()]


def stated() -> dict[str, tuple[str, ...]]:
    """The page's table of counts by feed."""
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    return {feed: (file, *counts.split(" | ")) for feed, file, counts in rows}


@pytest.fixture
def example(bank: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bank of the example, with the settings that the page exports."""
    export, *_ = commands()
    assert export[0] == "export"
    exported = dict(setting.split("=") for setting in export[1:])
    for name, value in (bank.settings.environment() | exported).items():
        if name not in ("BANKLOOP_CLOCK",):
            monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    bank.settings = get_settings()
    yield bank
    monkeypatch.undo()
    get_settings.cache_clear()


def test_the_page_runs_as_it_stands(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT_DIR)
    for words in commands()[1:]:
        assert words[0] == "bankloop"
        if words[1] == "land":
            result = CliRunner().invoke(bankloop.app, words[1:])
            assert result.exit_code == 0, result.output
        elif words[1] == "historic":
            example.load(FIRST, LAST)
        elif words[1] == "nightly":
            example.load(date.fromisoformat(words[words.index("--date") + 1]))
    assert {feed: counted(example, feed) for feed in stated()} == stated()
    assert len(stated()) == 6


def counted(bank: Any, feed: str) -> tuple[str, ...]:
    """What the page's table says of a feed, from the load audit."""
    ((read, loaded, quarantined),) = bank.rows(
        "select sum(rows_read), sum(rows_loaded), sum(rows_quarantined) from ops.load_audit "
        "where feed = %s and arrived_date <= %s",
        feed,
        LAST,
    )
    ((file, *night),) = bank.rows(
        "select source_file, rows_read, rows_loaded, rows_deduplicated from ops.load_audit "
        "where feed = %s and arrived_date = %s",
        feed,
        NIGHT,
    )
    return (file, *(str(count) for count in (read, loaded, quarantined, *night)))


def test_what_the_page_says_of_single_rows(example: Any) -> None:
    for words in commands()[1:]:
        if words[1] == "land":
            CliRunner().invoke(bankloop.app, words[1:])
    example.load(FIRST, LAST)
    example.load(NIGHT)
    assert example.rows(
        "select gender from raw.customers where party_id = 'K0005' union all "
        "select region from raw.customers where party_id = 'K0003' and arrived_date = %s union all "
        "select product_id from raw.accounts where account_id = '000004-B'",
        NIGHT,
    ) == [("unknown",), ("湖滨区",), ("DEPOSIT-1Y",)]
    assert example.rows("select sum(amount) from raw.transactions where amount < 0") < [(0,)]
