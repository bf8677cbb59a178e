"""The embedded server under kill, haste, strangers, other users and closed folders."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from warehouse import cluster, embedded, privileges
from warehouse.connection import connect, ensure_database
from warehouse.errors import WarehouseError
from warehouse.settings import PROJECT_DIR, Settings

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    made = Settings(var_dir=tmp_path / "var", server_memory_mb=256, database="kept")
    yield made
    embedded.stop(made)


def postmaster(settings: Settings, home: Path | None = None) -> int:
    pid_file = (home or settings.postgres_dir) / "data" / "postmaster.pid"
    return int(pid_file.read_text().splitlines()[0])


def keep_a_row(settings: Settings) -> None:
    ensure_database(settings)
    with connect(settings) as connection:
        connection.execute("create table kept as select 42 as answer")


def the_row(settings: Settings) -> int:
    with connect(settings) as connection:
        found = connection.execute("select answer from kept").fetchone()
    assert found is not None
    return found[0]


START = """
import time
from warehouse import embedded
from warehouse.settings import get_settings
embedded.ensure_started(get_settings())
print(embedded.is_running(get_settings()))
"""


def starter(settings: Settings) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START],
        env={**os.environ, "PYTHONPATH": str(PROJECT_DIR), **settings.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_server_outlives_its_starter_and_frees_its_output(settings: Settings) -> None:
    output, _ = starter(settings).communicate(timeout=120)
    assert output.splitlines()[-1] == "True"
    assert embedded.is_running(settings)
    assert os.getsid(postmaster(settings)) != os.getsid(0)


def test_starts_at_the_same_moment_make_one_server(settings: Settings) -> None:
    starters = [starter(settings) for _ in range(4)]
    outputs = [process.communicate(timeout=120)[0] for process in starters]
    assert [output.splitlines()[-1] for output in outputs] == ["True"] * 4
    port = embedded.address(settings).port
    embedded.ensure_started(settings)
    assert embedded.address(settings).port == port


def test_it_recovers_from_a_kill_with_all_that_was_committed(settings: Settings) -> None:
    embedded.ensure_started(settings)
    keep_a_row(settings)
    killed = postmaster(settings)
    os.kill(killed, signal.SIGKILL)
    assert the_row(settings) == 42
    assert postmaster(settings) != killed


def test_a_pid_file_that_names_a_stranger_is_stale(settings: Settings) -> None:
    embedded.ensure_started(settings)
    keep_a_row(settings)
    killed = postmaster(settings)
    os.kill(killed, signal.SIGKILL)
    stranger = subprocess.Popen(["sleep", "600"])
    pid_file = settings.postgres_dir / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    pid_file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
    try:
        embedded.ensure_started(settings)
        assert the_row(settings) == 42
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_named_and_a_new_one_is_one_file_away(settings: Settings) -> None:
    port = embedded.address(settings).port
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(WarehouseError, match=f"port {port}.*\nfound:.*another program"):
            embedded.ensure_started(settings)
        (settings.postgres_dir / "port").unlink()
        embedded.ensure_started(settings)
        assert embedded.address(settings).port != port


def test_a_half_made_data_directory_is_made_again(settings: Settings) -> None:
    half = settings.postgres_dir / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    embedded.ensure_started(settings)
    assert not half.exists()


def test_a_full_disk_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MINIMUM_FREE_MB", 2**40)
    with pytest.raises(WarehouseError, match="free some space"):
        embedded.ensure_started(settings)


def test_it_listens_to_this_machine_and_asks_for_the_password(settings: Settings) -> None:
    embedded.ensure_started(settings)
    at = embedded.address(settings)
    login = {"host": at.host, "port": at.port, "dbname": "postgres"}
    for wrong in ({"user": at.user, "password": "wrong"}, {"user": "postgres"}):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**login, **wrong)
    with connect(settings, database="postgres") as connection:
        listens = connection.execute("show listen_addresses").fetchone()
        sockets = connection.execute("show unix_socket_directories").fetchone()
        methods = connection.execute("select distinct auth_method from pg_hba_file_rules")
        assert (listens, sockets) == (("127.0.0.1",), ("",))
        assert methods.fetchall() == [("scram-sha-256",)]
    for secret in settings.secrets_dir.iterdir():
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.secrets_dir.stat().st_mode) == 0o700


def test_the_server_s_log_holds_no_values(settings: Settings) -> None:
    embedded.ensure_started(settings)
    keep_a_row(settings)
    with connect(settings, autocommit=True) as connection:
        connection.execute("create table parties (name text primary key, age integer)")
        for statement in (
            "insert into parties select 'Canary' from generate_series(1, 2)",
            "select 'Canary'::integer",
            "copy parties from program 'echo Canary,Canary'",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
    embedded.stop(settings)
    logs = list((settings.postgres_dir / "data" / "log").iterdir())
    assert logs
    assert not [log for log in logs if "Canary" in log.read_text()]


def test_stop_is_quiet_when_nothing_runs(settings: Settings) -> None:
    embedded.stop(settings)
    embedded.ensure_started(settings)
    embedded.stop(settings)
    embedded.stop(settings)
    assert not embedded.is_running(settings)


def in_closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A clone, with its environment, under a folder that only its owner may enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copied = privileges.copy_programs(privileges.wheel_programs(), closed / "clone" / "site")
    monkeypatch.setattr(privileges, "wheel_programs", lambda: copied)
    return Settings(var_dir=closed / "clone" / "var", server_memory_mb=256, database="kept")


def test_a_clone_under_a_closed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = in_closed_folder(tmp_path, monkeypatch)
    embedded.ensure_started(settings)
    keep_a_row(settings)
    assert the_row(settings) == 42
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700
    embedded.stop(settings)


@is_root
def test_root_without_namespaces_under_a_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = in_closed_folder(tmp_path, monkeypatch)
    monkeypatch.setattr(privileges, "namespace_works", lambda prefix: False)
    home = privileges.choose_launcher(settings.postgres_dir).home
    try:
        embedded.ensure_started(settings)
        keep_a_row(settings)
        server = postmaster(settings, home)
        assert Path(f"/proc/{server}").stat().st_uid == privileges.unprivileged_user().pw_uid
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        os.kill(server, signal.SIGKILL)
        assert the_row(settings) == 42
        assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == 0o700
        embedded.stop(settings)
        monkeypatch.setattr(privileges, "namespace_works", lambda prefix: True)
        with pytest.raises(WarehouseError, match="kept them in"):
            embedded.ensure_started(settings)
    finally:
        monkeypatch.setattr(privileges, "namespace_works", lambda prefix: False)
        embedded.stop(settings)
        shutil.rmtree(home)


@is_root
def test_a_folder_that_somebody_else_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "namespace_works", lambda prefix: False)
    monkeypatch.setattr(privileges, "FALLBACK_PARENT", tmp_path)
    postgres_dir = tmp_path / "var" / "postgres"
    home = privileges.choose_launcher(postgres_dir).home
    home.chmod(0o777)
    with pytest.raises(WarehouseError, match="somebody else"):
        privileges.choose_launcher(postgres_dir)


def as_user(user: pwd.struct_passwd, work: Callable[[], None]) -> int:
    """Exit code of `work` in a process of an ordinary user: 0, or 1 when it raised."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@is_root
