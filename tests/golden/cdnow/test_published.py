"""The published figures of the CDNOW data, from its purchases, through our own summary and fits.

BG/NBD: Fader, Hardie & Lee, Marketing Science 24(2), 2005. Gamma-gamma: Fader & Hardie,
brucehardie.com/notes/025, 2013; it is fitted to repeat purchases up to 30 September 1997.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from bankloop import app
from models_ml.lifetime_value.bg_nbd import BgNbd, fit_bg_nbd
from models_ml.lifetime_value.fit_file import Outcome, Request, fit
from models_ml.lifetime_value.forecast import expected_purchases
from models_ml.lifetime_value.gamma_gamma import fit_gamma_gamma
from models_ml.lifetime_value.histories import Histories
from models_ml.lifetime_value.purchase_log import Columns
from models_ml.lifetime_value.summary import Grain

PROJECT = Path(__file__).parents[3]
DATA = Path(os.environ.get("BANKLOOP_DATA_DIR", PROJECT.parent / "shared" / "data")) / "cdnow"
SAMPLE = DATA / "CDNOW_sample.txt"
CALIBRATION_END = date(1997, 9, 30)

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not SAMPLE.exists(),
        reason="the CDNOW data set is not there; set BANKLOOP_DATA_DIR to the folder around cdnow",
    ),
]


def fitted(**options: Any) -> Outcome:
    columns = Columns("2", "3", "5")
    return fit(Request(SAMPLE, columns, calibration_end=CALIBRATION_END, horizon=39.0, **options))


@pytest.fixture(scope="module")
def sample() -> Outcome:
    return fitted()


def test_bg_nbd_is_the_published_one(sample: Outcome) -> None:
    found = sample.purchases
    assert (found.customers, found.repeat_buyers) == (2_357, 946)
    assert f"{found.log_likelihood:.1f}" == "-9582.4"
    assert rounded(found.parameters, 3) == (0.243, 4.414, 0.793, 2.426)


def test_gamma_gamma_is_the_published_one(sample: Outcome) -> None:
    found = sample.values
    assert found.customers == 946
    assert f"{found.log_likelihood:.2f}" == "-4055.92"
    assert rounded(found.parameters, 2) == (6.25, 3.74, 15.44)
    assert rounded(found.parameters, 4) == (6.2496, 3.7442, 15.4435)
    assert f"{found.log_likelihood:.3f}" == "-4055.918"


def test_the_summary_file_gives_the_published_numbers_too() -> None:
    rows = pd.read_csv(DATA / "cdnow_customers_summary_with_transactions.csv")
    found = fit_bg_nbd(rows["x"], rows["t_x"], rows["T"])
    assert rounded(found.parameters, 4) == (0.2426, 4.4135, 0.7929, 2.4258)
    assert f"{found.log_likelihood:.2f}" == "-9582.43"
    repeat = rows[rows["x"] > 0]
    values = fit_gamma_gamma(repeat["x"], repeat["zbar"])
    assert f"{values.parameters.v:.3f}" == "15.448"


def test_the_purchases_expected_of_the_first_customer(sample: Outcome) -> None:
    """E[Y(39) | x = 2, t_x = 30.43, T = 38.86] = 1.226, with the published parameters and ours."""
    published = BgNbd(0.243, 4.414, 0.793, 2.426)
    first = Histories.checked([2], [30.43], [38.86])
    assert f"{expected_purchases(published, first, 39)[0]:.3f}" == "1.226"
    assert f"{sample.customers['expected_purchases'][0]:.3f}" == "1.226"


def test_the_summary_is_the_published_one(sample: Outcome) -> None:
    published = pd.read_csv(DATA / "cdnow_customers_summary_with_transactions.csv")
    ours = sample.customers
    assert ours["customer_id"].astype(int).tolist() == published["ID"].tolist()
    assert ours["frequency"].tolist() == published["x"].tolist()
    for name, column in {"recency": "t_x", "age": "T", "mean_value": "zbar"}.items():
        assert (ours[name] - published[column]).abs().max() < 0.00501


def test_weeks_from_the_first_day_of_the_data_give_the_other_published_numbers() -> None:
    """The first day, 1 January 1997, was a Wednesday."""
    found = fitted(grain=Grain("week", "wednesday")).purchases.parameters
    assert (f"{found.r:.3f}", f"{found.alpha:.2f}") == ("0.285", "6.50")


def test_all_customers_of_the_cohort_are_read() -> None:
    columns = Columns("customer_id", "date", "dollar_value")
    found = fit(Request(DATA / "CDNOW_master.txt", columns))
    assert found.purchases.customers == 23_570
    assert found.end == date(1998, 6, 30)


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    files = ["--transactions", str(SAMPLE), "--out", str(tmp_path / "out")]
    columns = ["--id", "2", "--date", "3", "--amount", "5", "--horizon", "39"]
    span = ["--calibration-end", "1997-09-30", "--end", "1998-06-30"]
    result = CliRunner().invoke(app, ["lifetime-value", "fit", *files, *columns, *span])
    assert result.exit_code == 0, result.output
    assert "r 0.2426 (" in result.output
    assert "log-likelihood -9,582.43 of 2,357" in result.output
    model = json.loads((tmp_path / "out" / "model.json").read_text())
    assert rounded(model["bg_nbd"]["parameters"].values(), 3) == (0.243, 4.414, 0.793, 2.426)
    assert model["holdout"]["length"] == 39.0


def rounded(values: Any, digits: int) -> tuple[float, ...]:
    return tuple(round(value, digits) for value in values)
