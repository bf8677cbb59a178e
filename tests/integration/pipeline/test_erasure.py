"""A customer is erased between two nights: nothing of it is left, and nobody's numbers move."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from factories.copies import copy_of
from factories.history import LAST, History
from factories.landing import valid_row
from factories.landing_changes import add_rows
from factories.leaks import leaks_in_files, leaks_in_tables
from factories.nights import play, rows, value

from dags.pipeline_support import erasing, proving
from dags.pipeline_support.erasing import Erased
from ingestion.contracts import load_contracts
from ingestion.manifest import read_manifest
from simulator import canaries
from warehouse.connection import connect
from warehouse.settings import Settings
from warehouse.vault import Vault

EVE = LAST - timedelta(days=1)
AGGREGATES = ("bi_lifecycle_balances", "bi_tier_balances", "bi_campaign_funnel")


class Case:
    """A bank on the eve of its last night from which two customers were erased."""

    def __init__(self, settings: Settings, bird: str, listed: str, done: Erased) -> None:
        self.settings = settings
        self.bird = bird
        self.listed = listed
        self.done = done
        self.aggregates = published_aggregates(settings)
        found = rows(settings, "select party_id from vault.erased_parties")
        self.erased = {party for (party,) in found}

    @property
    def parties(self) -> list[str]:
        return [self.bird, self.listed]


@pytest.fixture(scope="module")
def case(history: History, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with copy_of(history.eve, tmp_path_factory.mktemp("erasure") / "var") as settings:
        bird, listed = party_of_canary(settings), listed_party(settings)
        assert proving.prove(settings, [bird, listed]).findings
        before = published_aggregates(settings)
        done = erasing.erase(settings, [bird, listed], "asked for in writing")
        case = Case(settings, bird, listed, done)
        assert case.aggregates == before
        yield case


def party_of_canary(settings: Settings) -> str:
    """A seeded person whose values are in the vault."""
    bird = canaries(settings.seed)[0]
    with connect(settings) as connection:
        token = Vault(settings, connection).token("document_no", bird.document_no)
        connection.rollback()
    found: str = value(
        settings, "select min(party_id) from vault.personal_values where token = %s", token
    )
    return found


def listed_party(settings: Settings) -> str:
    """Somebody with a list row of the last evening."""
    found: str = value(
        settings, "select min(party_id) from publication.open_rows where night_date = %s", EVE
    )  # fmt: skip
    return found


def deliver_more(case: Case) -> int:
    """Let the last day's delivery speak of the canary too; returns the rows about both."""
    folder = case.settings.landing_dir / LAST.isoformat()
    bird = canaries(case.settings.seed)[0]
    about = valid_row("customers", 1, LAST, party_id=case.bird, name=bird.name)
    add_rows(folder, "customers", [about])
    contracts, count = load_contracts(), 0
    for entry in read_manifest(folder).files:
        party = contracts[entry.feed].party
        if party and entry.format == "parquet":
            named = pq.read_table(folder / entry.file, columns=[party])[party].to_pylist()
            count += sum(one in case.erased for one in named)
    return count


def published_aggregates(settings: Settings) -> dict[str, Any]:
    """All rows of published aggregates up to the eve, as readers see them."""
    return {
        name: sorted(
            map(repr, rows(settings, f"select * from bi.{name} where as_of_date <= %s", EVE))
        )
        for name in AGGREGATES
    }


def test_the_erasure_finds_something_to_do(case: Case) -> None:
    assert case.done.parties >= 2
    assert case.done.keys == case.done.parties
    assert case.done.list_rows >= 1
    assert case.done.files >= 1
    assert case.done.rows_removed > 0
    assert case.done.rows_blanked > 0


def test_nothing_of_them_can_be_read_before_the_next_night(case: Case) -> None:
    places = {check.place for check in proving.prove(case.settings, case.parties).findings}
    assert all(place.startswith("landing/") for place in places), places
    bird = [canaries(case.settings.seed)[0]]
    assert leaks_in_tables(case.settings, bird) == set()
    leaks = leaks_in_files(case.settings.var_dir, bird)
    assert {leak for leak in leaks if "/landing/" not in leak} == set()


def test_the_next_night_takes_no_notice_of_them(case: Case) -> None:
    waiting = deliver_more(case)
    attempt = play(case.settings, LAST)
    assert attempt.error is None
    assert proving.prove(case.settings, case.parties).findings == ()
    refused = rows(
        case.settings,
        "select count(*) from quarantine.rows where arrived_date = %s and reason = 'erased'",
        LAST,
    )
    assert refused == [(waiting,)]
    assert (
        value(
            case.settings,
            "select count(*) from publication.withdrawals where reason = 'erased' "
            "and withdrawn_date = %s",
            LAST,
        )
        == case.done.list_rows
    )
    told = case.settings.export_dir / LAST.isoformat() / "withdrawals"
    assert any(",erased," in path.read_text() for path in told.glob("*.csv"))


def test_facts_stay_and_published_aggregates_are_not_restated(case: Case) -> None:
    proof = proving.prove(case.settings, case.parties)
    for table in ("raw.customers", "marts.fct_customer_aum", "tags.lifecycle_states"):
        assert proof.remaining.get(table, 0) > 0, table
    after = published_aggregates(case.settings)
    assert len(after["bi_tier_balances"]) > 0
    assert after["bi_tier_balances"] == case.aggregates["bi_tier_balances"]
