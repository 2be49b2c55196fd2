"""``afterglow pk`` says what the engine says, the unit in every key, and refuses in sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from afterglow.config.cli import main as afterglow
from afterglow.config.commands import pk


def said(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert pk.main([*words, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


DOSE = ("--dose-mg", "35", "--minutes", "40")


def test_the_example_of_the_manual_gives_the_golden_points(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("simulate", "--model", "otto2021", *DOSE, "--weight-kg", "70", "--at", "5,10,20,40")

    found = said(capsys, *words)

    assert found["times_min"] == [5, 10, 20, 40]
    assert found["ketamine_ng_per_ml"] == pytest.approx(
        [30.27728513267136, 56.09532160267646, 97.96247697484122, 158.04173257154673], rel=1e-12
    )
    assert found["norketamine_ng_per_ml"][3] == pytest.approx(47.08542435441763, rel=1e-12)


def test_a_list_of_events_is_read_from_the_words_a_file_or_the_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    events = '[{"rate_mg_per_min": 0.875}, {"rate_mg_per_min": 0, "at_min": 40}]'
    (tmp_path / "events.json").write_text(events)
    common = ("simulate", "--at", "40,60")

    inline = said(capsys, *common, "--input", events)
    filed = said(capsys, *common, "--input", str(tmp_path / "events.json"))
    plain = said(capsys, *common, *DOSE)

    assert inline["ketamine_ng_per_ml"] == filed["ketamine_ng_per_ml"]
    assert inline["ketamine_ng_per_ml"] == pytest.approx(plain["ketamine_ng_per_ml"], rel=1e-12)


def test_routes_salts_areas_and_effect_sites_have_their_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nasal = said(
        capsys, "simulate", "--model", "perezruixo2021", "--route", "intranasal",
        "--dose-mg", "56", "--at", "40", "--auc",
    )  # fmt: skip
    salt = said(capsys, "simulate", *DOSE, "--hydrochloride", "--at", "40")
    site = said(capsys, "simulate", *DOSE, "--at", "40", "--effect-site", "--accept-unconfirmed")

    assert nasal["ketamine_ng_per_ml"] == pytest.approx([72.98831473598824], rel=1e-9)
    assert nasal["ketamine_auc_ng_h_per_ml"][0] > 0
    assert salt["dose_base_mg"] == pytest.approx(35 * 237.73 / 274.19)
    assert site["effect_site_ng_per_ml"] == pytest.approx([132.29512946215087], rel=1e-9)
    assert "ke0" in site["unconfirmed"][0]


def test_without_json_it_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert pk.main(["simulate", *DOSE, "--every", "20", "--until", "60"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[-5].split() == ["times_min", "ketamine_ng_per_ml", "norketamine_ng_per_ml"]
    assert lines[-2].split() == ["40", "158.042", "47.0854"]


def test_every_model_is_listed_and_can_be_looked_into(capsys: pytest.CaptureFixture[str]) -> None:
    listed = [one["model"] for one in said(capsys, "models")["models"]]
    one = said(capsys, "models", "kamp2020")

    assert {"otto2021", "kamp2020", "simons2022", "perezruixo2021", "herd2007"} <= set(listed)
    first = one["parameters"][0]
    assert (first["name"], first["value"], first["unit"], first["status"]) == ("v1", 25, "L", "C2")
    assert "opentiva" in first["source"]
    assert pk.main(["models"]) == 0


def test_a_population_is_summed_up_and_repeats_itself(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("population", "--dose-mg-per-kg", "0.5", "--minutes", "40", "--at", "20,40,80")

    once = said(capsys, *words, "--size", "2000", "--seed", "5")
    again = said(capsys, *words, "--size", "2000", "--seed", "5", "--threads", "1")

    assert once == again
    assert "PK_OUTSIDE_FITTED_RANGE" in [one["code"] for one in once["cautions"]]
    assert once["ketamine_p5_ng_per_ml"][1] < once["ketamine_p50_ng_per_ml"][1] < 180
    assert once["metrics"]["ketamine_cmax_ng_per_ml"]["p95"] == pytest.approx(214, rel=0.05)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["simulate", "--dose-mg", "-3"], "it must be 0 to 100000 mg"),
        (["simulate", "--dose-mg", "35", "--input", "[]"], "Give one of --dose-mg"),
        (["simulate"], "Give one of --dose-mg"),
        (["simulate", "--input", "[{}]"], "Event 1 has none of bolus_mg"),
        (["simulate", "--input", "[3]"], "Event 1 is 3; an object is needed"),
        (["simulate", "--input", '[{"bolus_mg": "x"}]'], "has bolus_mg 'x'; a number"),
        (["simulate", "--input", '[{"bolus_mg": 3, "when": 2}]'], "has when, which is not known"),
        (["simulate", "--input", "[nonsense"], "--input is no JSON"),
        (["simulate", "--input", "/no/such/file"], "No such file"),
        (["simulate", "--input", '[{"bolus_mg": 3, "route": "ear"}]'], "No route is called 'ear'"),
        (["simulate", "--dose-mg", "35", "--route", "oral", "--minutes", "4"], "--minutes 4"),
        (["simulate", "--dose-mg", "35", "--every", "0"], "gives no times"),
        (["simulate", "--model", "none", *DOSE], "No model is called 'none'"),
        (["simulate", "--model", "otto2021_sr", *DOSE], "Ask for them explicitly"),
        (["simulate", "--weight-kg", "900", *DOSE], "it must be 1 to 400 kg"),
        (["population", "--japanese", *DOSE], "belongs to one patient"),
        (["population", "--size", "0", *DOSE], "it must be 1 to"),
        (["population", "--model", "kamp2020", *DOSE], "no between-subject variability"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert afterglow(["pk", *words]) == 1

    assert sentence in capsys.readouterr().err


def test_other_commands_do_not_load_the_engine() -> None:
    code = "import sys, afterglow.config.cli as c; c.parser(); print('numpy' in sys.modules)"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "False"
