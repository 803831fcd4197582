"""The installer asks pip where to look, and knows when nothing has to be done."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from crossdock.stack import install
from crossdock.stack.progress import StepFailed, explain, step

ROOT = Path(__file__).resolve().parents[3]
LISTING = """global.cert='/etc/ssl/ca.pem'
global.index-url='https://mirror.example/simple'
global.find-links='/srv/a /srv/b'
:env:.find-links='/srv/wheels'
install.trusted-host='mirror.example'
"""


def test_the_environment_wins_over_the_files():
    """As in pip: PIP_FIND_LINKS replaces what pip.conf says."""
    assert install.pip_settings(LISTING)["find-links"] == "/srv/wheels"


def test_uv_looks_where_pip_looks():
    """Index, wheels, certificates and trust of the machine are handed on."""
    found = install.uv_environment(install.pip_settings(LISTING))
    assert found == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_FIND_LINKS": "/srv/wheels",
        "SSL_CERT_FILE": "/etc/ssl/ca.pem",
        "UV_INSECURE_HOST": "mirror.example",
    }


def test_several_indexes_are_read_as_pip_reads_them():
    """The best version of any index counts; the hashes keep that safe."""
    found = install.uv_environment({"extra-index-url": "https://a.example https://b.example"})
    assert found == {"UV_INDEX": "https://a.example https://b.example", "UV_INDEX_STRATEGY": "unsafe-best-match"}


def test_nothing_is_done_while_the_lock_is_the_same(tmp_path: Path):
    """A second `make demo` spends no time on packages; a changed lock does."""
    for name in (install.BOOTSTRAP, install.LOCK, install.PROJECT_FILE):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".installed").write_text(install.checksum(tmp_path))
    assert install.install(tmp_path) is False
    before = install.checksum(tmp_path)
    (tmp_path / install.LOCK).write_text("another==1\n")
    assert install.checksum(tmp_path) != before


def test_an_environment_that_works_is_kept_and_a_broken_one_is_made_anew(tmp_path: Path):
    """An update changes packages in place; after a Python upgrade the environment is built again."""
    installer = install.Installer(tmp_path)
    assert not installer._venv_works()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    installer.python.symlink_to(sys.executable)
    assert installer._venv_works()
    installer.python.unlink()
    installer.python.symlink_to("/no/such/python")
    assert not installer._venv_works()


def test_a_failure_names_the_reason_the_log_and_the_mend(tmp_path: Path):
    """What a person reads after a failed step."""
    log = tmp_path / "install.log"
    log.write_text("line one\nno such host\n")
    told = explain(StepFailed("uv ended with status 2", log=log, mend="reach an index"))
    assert "uv ended with status 2" in told
    assert "no such host" in told
    assert str(log) in told
    assert "reach an index" in told


def test_a_step_says_that_it_failed_and_lets_the_error_through(capsys: pytest.CaptureFixture[str]):
    """The name of the step and its seconds are on the screen; the error is not swallowed."""
    with pytest.raises(StepFailed), step("install uv"):
        raise StepFailed("no")
    assert "✗ install uv failed after" in capsys.readouterr().err


@pytest.mark.parametrize("name", [install.BOOTSTRAP, install.LOCK])
def test_every_locked_package_has_a_hash_and_no_index_is_named(name: str):
    """The lock is complete, and this machine's index stays this machine's business."""
    lines = (ROOT / name).read_text().splitlines()
    packages = [number for number, line in enumerate(lines) if "==" in line and not line.startswith((" ", "#"))]
    assert packages
    assert all("--hash=sha256:" in lines[number + 1] for number in packages)
    assert not [line for line in lines if "://" in line or line.startswith("--")]


def test_the_lock_holds_what_is_asked_for():
    """Every package of requirements.in is locked: `make lock` was not forgotten."""
    import re

    def normal(name: str) -> str:
        return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~ ;]", name)[0]).lower()

    locked = {normal(line) for line in (ROOT / install.LOCK).read_text().splitlines() if "==" in line}
    asked = {normal(line) for line in (ROOT / "requirements.in").read_text().splitlines() if line and line[0] != "#"}
    assert asked <= locked
