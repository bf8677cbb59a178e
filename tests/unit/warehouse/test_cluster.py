import os
from pathlib import Path

import pytest

from warehouse import cluster
from warehouse.cluster import default_memory_mb, machine_memory_mb, server_options
from warehouse.errors import BankloopError, WarehouseError


def test_nothing_committed_is_lost_in_a_crash() -> None:
    options = server_options(5432, 1024)
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert options[name] == "on"


@pytest.mark.parametrize("budget", [256, 1024, 4096])
def test_memory_stays_within_the_budget(budget: int) -> None:
    options = server_options(5432, budget)
    shares = ("shared_buffers", "maintenance_work_mem", "work_mem")
    megabytes = [int(options[name].removesuffix("MB")) for name in shares]
    assert sum(megabytes) < budget
    assert all(share >= 8 for share in megabytes)


def test_connections_suffice_for_airflow_its_server_and_dbt() -> None:
    assert int(server_options(5432, 256)["max_connections"]) >= 100


@pytest.mark.parametrize(("machine", "expected"), [(1024, 512), (8192, 2048), (65536, 4096)])
def test_the_default_budget_follows_the_machine(
    machine: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "machine_memory_mb", lambda: machine)
    assert default_memory_mb() == expected


def test_a_container_s_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(cluster, "MEMORY_LIMITS", (str(tmp_path / "none"), str(limit)))
    limit.write_text("max\n")
    whole = machine_memory_mb()
    assert whole == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    limit.write_text(str(300 * 2**20))
    assert machine_memory_mb() == 300


def test_an_error_says_what_where_and_what_to_do() -> None:
    error: BankloopError = WarehouseError("a", "b", "c", "d")
    assert str(error).splitlines() == ["expected: a", "found:    b", "where:    c", "remedy:   d"]
