"""What a start refuses, in a sentence that names the folder or the port."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from afterglow.config.folder import CannotStart, FolderLock, check_port, choose_demo

HOLD = (
    "import sys, time; from pathlib import Path; from afterglow.config.folder import FolderLock;"
    "lock = FolderLock(Path(sys.argv[1])).take(); lock.note(origin='http://localhost:8000');"
    "print('held', flush=True); time.sleep(600)"
)


def test_a_second_start_names_the_folder_and_the_address_until_the_first_is_gone(
    tmp_path: Path,
) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert first.stdout is not None
    assert first.stdout.readline() == b"held\n"

    with pytest.raises(CannotStart) as refused:
        FolderLock(tmp_path).take()

    assert str(tmp_path) in str(refused.value)
    assert "already running at http://localhost:8000" in str(refused.value)
    assert f"process {first.pid}" in str(refused.value)
    first.kill()
    first.wait()
    FolderLock(tmp_path).take().release()


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(CannotStart, match="file/data cannot be used by this user"):
        FolderLock(tmp_path / "file" / "data").take()


def test_a_taken_port_is_named_with_the_option_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=f"Port {port} is used .* --port"):
            check_port(port, "--port")

    check_port(port, "--port")


@pytest.mark.parametrize(
    ("held", "asked", "own_server", "demo"),
    [
        (None, None, False, True),
        (None, False, False, False),
        (None, None, True, False),
        (None, True, True, True),
        ("demo", None, False, True),
        ("demo", False, False, False),
        ("clinic", None, False, False),
        ("clinic", False, False, False),
    ],
)
def test_the_demo_is_shown_only_where_it_belongs(
    tmp_path: Path, held: str | None, asked: bool | None, own_server: bool, demo: bool
) -> None:
    if held:
        (tmp_path / "holds").write_text(held)

    assert choose_demo(tmp_path, asked=asked, own_server=own_server) is demo


def test_demo_data_never_enters_a_folder_that_holds_a_clinic(tmp_path: Path) -> None:
    choose_demo(tmp_path, asked=False, own_server=False)

    with pytest.raises(CannotStart, match="holds a clinic"):
        choose_demo(tmp_path, asked=True, own_server=False)
