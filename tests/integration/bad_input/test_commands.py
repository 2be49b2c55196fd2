"""A command with bad arguments ends with a status of its own and one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from afterglow.config import cli

# What was typed, and what the sentence must name.
BAD = [
    (["serv"], "serv"),
    (["serve", "--port", "eighty"], "eighty"),
    (["serve", "--demo", "--no-demo"], "not allowed with"),
    (["serve", "--colour"], "--colour"),
    (["backup", "--nowhere"], "--nowhere"),
    (["restore"], "required"),
    (["verify"], "required"),
    (["monitor", "replay"], "required"),
    (["monitor", "replay", "missing.csv", "--device", "nonsense"], "missing.csv cannot be read"),
    (["readings"], "required"),
    (["readings", "archive"], "--before"),
    (["readings", "archive", "--before", "2019-13"], "'2019-13' is no month"),
    (["readings", "verify", "missing.tar"], "missing.tar is no archive of readings"),
    ([], "COMMAND"),
]


@pytest.mark.parametrize(("words", "named"), BAD, ids=[" ".join(words) or "-" for words, _ in BAD])
def test_bad_arguments_end_with_a_sentence(
    words: list[str],
    named: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("AFTERGLOW_DATA", str(tmp_path))
    try:
        status: object = cli.main(words)
    except SystemExit as asked:
        status = asked.code

    said = capsys.readouterr().err
    assert status not in (0, None)
    assert named in said
    assert "Traceback" not in said
