"""``afterglow pk``: what the pharmacology engine can say, on the command line.

Nothing of the engine is imported before a command runs, so that every other command starts fast.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afterglow.config.commands import pk_bench, pk_population
from afterglow.core.errors import InvalidValue

if TYPE_CHECKING:
    from afterglow.core.pharmacology import Model, Patient, Regimen


def parser() -> argparse.ArgumentParser:
    """The command line of ``afterglow pk``."""
    whole = argparse.ArgumentParser(prog="afterglow pk", description="Ketamine pharmacology.")
    actions = whole.add_subparsers(dest="action", required=True, metavar="ACTION")
    _simulate_arguments(
        actions.add_parser("simulate", help="the typical concentrations of one patient")
    )
    models = actions.add_parser("models", help="every model, its scope, sources and standing")
    models.add_argument("name", nargs="?", help="show one model with every parameter")
    models.add_argument("--json", action="store_true", help="print JSON")
    many = actions.add_parser("population", help="quantiles over many virtual patients")
    _time_arguments(many)
    _plan_arguments(many)
    pk_population.add_arguments(many)
    many.set_defaults(weight_kg=75.0)
    pk_bench.add_arguments(actions.add_parser("bench", help="speed and error beside other solvers"))
    return whole


def _simulate_arguments(one: argparse.ArgumentParser) -> None:
    _plan_arguments(one)
    _time_arguments(one)
    one.add_argument("--effect-site", action="store_true", help="add the effect site (proposed)")
    one.add_argument("--auc", action="store_true", help="add the area under each curve")


def _time_arguments(one: argparse.ArgumentParser) -> None:
    one.add_argument("--at", type=_numbers, help="minutes to report, such as 5,10,20,40")
    one.add_argument("--every", type=float, help="report every so many minutes until --until")
    one.add_argument("--until", type=float, default=240.0, help="last minute (240)")


def _plan_arguments(one: argparse.ArgumentParser) -> None:
    one.add_argument("--model", default="otto2021", help="a name from `afterglow pk models`")
    one.add_argument("--dose-mg", type=float, help="mg of base (unless --hydrochloride)")
    one.add_argument("--dose-mg-per-kg", type=float, help="the same for each kg")
    one.add_argument("--minutes", type=float, default=0.0, help="infused over; 0 is a bolus")
    one.add_argument("--route", default="intravenous", help="intravenous, intranasal, oral, …")
    one.add_argument("--input", help="a JSON list of events: a file, - or the list itself")
    one.add_argument("--hydrochloride", action="store_true", help="doses are of the salt")
    one.add_argument("--weight-kg", type=float, default=70.0, help="kilograms (70)")
    one.add_argument("--age-years", type=float, default=40.0, help="years (40)")
    one.add_argument("--asian", action="store_true", help="a covariate of perezruixo2021")
    one.add_argument("--japanese", action="store_true", help="a covariate of perezruixo2021")
    one.add_argument(
        "--accept-unconfirmed", action="store_true", help="use numbers marked [M] or [P]"
    )
    one.add_argument("--json", action="store_true", help="print JSON, the unit in each key")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers like 5,10,20") from None


def main(arguments: list[str]) -> int:
    """Do what the command line asks; return the exit status."""
    options = parser().parse_args(arguments)
    does = {
        "simulate": _simulate,
        "models": _models,
        "population": _population,
        "bench": pk_bench.run,
    }
    found = does[options.action](options)
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_said(found)) + "\n")
    return 0


def plan(options: argparse.Namespace) -> tuple[Model, Patient, Regimen]:
    """Return the model, the patient and the regimen that the options describe."""
    from afterglow.core.pharmacology import Patient, load_model
    from afterglow.core.pharmacology.reading import read_regimen, read_route

    model = load_model(options.model)
    patient = Patient(options.weight_kg, options.age_years, options.asian, options.japanese)
    doses = [options.dose_mg, options.dose_mg_per_kg, options.input]
    if sum(one is not None for one in doses) != 1:
        raise InvalidValue("Give one of --dose-mg, --dose-mg-per-kg and --input.")
    if options.input is not None:
        events = _read_events(options.input)
    else:
        mg = options.dose_mg
        if mg is None:
            mg = options.dose_mg_per_kg * patient.weight_kg
        events = _one_dose(model, read_route(options.route), mg, options.minutes)
    until = getattr(options, "until", 240.0)
    regimen = read_regimen(events, until_min=until, hydrochloride=options.hydrochloride)
    return model, patient, regimen


def _one_dose(model: Model, route: str, mg: float, minutes: float) -> list[dict[str, Any]]:
    if route == "intravenous" and minutes > 0:
        return [{"infusion_mg": mg, "start_min": 0.0, "duration_min": minutes}]
    if minutes:
        raise InvalidValue(
            f"--minutes {minutes:g} belongs to an intravenous infusion; the route is {route}."
            if route != "intravenous"
            else f"--minutes was given as {minutes:g}; it must be 0 or more."
        )
    if route == "intranasal":
        from afterglow.core.pharmacology.building import nasal_sprays

        return [{"spray_mg": spray.mass.mg} for spray in nasal_sprays(model, mg)]
    return [{"bolus_mg": mg, "route": route}]


def _read_events(where: str) -> list[Any]:
    if where == "-":
        text = sys.stdin.read()
    elif where.lstrip().startswith("["):
        text = where
    else:
        try:
            text = Path(where).read_text(encoding="utf-8")
        except OSError as no:
            raise InvalidValue(f"--input {where}: {no.strerror}.") from None
    try:
        events = json.loads(text)
    except json.JSONDecodeError as no:
        raise InvalidValue(f"--input is no JSON: {no}.") from None
    if not isinstance(events, list) or not events:
        raise InvalidValue("--input must be a JSON list of at least one event.")
    return events


def _simulate(options: argparse.Namespace) -> dict[str, Any]:
    from afterglow.core.pharmacology import simulate

    model, patient, regimen = plan(options)
    run = simulate(
        model,
        regimen,
        _times(options),
        patient=patient,
        effect_site=options.effect_site,
        accept_unconfirmed=options.accept_unconfirmed,
    )
    said = {
        "model": model.key,
        "version": model.version,
        "drug": model.drug,
        "sample": model.sample,
        "scope": str(model.scope),
        "weight_kg": patient.weight_kg,
        "age_years": patient.age_years,
        "dose_base_mg": regimen.base_mg,
        "times_min": run.times_min.tolist(),
    }
    said |= {f"{name}_ng_per_ml": curve.tolist() for name, curve in run.ng_per_ml.items()}
    if options.auc:
        areas = run.auc_ng_h_per_ml.items()
        said |= {f"{name}_auc_ng_h_per_ml": area.tolist() for name, area in areas}
    return said | {
        "unconfirmed": [str(one) for one in run.unconfirmed],
        "cautions": [{"code": c.code, "sentence": c.sentence} for c in run.cautions],
    }


def _times(options: argparse.Namespace) -> list[float]:
    if options.at is not None:
        return list(options.at)
    every = 5.0 if options.every is None else options.every
    if not (every > 0 and options.until >= every):
        raise InvalidValue(f"--every {every:g} to --until {options.until:g} gives no times.")
    return [every * step for step in range(int(options.until / every + 1e-9) + 1)]


def _population(options: argparse.Namespace) -> dict[str, Any]:
    from afterglow.core.pharmacology.population import simulate_population
    from afterglow.core.pharmacology.validity import validity_notes

    notes = validity_notes(*plan(options))  # of the mean body
    weight = options.weight_kg
    if options.dose_mg_per_kg is not None:
        options.weight_kg = 1.0  # the regimen of one kg: the kernel gives each patient their own
    _, _, regimen = plan(options)
    options.weight_kg = weight
    task = pk_population.population(options, regimen, tuple(_times(options)))
    if options.dask:
        found = pk_population.over_dask(task, options.dask)
    else:
        found = simulate_population(task, threads=options.threads)
    return pk_population.said(task, found, notes)


def _models(options: argparse.Namespace) -> dict[str, Any]:
    from afterglow.core.pharmacology import load_model, model_keys

    if options.name:
        return _one_model(load_model(options.name))
    return {"models": [_summary(load_model(key)) for key in model_keys()]}


def _summary(model: Model) -> dict[str, Any]:
    doubtful = [p.number for p in model.parameters.values() if p.number.standing.unconfirmed]
    return {
        "model": model.key,
        "version": model.version,
        "title": model.title,
        "scope": str(model.scope),
        "drug": model.drug,
        "sample": model.sample,
        "routes": list(model.routes),
        "analytes": list(model.outputs),
        "between_subject_variability": bool(model.variability),
        "unconfirmed": [str(one) for one in doubtful],
    }


def _one_model(model: Model) -> dict[str, Any]:
    return _summary(model) | {
        "population": model.population,
        "citations": list(model.citations),
        "cautions": [{"code": c.code, "sentence": c.sentence} for c in model.cautions],
        "parameters": [
            {
                "name": name,
                "value": one.number.value,
                "unit": one.number.unit,
                "status": str(one.number.standing),
                "source": one.number.source,
                "weight_exponent": one.weight_exponent,
            }
            for name, one in model.parameters.items()
        ],
        "validity": {
            name: {"unit": one.unit, "fitted": list(one.fitted), "limit": list(one.limit)}
            for name, one in model.validity.items()
        },
    }


def _said(found: dict[str, Any]) -> list[str]:
    """Put a result in lines: curves side by side, everything else as ``name: value``."""
    curves = {
        name: values
        for name, values in found.items()
        if name.endswith(("_min", "_per_ml")) and isinstance(values, list)
    }
    lines: list[str] = []
    for name, value in found.items():
        if name in curves:
            continue
        if isinstance(value, list):
            lines += [f"{name}:"] if value else []
            lines += [f"  {_item(one)}" for one in value]
        elif name == "metrics":
            lines += [f"{metric}: {_quantiles(values)}" for metric, values in value.items()]
        else:
            lines.append(f"{name}: {value}")
    if curves:
        widths = {name: max(len(name), 12) for name in curves}
        lines.append("  ".join(name.rjust(widths[name]) for name in curves))
        rows = zip(*curves.values(), strict=True)
        lines += [
            "  ".join(f"{x:.6g}".rjust(widths[name]) for name, x in zip(curves, row, strict=True))
            for row in rows
        ]
    return lines


def _quantiles(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())


def _item(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    if "sentence" in one:
        return f"[{one['code']}] {one['sentence']}"
    if "solver" in one:
        return _solver(one)
    if "title" in one:
        return f"{one['model']:<16}{one['scope']:<16}{one['title']}"
    return f"{one['name']} = {one['value']:g} {one['unit']} [{one['status']}] {one['source']}"


def _solver(one: dict[str, Any]) -> str:
    if one["patients_per_s"] is None:
        return f"{one['solver']:<48}{one.get('failed') or 'not installed: ' + one['missing']}"
    errors = [one["ketamine_error"], one["norketamine_error"]]
    shown = "  ".join("-" if error is None else f"{error:.1e}" for error in errors)
    return f"{one['solver']:<48}{one['patients_per_s']:>12,.0f} patients/s   {shown}"
