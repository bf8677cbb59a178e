"""Training, promoting and losing the champion, on a real registry."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import models_ml
from models_ml.clusters.job import TrainingReport
from models_ml.registry import load_bundle, pointer_of, promote
from warehouse.connection import connect
from warehouse.errors import ModelError
from warehouse.settings import Settings

NIGHT = date(2024, 4, 30)


def train(settings: Settings) -> TrainingReport:
    return models_ml.train_clusters(settings, NIGHT)


def scored(settings: Settings) -> list[tuple[object, ...]]:
    with connect(settings) as connection:
        models_ml.score_slots(settings, connection, NIGHT)
        return connection.execute(
            "select customer_id, persona_id, score, distance, reasons, model_name "
            "from predictions.clusters where is_champion order by customer_id"
        ).fetchall()


def champion_file(settings: Settings) -> Path:
    with connect(settings) as connection:
        pointer = pointer_of(connection, "clusters")
    assert pointer is not None
    return settings.var_dir / pointer.file


@pytest.fixture
def trained(fill: Callable[..., Settings]) -> Settings:
    settings = fill(400)
    report = train(settings)
    assert report.is_champion
    return settings


def test_a_trained_model_scores_everyone_and_tells_the_two_habits_apart(trained: Settings) -> None:
    rows = scored(trained)
    assert len(rows) == 360
    assert {row[5] for row in rows} == {"simulator_clusters"}
    by_habit = [{row[1] for row in rows if int(str(row[0])[1:], 16) % 2 == odd} for odd in (0, 1)]
    assert not by_habit[0] & by_habit[1]
    assert scored(trained) == rows


def test_alias_in_the_registry_follows_the_pointer(trained: Settings) -> None:
    from models_ml.tracking import open_mlflow

    _, client = open_mlflow(trained)
    with connect(trained) as connection:
        pointer = pointer_of(connection, "clusters")
    assert pointer is not None
    version = client.get_model_version_by_alias("simulator_clusters", "champion")
    assert str(version.version) == pointer.model_version
    assert "scorable customers" in version.description


def test_training_again_keeps_ids_and_scores(trained: Settings) -> None:
    before = scored(trained)
    report = train(trained)
    assert report.figures["migration_share"] == 0.0
    assert [row[:5] for row in scored(trained)] == [row[:5] for row in before]


def test_everyone_who_is_scored_has_a_known_persona(trained: Settings) -> None:
    scored(trained)
    with connect(trained) as connection:
        unknown = connection.execute(
            "select count(*) from predictions.clusters c where not exists (select from "
            "predictions.personas p where (p.model_name, p.model_version, p.persona_id) = "
            "(c.model_name, c.model_version, c.persona_id))"
        ).fetchone()
        shares = connection.execute(
            "select sum(customer_share) from predictions.personas "
            "where model_name <> 'rule_baseline'"
        ).fetchone()
    assert unknown == (0,)
    assert shares is not None
    assert abs(float(shares[0]) - 1) < 1e-4


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_a_damaged_model_file_leaves_the_night_to_the_rule(trained: Settings, damage: str) -> None:
    sound = models_ml.champion_digest(trained, "clusters")
    file = champion_file(trained)
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-10] + b"0123456789")
    with connect(trained) as connection:
        report = models_ml.score_slots(trained, connection, NIGHT)
    clusters = next(found for found in report.slots if found.slot == "clusters")
    assert clusters.model_name == "rule_baseline"
    assert clusters.rows == 360
    assert "not used" in str(report)
    baseline = models_ml.champion_digest(trained, "churn")
    assert models_ml.champion_digest(trained, "clusters") == baseline != sound


def test_a_model_that_does_not_fit_the_code_leaves_the_night_to_the_rule(
    trained: Settings,
) -> None:
    import hashlib

    import skops.io

    content = skops.io.dumps({"slot": "clusters", "codes": ["A_TRAIT_OF_OLD"]})
    champion_file(trained).write_bytes(content)
    with connect(trained) as connection:
        digest = hashlib.sha256(content).hexdigest()
        connection.execute("update predictions.model_registry set sha256 = %s", [digest])
        report = models_ml.score_slots(trained, connection, NIGHT)
    clusters = next(found for found in report.slots if found.slot == "clusters")
    assert (clusters.model_name, clusters.rows) == ("rule_baseline", 360)
    assert "models not used" in clusters.note


def test_a_promotion_that_is_rolled_back_leaves_the_old_champion(trained: Settings) -> None:
    with connect(trained) as connection:
        before = pointer_of(connection, "clusters")
        assert before is not None
        moved = type(before)(**{**vars(before), "model_version": "999"})
        with pytest.raises(Exception, match="999"):
            promote(trained, connection, moved)
        assert pointer_of(connection, "clusters") == before


def test_too_few_customers_train_nothing_and_the_report_says_so(
    fill: Callable[..., Settings],
) -> None:
    settings = fill(100)
    report = train(settings)
    assert report.model_name == "rule_baseline"
    assert "not enough data, 90 scorable customers" in str(report)
    with connect(settings) as connection:
        assert pointer_of(connection, "clusters") is None


def test_a_pickle_in_place_of_the_model_is_not_run(trained: Settings, tmp_path: Path) -> None:
    import hashlib
    import pickle

    trace = tmp_path / "trace"
    content = pickle.dumps(Malicious(trace))
    champion_file(trained).write_bytes(content)
    with connect(trained) as connection:
        digest = hashlib.sha256(content).hexdigest()
        connection.execute("update predictions.model_registry set sha256 = %s", [digest])
        pointer = pointer_of(connection, "clusters")
        assert pointer is not None
        with pytest.raises(ModelError, match="does not load"):
            load_bundle(trained, pointer)
    assert not trace.exists()


class Malicious:
    """Would create a file when unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


def test_the_challenger_scores_beside_the_champion(trained: Settings) -> None:
    with connect(trained) as connection:
        pointer = pointer_of(connection, "clusters")
        assert pointer is not None
        connection.execute(
            "insert into predictions.model_registry select slot, 'challenger', model_name, '0', "
            "file, sha256, as_of_date from predictions.model_registry"
        )
        models_ml.score_slots(trained, connection, NIGHT)
        counts = connection.execute(
            "select is_champion, count(*) from predictions.clusters group by 1 order by 1"
        ).fetchall()
    assert counts == [(False, 360), (True, 360)]
