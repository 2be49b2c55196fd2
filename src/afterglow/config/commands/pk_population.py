"""``afterglow pk population``: many virtual patients, on this machine or over a Dask cluster."""

from __future__ import annotations

import argparse
import importlib.util
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from afterglow.core.errors import InvalidValue

if TYPE_CHECKING:
    from afterglow.core.pharmacology.definition import Caution
    from afterglow.core.pharmacology.population import PartResult, Task

QUANTILES = (0.05, 0.5, 0.95)


def add_arguments(one: argparse.ArgumentParser) -> None:
    """Add what a population has beside a plan."""
    one.add_argument("--size", type=int, default=10_000, help="virtual patients (10000)")
    one.add_argument("--seed", type=int, default=1, help="the same seed is the same patients (1)")
    one.add_argument("--weight-sd-kg", type=float, default=14.0, help="spread of weight (14)")
    one.add_argument("--weight-low-kg", type=float, default=45.0, help="lowest weight (45)")
    one.add_argument("--weight-high-kg", type=float, default=130.0, help="highest weight (130)")
    one.add_argument("--threads", type=int, default=None, help="threads (all cores)")
    one.add_argument("--dask", help="address of a Dask scheduler, such as tcp://host:8786")


def population(options: argparse.Namespace, regimen: Any, times: tuple[float, ...]) -> Task:
    """Return the run that the options describe."""
    from afterglow.core.pharmacology.population import Task
    from afterglow.core.pharmacology.sampling import Population, Spread

    weight = Spread.fixed(options.weight_kg)
    if options.weight_sd_kg:
        weight = Spread(
            options.weight_kg,
            options.weight_sd_kg,
            options.weight_low_kg,
            options.weight_high_kg,
        )
    if options.japanese:
        raise InvalidValue("--japanese belongs to one patient, in `pk simulate`.")
    people = Population(
        options.size, options.seed, weight, Spread.fixed(options.age_years), float(options.asian)
    )
    return Task(
        options.model,
        regimen,
        times,
        people,
        per_kg=options.dose_mg_per_kg is not None,
        accept_unconfirmed=options.accept_unconfirmed,
    )


def over_dask(task: Task, address: str) -> PartResult:
    """Map the parts over the workers of a Dask scheduler and add them up as they come.

    Every worker needs this version of Afterglow. Parts are asked for a few at a time, and each
    result is a sketch of fixed size, so neither side holds more than a handful.
    """
    if importlib.util.find_spec("distributed") is None:
        raise InvalidValue("--dask needs the package `distributed`, which is not installed here.")
    from distributed import Client, as_completed

    from afterglow.core.pharmacology.population import merge, run_part

    task.checked()
    with Client(address) as client:
        wanted = iter(range(task.population.parts))
        abreast = 2 * max(1, sum(client.nthreads().values()))

        def ask(parts: Iterable[int]) -> list[Any]:
            return [client.submit(run_part, task, part, pure=True) for part in parts]

        coming = as_completed(ask(itertools.islice(wanted, abreast)))
        whole: PartResult | None = None
        for future in coming:
            part = future.result()
            future.release()
            whole = part if whole is None else merge([whole, part])
            for more in ask(itertools.islice(wanted, 1)):
                coming.add(more)
    if whole is None:
        raise InvalidValue("The cluster gave no part back.")
    return whole


def said(task: Task, found: PartResult, notes: Iterable[Caution] = ()) -> dict[str, Any]:
    """Return the run as plain data, the unit in each key; ``notes`` join the model's cautions."""
    model, unconfirmed = task.checked()
    lines: dict[str, Any] = {
        "model": model.key,
        "version": model.version,
        "size": found.size,
        "seed": task.population.seed,
        "sample": model.sample,
        "times_min": list(task.times_min),
    }
    for analyte, band in found.band_quantiles(QUANTILES).items():
        for column, quantile in enumerate(QUANTILES):
            lines[f"{analyte}_p{quantile * 100:.0f}_ng_per_ml"] = band[:, column].tolist()
    lines["metrics"] = {
        f"{analyte}_{metric}": dict(
            zip((f"p{q * 100:.0f}" for q in QUANTILES), values.tolist(), strict=True)
        )
        for analyte, metrics in found.metric_quantiles(QUANTILES).items()
        for metric, values in metrics.items()
    }
    lines["metrics_are_of"] = "the times above; areas run from 0 to the last of them"
    lines["quantiles_are_right_to_percent"] = 0.4
    lines["unconfirmed"] = [str(one) for one in unconfirmed]
    lines["cautions"] = [
        {"code": c.code, "sentence": c.sentence} for c in (*model.cautions, *notes)
    ]
    return lines