def test_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    user = privileges.unprivileged_user()
    folder = Path("/var/tmp") / f"bankloop-user-{os.getpid()}"
    programs = privileges.copy_programs(privileges.wheel_programs(), folder / "site")
    folder.chmod(0o755)
    monkeypatch.setattr(privileges, "wheel_programs", lambda: programs)
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, user.pw_uid, user.pw_gid)
    settings = Settings(var_dir=home / "var", server_memory_mb=256, database="kept")

    def work() -> None:
        os.chdir(home)
        embedded.ensure_started(settings)
        keep_a_row(settings)
        os.kill(postmaster(settings), signal.SIGKILL)
        assert the_row(settings) == 42
        assert Path(f"/proc/{postmaster(settings)}").stat().st_uid == user.pw_uid
        embedded.stop(settings)

    def intrude() -> None:
        with pytest.raises(WarehouseError, match="another user"):
            embedded.ensure_started(Settings(var_dir=closed / "var"))

    closed = folder / "roots"
    closed.mkdir(mode=0o700)
    try:
        assert as_user(user, work) == 0
        assert as_user(user, intrude) == 0
    finally:
        shutil.rmtree(folder)


def test_a_server_that_does_not_answer_is_not_started_twice(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.ensure_started(settings)
    server = postmaster(settings)
    monkeypatch.setattr(embedded, "_WAIT_SECONDS", 1)
    real = embedded.is_running
    monkeypatch.setattr(embedded, "is_running", lambda settings: False)
    with pytest.raises(WarehouseError, match="processes live"):
        embedded.ensure_started(settings)
    monkeypatch.setattr(embedded, "is_running", real)
    assert postmaster(settings) == server


def test_all_ends_with_the_server(settings: Settings) -> None:
    """After a kill nothing of the old server holds the data when the new one starts."""
    embedded.ensure_started(settings)
    keep_a_row(settings)
    for _ in range(3):
        with connect(settings) as connection:
            os.kill(postmaster(settings), signal.SIGKILL)
            deadline = time.monotonic() + 30
            while embedded.is_running(settings):
                assert time.monotonic() < deadline
            embedded.ensure_started(settings)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
            connection.close()
    assert the_row(settings) == 42
