"""Install the project into `.venv` from the hashed lock. Standard library only; run by `make` with a bare Python 3.11.

    PYTHONPATH=include python3.11 -m crossdock.stack.install

The machine's pip configuration (index, mirrors, certificates, local wheels) is asked from pip and handed on to uv,
so that both look in the same places. Installing again does nothing while lock, project file and Python are the same.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from crossdock.stack.progress import StepFailed, explain, step

BOOTSTRAP, LOCK, PROJECT_FILE = "requirements-bootstrap.txt", "requirements.txt", "pyproject.toml"
PYTHON_VERSION = (3, 11)


def checksum(project: Path) -> str:
    """Of everything that decides what is installed: both locks, the project file, the Python and the folder."""
    digest = hashlib.sha256(f"{sys.version}\n{sysconfig.get_platform()}\n{project}".encode())
    for name in (BOOTSTRAP, LOCK, PROJECT_FILE):
        digest.update((project / name).read_bytes())
    return digest.hexdigest()


def pip_settings(listing: str) -> dict[str, str]:
    """`pip config list` as option → value; the environment wins over files, as in pip."""
    found: dict[str, str] = {}
    lines = [line.partition("=") for line in listing.splitlines() if "=" in line]
    for origin, _, quoted in sorted(lines, key=lambda line: line[0].startswith(":env:")):
        option = origin.removeprefix(":env:").split(".", 1)[-1].lstrip(".")
        found[option] = shlex.split(quoted)[0] if quoted.strip() else ""
    return found


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """The variables that make uv look where pip looks."""
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
             "cert": "SSL_CERT_FILE", "trusted-host": "UV_INSECURE_HOST", "timeout": "UV_HTTP_TIMEOUT",
             "default-timeout": "UV_HTTP_TIMEOUT", "no-index": "UV_NO_INDEX"}  # fmt: skip
    found = {variable: settings[option] for option, variable in names.items() if settings.get(option)}
    if "UV_FIND_LINKS" in found:
        found["UV_FIND_LINKS"] = ",".join(found["UV_FIND_LINKS"].split())
    if "UV_INDEX" in found:
        # pip takes the best version of any index; every file must match a hash of the lock, so this is safe.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found


class Installer:
    """The steps, each with its output in one log."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.venv = project / ".venv"
        self.python = self.venv / "bin" / "python"
        self.log = project / ".crossdock" / "logs" / "install.log"
        self.stamp = self.venv / ".installed"
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV")}  # fmt: skip

    def run(self, *argv: str | Path, mend: str) -> None:
        with self.log.open("ab") as out:
            out.write(f"\n$ {shlex.join(str(word) for word in argv)}\n".encode())
            out.flush()
            done = subprocess.run([*map(str, argv)], cwd=self.project, env=self.environment, stdout=out, stderr=out)
        if done.returncode:
            raise StepFailed(f"{Path(argv[0]).name} ended with status {done.returncode}", log=self.log, mend=mend)

    def make_venv(self) -> None:
        if sys.version_info[:2] != PYTHON_VERSION:
            raise StepFailed(f"this is Python {sys.version.split()[0]}; Crossdock needs 3.11",
                             mend="install Python 3.11, then `make PYTHON=/path/to/python3.11 …`")  # fmt: skip
        if self._venv_works():
            return
        shutil.rmtree(self.venv, ignore_errors=True)
        self.run(sys.executable, "-m", "venv", self.venv, mend="install Python's venv module (Debian: python3.11-venv)")

    def _venv_works(self) -> bool:
        """Whether a virtual environment of this very Python stands there: then packages are changed in place."""
        ask = "import sys; print(sys.version, sys.base_prefix)"
        try:
            done = subprocess.run([self.python, "-c", ask], capture_output=True, text=True, env=self.environment)
        except OSError:
            return False
        return done.stdout.strip() == f"{sys.version} {sys.base_prefix}"

    def install_uv(self) -> None:
        self.run(self.python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", BOOTSTRAP,
                 mend="let this machine reach a package index (`pip config list` shows which it asks)")  # fmt: skip
        listing = subprocess.run([self.python, "-m", "pip", "config", "list"], capture_output=True, text=True,
                                 env=self.environment, check=True).stdout  # fmt: skip
        self.environment |= uv_environment(pip_settings(listing))

    def uv(self, *words: str, mend: str) -> None:
        self.run(self.venv / "bin" / "uv", "pip", "install", "--python", self.python, *words, mend=mend)

    def install_packages(self) -> None:
        self.uv("--compile-bytecode", "--require-hashes", "-r", LOCK,
                mend="the index must hold every version of requirements.txt (`make lock` renews them)")  # fmt: skip

    def install_project(self) -> None:
        self.uv("--no-deps", "--no-build-isolation", "-e", ".", mend=f"mend {PROJECT_FILE}; the log says what is wrong")


def install(project: Path) -> bool:
    """Bring `.venv` to what the lock says. Returns whether anything had to be done."""
    here = Installer(project)
    wanted = checksum(project)
    if here.stamp.exists() and here.stamp.read_text() == wanted:
        return False
    here.log.parent.mkdir(parents=True, exist_ok=True)
    here.log.unlink(missing_ok=True)
    for name, work in (("make the virtual environment", here.make_venv), ("install uv", here.install_uv),
                       ("install the locked packages", here.install_packages),
                       ("install crossdock itself", here.install_project)):  # fmt: skip
        with step(name):
            work()
    here.stamp.write_text(wanted)
    return True


def main() -> int:
    """Entry of `make`: 0 when `.venv` is ready, 1 with an explanation when it is not."""
    try:
        if not install(Path.cwd()):
            sys.stderr.write("  ✓ packages are as the lock says\n")
    except StepFailed as error:
        sys.stderr.write(explain(error) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
