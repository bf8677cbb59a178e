"""Stages against a plain oracle that was fed with what the simulator did, not with its feeds."""

from collections import Counter, defaultdict
from zoneinfo import ZoneInfo

import pytest
from factories.clean_lives import lives, read_bank, write_clean_log
from factories.history import FIRST, LAST, NIGHTS, History
from factories.nights import rows

from tests.golden.lifecycle_reference import Customer, Rules
from warehouse.settings import Settings

SAMPLE = 150
FLOOR_OF_CNY = 100_000
Stage = tuple[str, str]


def sampled_parties(settings: Settings) -> dict[str, str]:
    """Parties of every n-th owner of an account, of those whose parties never changed.

    Who was merged or split has days under two keys: docs/identity.md, tests of identity.
    """
    return dict(
        rows(
            settings,
            "select party_id, customer_id from marts.dim_party_customers where customer_id in ("
            "select customer_id from marts.dim_customers where first_opened_date is not null "
            "and customer_id not in (select customer_id from marts.dim_party_customers "
            "where valid_from > '1900-01-01' or valid_to < '9999-12-31') "
            "order by md5(customer_id) limit %s)",
            SAMPLE,
        )
    )


def scores(settings: Settings) -> dict[str, dict[object, object]]:
    """The scores that acted on the nights; they are given, not judged here."""
    found: dict[str, dict[object, object]] = defaultdict(dict)
    query = "select customer_id, as_of_date, score from predictions.churn where is_champion"
    for customer_id, day, score in rows(settings, query):
        found[customer_id][day] = score
    return found


@pytest.fixture(scope="module")
def pairs(
    history: History, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, object], tuple[Stage, Stage]]:
    """(customer, day) with the oracle's (stage, trigger) and the warehouse's."""
    settings, folder = history.settings, tmp_path_factory.mktemp("clean")
    landings = write_clean_log(settings, folder / "var", NIGHTS, history.lists)
    bank = read_bank(landings, sampled_parties(settings), settings.currency_code)
    zone = ZoneInfo(settings.time_zone)
    expected = {}
    for customer_id, life in lives(bank, FIRST, LAST, zone, scores(settings)).items():
        oracle = Customer(life, FIRST, lambda day: Rules(floor=FLOOR_OF_CNY))
        for day, answer in oracle.run(LAST).items():
            expected[customer_id, day] = (answer.stage, answer.trigger)
    query = "select customer_id, as_of_date, stage, entry_trigger from tags.lifecycle_states"
    found = {(c, d): (stage, trigger) for c, d, stage, trigger in rows(settings, query)}
    return {key: (answer, found[key]) for key, answer in expected.items()}


def test_stages_equal_the_oracle_on_nearly_all_customer_days(
    pairs: dict[tuple[str, object], tuple[Stage, Stage]],
) -> None:
    different = Counter((one[0], other[0]) for one, other in pairs.values() if one[0] != other[0])
    assert len(pairs) > SAMPLE * 300
    assert different.total() <= 0.005 * len(pairs), different


def test_triggers_equal_the_oracle_where_stages_do(
    pairs: dict[tuple[str, object], tuple[Stage, Stage]],
) -> None:
    different = Counter(
        (one, other) for one, other in pairs.values() if one[0] == other[0] and one != other
    )
    assert different.total() <= 0.005 * len(pairs), different


def test_the_sample_meets_many_stages(
    pairs: dict[tuple[str, object], tuple[Stage, Stage]],
) -> None:
    assert {one[0] for one, _ in pairs.values()} >= {
        "onboarding", "growing", "mature", "at_risk", "churned",
    }  # fmt: skip
