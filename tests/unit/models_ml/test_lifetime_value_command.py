"""`bankloop lifetime-value fit` from a file to files, on purchases drawn from the models."""

import json
import stat
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from bankloop import app

FIRST = date(2023, 1, 2)


@pytest.fixture(scope="module")
def purchases() -> pd.DataFrame:
    """What 1,500 customers who may leave bought in two years, some of them from the second on."""
    random = np.random.default_rng(8)
    rows = []
    for number in range(1_500):
        rate, leaving, usual = random.gamma(0.8, 0.04), random.beta(1, 4), random.gamma(4, 8)
        day = float(random.integers(0, 500))
        while day < 730:
            amount = round(random.gamma(5, usual / 5), 2)
            rows.append((f"C{number:04d}", FIRST + timedelta(int(day)), amount))
            if random.random() < leaving:
                break
            day += random.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["customer_id", "date", "amount"])


def run(folder: Path, purchases: pd.DataFrame, *options: str) -> Result:
    file = folder / "purchases.csv"
    purchases.to_csv(file, index=False)
    arguments = ["--transactions", str(file), "--out", str(folder / "out"), *options]
    return CliRunner().invoke(app, ["lifetime-value", "fit", *arguments])


def written(folder: Path) -> tuple[dict[str, object], pd.DataFrame]:
    model = json.loads((folder / "out" / "model.json").read_text())
    return model, pd.read_csv(folder / "out" / "customers.csv", dtype={"customer_id": str})


def test_every_customer_is_scored_and_the_model_is_written(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    result = run(tmp_path, purchases)
    assert result.exit_code == 0, result.output
    model, customers = written(tmp_path)
    assert customers["customer_id"].tolist() == sorted(set(purchases["customer_id"]))
    assert customers["probability_alive"].between(0, 1).all()
    product = customers["expected_purchases"] * customers["expected_value"]
    assert customers["lifetime_value"].to_numpy() == pytest.approx(product.to_numpy(), abs=1e-3)
    assert (model["grain"]["unit"], model["unit"], model["horizon"]) == ("day", "week", 52.0)
    assert set(model["bg_nbd"]["parameters"]) == {"r", "alpha", "a", "b"}
    assert model["gamma_gamma"]["customers"] == (customers["mean_value"] > 0).sum()
    assert model["holdout"] is None
    assert "1,500 customers" in result.output


def test_the_mean_value_leaves_the_first_day_out(tmp_path: Path, purchases: pd.DataFrame) -> None:
    run(tmp_path, purchases)
    _, customers = written(tmp_path)
    days = purchases.groupby(["customer_id", "date"])["amount"].sum().reset_index()
    repeat = days[days["date"] > days.groupby("customer_id")["date"].transform("min")]
    expected = repeat.groupby("customer_id")["amount"].mean()
    own = customers[customers["frequency"] > 0].set_index("customer_id")["mean_value"]
    pd.testing.assert_series_equal(own, expected, check_names=False, rtol=0, atol=1e-6)


def test_the_same_purchases_in_any_order_give_the_same_bytes(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    files = {}
    for name, rows in {
        "as is": purchases,
        "shuffled": purchases.sample(frac=1, random_state=1),
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        assert run(folder, rows, "--calibration-end", "2024-06-30").exit_code == 0
        files[name] = [(folder / "out" / f).read_bytes() for f in ("model.json", "customers.csv")]
    assert files["as is"] == files["shuffled"]


def test_a_holdout_compares_the_forecast_with_what_came(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    result = run(tmp_path, purchases, "--calibration-end", "2024-07-02", "--end", "2024-12-31")
    assert result.exit_code == 0, result.output
    model, customers = written(tmp_path)
    known = purchases[purchases["date"] <= date(2024, 7, 2)]["customer_id"].unique()
    later = purchases[purchases["date"] > date(2024, 7, 2)].drop_duplicates(["customer_id", "date"])
    seen = later["customer_id"].isin(known).sum()
    assert len(customers) == len(known)
    assert customers["holdout_purchases"].sum() == seen == model["holdout"]["purchases"]
    assert model["holdout"]["length"] == 26.0
    assert model["holdout"]["expected_purchases"] == pytest.approx(seen, rel=0.15)
    assert f"{seen:,} seen" in result.output


def test_purchases_after_the_calibration_do_not_change_the_model(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    run(tmp_path, purchases, "--calibration-end", "2024-03-31")
    calibrated, _ = written(tmp_path)
    run(tmp_path, purchases[purchases["date"] <= date(2024, 3, 31)], "--end", "2024-03-31")
    alone, _ = written(tmp_path)
    assert calibrated["bg_nbd"] == alone["bg_nbd"]
    assert calibrated["gamma_gamma"] == alone["gamma_gamma"]


def test_a_customers_acts_of_a_week_are_one_purchase(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    assert run(tmp_path, purchases, "--grain", "week", "--unit", "day").exit_code == 0
    model, customers = written(tmp_path)
    monday = pd.to_datetime(purchases["date"]).dt.to_period("W")
    weeks = purchases.assign(week=monday).drop_duplicates(["customer_id", "week"])
    assert customers["frequency"].sum() + len(customers) == len(weeks)
    assert (customers["age"] % 7 == 0).all()
    assert model["horizon"] == 365.0


def test_repeat_buyers_who_spent_nothing_are_counted(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    counts = purchases.groupby("customer_id")["date"].transform("nunique")
    free = purchases["customer_id"] == purchases.loc[counts > 2, "customer_id"].iloc[0]
    result = run(tmp_path, purchases.assign(amount=purchases["amount"].mask(free, 0.0)))
    assert "1 repeat buyers spent 0" in result.output
    assert written(tmp_path)[0]["repeat_buyers_without_value"] == 1


def test_files_are_for_their_owner_and_nothing_is_left_beside(
    tmp_path: Path, purchases: pd.DataFrame
) -> None:
    run(tmp_path, purchases)
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["customers.csv", "model.json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--amount", "euros"), "none called euros"),
        (("--end", "2023-06-30"), "no purchase after 2023-06-30"),
        (("--end", "2023-06-30"), "--calibration-end"),
        (("--calibration-end", "2022-12-31"), "--calibration-end"),
        (("--calibration-end", "2030-12-31"), "--calibration-end"),
        (("--calibration-end", "2023-01-04"), "at least 20 customers with a repeat purchase"),
        (("--grain", "month"), "'month'"),
        (("--horizon", "-1"), "--horizon"),
        (("--horizon", "nan"), "--horizon"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    tmp_path: Path, purchases: pd.DataFrame, options: tuple[str, ...], told: str
) -> None:
    result = run(tmp_path, purchases, *options)
    assert result.exit_code == 2, result.output
    assert told in result.output
    assert not (tmp_path / "out").exists()
    assert not any(customer in result.output for customer in purchases["customer_id"])
