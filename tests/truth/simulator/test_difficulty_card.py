"""The difficulty card: nothing in the simulated bank is too easy, nor impossible.

Figures come from the generating parameters (true probabilities and effects), not from a model.
"""

from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc
import pytest
from sklearn.metrics import adjusted_rand_score

from simulator import accounts, catalogue, earlier, outreach, personas, response, seasons, truth
from simulator.catalogue import CHANNELS, PRODUCTS
from simulator.people import EXISTING, People
from simulator.state import OPEN
from tests.truth.simulator.conftest import Lived

OPENED = [number for number, product in enumerate(PRODUCTS) if product.monthly_rate > 0]
IDS = [PRODUCTS[number].product_id for number in OPENED]


def test_bayes_optimal_personas(people: People) -> None:
    guess = personas.posterior(people.standard).argmax(axis=1)
    assert 0.85 <= adjusted_rand_score(people.persona, guess) <= 0.93


def test_personas_are_equidistant() -> None:
    means = personas.standard_means()
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(means) for b in means[:i]]
    assert np.max(np.abs(np.array(pairs) / np.mean(pairs) - 1)) <= 0.15


def test_the_latent_noise_is_the_mixtures(people: People) -> None:
    """The distances above are Mahalanobis distances: within a persona the deviation is 1."""
    noise = people.standard - personas.standard_means()[people.persona]
    assert np.abs(np.cov(noise.T) - np.eye(noise.shape[1])).max() < 0.03


def test_smallest_persona(people: People) -> None:
    share = np.bincount(people.persona, minlength=len(personas.PERSONAS)) / people.count
    assert 0 < share.min() <= 0.03


def test_churn_oracle(lived: Lived) -> None:
    population = truth.churn_population(lived.people, lived.state) & lived.is_recent
    assert population.sum() > 8_000
    probability = truth.churn_probability(lived.people, lived.state)[population]
    assert 0.80 <= truth.oracle_auc(probability) <= 0.88
    assert 0.02 <= probability.mean() <= 0.12


@pytest.mark.parametrize("product", OPENED, ids=IDS)
def test_opening_rates_and_oracle(product: int, lived: Lived) -> None:
    customers = lived.state.is_alive & (lived.state.slot[:, product] != OPEN)
    opens = truth.opening_probability(lived.people, lived.state)[customers, product]
    assert 0.002 <= opens.mean() <= 0.03
    assert 0.78 <= truth.oracle_auc(opens) <= 0.84


def listable(people: People, product: int) -> np.ndarray:
    """The customers on a random list for a product."""
    return np.flatnonzero((people.role == EXISTING) & people.is_eligible[:, product])


@pytest.mark.parametrize("product", OPENED, ids=IDS)
def test_individual_uplift(product: int, people: People) -> None:
    agents = listable(people, product)
    natural = 1 - (1 - people.hazard[agents, product]) ** truth.RECENT_DAYS
    for channel in range(len(CHANNELS)):
        effect = truth.true_effects(people, product, channel)[agents]
        after = np.clip(natural + effect, 0, 1)
        uplift = after - natural
        assert uplift.min() >= -0.01
        assert uplift.max() <= 0.03
        assert np.mean(uplift <= 0) >= 0.20
        anyway = np.minimum(natural, after).sum() / after.sum()
        assert anyway >= 0.60


def test_repeated_contacts_stay_within_the_bounds() -> None:
    most = sum(response.REPEAT_WEIGHTS)
    assert most * response.HIGHEST_EFFECT <= 0.03
    assert most * response.LOWEST_EFFECT >= -0.01


def test_converters_of_a_lived_random_list(lived: Lived) -> None:
    """Counted, not computed: of those who opened after an earlier campaign's contact, most
    opened in the life without it as well."""
    units = lived.units.filter(lived.units["is_listed"])
    y1, y0 = (units[name].to_numpy() > 0 for name in ("y1_day", "y0_day"))
    assert y1.sum() > 50
    assert np.mean(y0[y1]) >= 0.60


def test_control_units_live_one_life(lived: Lived) -> None:
    units = lived.units.filter(pc.invert(lived.units["is_listed"]))
    assert units.num_rows > 1_000
    assert (units["y1_day"].to_numpy() == units["y0_day"].to_numpy()).all()
    assert (units["p1"].to_numpy() == units["p0"].to_numpy()).all()


def test_amounts_are_log_normal_and_wide(people: People) -> None:
    assert accounts.AMOUNT_DEVIATION >= 1.2
    agents = np.arange(people.count)
    deposit = catalogue.PRODUCT_INDEX["DEPOSIT-1Y"]
    amount = accounts.amounts(people, 19_800, agents, np.full(people.count, deposit))
    relative = np.log(amount / people.wealth)[amount > 20_000]
    assert relative.std() >= 1.2


def test_seasonality() -> None:
    year = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    factor = {day: seasons.activity_factor(day) for day in year}
    by_weekday = [np.mean([f for d, f in factor.items() if d.weekday() == w]) for w in range(7)]
    assert max(by_weekday) > 1.15 * min(by_weekday)
    festival = date(2024, 2, 10)
    assert factor[festival - timedelta(days=3)] > 1.2 * factor[festival + timedelta(days=3)]
    days = [seasons.business_day(day, "Asia/Shanghai") for day in year]
    paid = [payday for day in days for payday in day.paydays()]
    assert len(paid) == 12 * len(seasons.PAYDAYS)


def test_a_tenth_of_the_dispositions_is_late_or_missing(lived: Lived) -> None:
    assert pytest.approx(0.10) == outreach.LATE_DISPOSITION + outreach.MISSING_DISPOSITION
    contacts = lived.contacts
    reached = pc.is_in(contacts["delivery_status"], value_set=pc.cast(["delivered", "connected"],
                       "string"))  # fmt: skip
    first = contacts.filter(reached)
    assert first.num_rows > 2_000
    late = first["disposition"].null_count / first.num_rows
    assert 0.08 <= late <= 0.12


def test_there_are_two_randomised_campaigns_at_least(lived: Lived) -> None:
    campaigns = set(pc.unique(lived.units["campaign_id"]).to_pylist())
    assert len(campaigns) >= 2
    for campaign in earlier.EARLIER_CAMPAIGNS:
        assert 0.1 <= campaign.listed_share <= 0.9
