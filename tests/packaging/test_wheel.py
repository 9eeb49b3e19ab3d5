"""The wheel, for distributions that take neither a deb nor an rpm: `make wheel` builds it, the role pushes it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile

from pamsignal import __version__
from tests.packaging.deb import check_out


def test_the_wheel_lies_in_dist_with_its_sum_and_has_all_that_git_tracks_of_the_program(tmp_path):
    check_out(tmp_path)
    tracked = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("pamsignal/**/*") if path.is_file()}
    command = [tmp_path / "tools/build_wheel.sh"]
    subprocess.run(command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, check=True)
    wheel = tmp_path / f"dist/pamsignal-{__version__}-py3-none-any.whl"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert (tmp_path / "dist/SHA256SUMS").read_text() == f"{digest}  {wheel.name}\n"
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == tracked
