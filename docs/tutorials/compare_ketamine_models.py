"""Compare the ketamine models with what was observed, and print the bias of each.

Run it from the checkout::

    uv run --group pk-bench python docs/tutorials/compare_ketamine_models.py

It prints the table of the tutorial and, with matplotlib there, draws its pictures beside itself.
Cells are marked with ``# %%`` for editors that run them one by one.
"""

# %% What was observed, from the data that ships with Afterglow
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

from afterglow.core.pharmacology import (
    BaseMass,
    Model,
    Patient,
    Regimen,
    Scope,
    library,
    load_model,
    model_keys,
    simulate,
)
from afterglow.core.pharmacology.planning import predicted_band

HERE = Path(__file__).parent
OBSERVED = library.body("observed", "levels")
FOLDS = ("ketamine_fold", "norketamine_fold")
PEAK, SERIES = OBSERVED["single"][0], OBSERVED["series"][0]


def regimen_of(observed: dict[str, Any]) -> Regimen:
    """What was given in a study."""
    mass = BaseMass(float(observed["dose_mg"]))
    return Regimen.constant(mass, over_min=float(observed["duration_min"]))


def body_of(observed: dict[str, Any]) -> Patient:
    """The typical body of a study."""
    return Patient(weight_kg=float(observed["weight_kg"]))


# %% The end of the usual infusion, and eight samples over ten hours
def bias(model: Model) -> dict[str, float]:
    """Return percent off the observed peak, median percent and fold error of the series."""
    peak = simulate(
        model,
        regimen_of(PEAK),
        [float(PEAK["at_min"])],
        patient=body_of(PEAK),
        accept_unconfirmed=True,
    )
    times = 60.0 * np.array([float(hour) for hour in SERIES["times_h"]])
    run = simulate(
        model, regimen_of(SERIES), times, patient=body_of(SERIES), accept_unconfirmed=True
    )
    found = {
        "c40": float(peak["ketamine"][0]),
        "off_peak": 100 * (float(peak["ketamine"][0]) / float(PEAK["ng_per_ml"]["value"]) - 1),
    }
    for analyte, levels in SERIES["ng_per_ml"].items():
        # The series is of esketamine alone: a model of both forms has nothing to say about it.
        if analyte not in run.ng_per_ml or model.drug == "racemic ketamine":
            continue
        ratio = run[analyte] / np.array([float(level) for level in levels])
        found[f"{analyte}_median"] = 100 * (float(np.median(ratio)) - 1)
        found[f"{analyte}_fold"] = float(np.exp(np.abs(np.log(ratio)).mean()))
    return found


def table() -> str:
    """Return the comparison as a Markdown table, models of adults first."""
    lines = [
        "| Model | C40, ng/mL | off 185 | ketamine | fold error | norketamine, fold error |",
        "|---|---|---|---|---|---|",
    ]
    models = sorted((load_model(key) for key in model_keys()), key=lambda m: m.scope != Scope.ADULT)
    for model in models:
        one = bias(model)
        median = f"{one['ketamine_median']:+.0f} %" if "ketamine_median" in one else "-"
        folds = [f"{one[key]:.2f}" if key in one else "-" for key in FOLDS]
        lines.append(
            f"| {model.key} | {one['c40']:.1f} | {one['off_peak']:+.0f} % | "
            f"{median} | {folds[0]} | {folds[1]} |"
        )
    return "\n".join(lines)


# %% The pictures
def draw(folder: Path) -> None:
    """Draw the two pictures of the tutorial into ``folder``."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "afterglow"  # the same picture is the same file
    from matplotlib import pyplot

    minutes = np.arange(0.0, 241.0)
    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    plan = regimen_of(PEAK)
    line = predicted_band(plan, minutes, patient=Patient(weight_kg=70)).lines["ketamine"]
    axes.fill_between(minutes, line.p5, line.p95, alpha=0.2, label="otto2021, 5 to 95 % of people")
    for key in ("otto2021", "clements1981", "perezruixo2021", "kamp2020", "simons2022"):
        model = load_model(key)
        style = "--" if "arterial" in model.sample else "-"
        curve = simulate(model, plan, minutes)["ketamine"]
        axes.plot(minutes, curve, style, label=f"{key}, {model.sample.split()[0]}")
    axes.plot(40, float(PEAK["ng_per_ml"]["value"]), "ko", label="observed mean peak, 185")
    axes.set(xlabel="minutes", ylabel="ketamine, ng/mL", title="35 mg over 40 min, 70 kg")
    axes.legend(frameon=False)
    figure.savefig(folder / "ketamine_models.svg", metadata={"Date": None})

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    hours = np.array([float(hour) for hour in SERIES["times_h"]])
    grid = np.linspace(0, 10, 301)
    run = simulate("otto2021", regimen_of(SERIES), 60 * grid, patient=body_of(SERIES))
    for analyte, colour in (("ketamine", "C0"), ("norketamine", "C1")):
        axes.plot(grid, run[analyte], colour, label=f"otto2021, {analyte}")
        seen = [float(level) for level in SERIES["ng_per_ml"][analyte]]
        axes.plot(hours, seen, "o", color=colour, label=f"observed, {analyte}")
    axes.set(xlabel="hours", ylabel="ng/mL", yscale="log", ylim=(1, 100), title=SERIES["title"])
    axes.legend(frameon=False)
    figure.savefig(folder / "ketamine_series.svg", metadata={"Date": None})


# %%
if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
    if importlib.util.find_spec("matplotlib") is not None:
        draw(HERE)
    else:
        sys.stderr.write("No matplotlib here, so no pictures: uv sync --group pk-bench.\n")
