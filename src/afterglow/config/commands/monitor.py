"""``afterglow monitor``: a bedside monitor's recorded trend, played through a real socket."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

PLAYER = "afterglow.simulator.replay"


def parser() -> argparse.ArgumentParser:
    """The command line of ``afterglow monitor``."""
    whole = argparse.ArgumentParser(prog="afterglow monitor")
    actions = whole.add_subparsers(dest="action", required=True, metavar="ACTION")
    replay = actions.add_parser(
        "replay", help="send a recorded trend (CSV) as IHE PCD-01 messages, in its own rhythm"
    )
    replay.add_argument("file", type=Path, help="CSV with a time column and one column per sign")
    replay.add_argument("--device", required=True, help="the device's id (EUI-64)")
    replay.add_argument("--host", default="127.0.0.1", help="where the gateway listens")
    replay.add_argument("--port", type=int, default=2575, help="where the gateway listens")
    replay.add_argument("--speed", default="60", help="times as fast as it was recorded")
    return whole


def main(arguments: list[str]) -> int:
    """Play the file; 0 when every message was acknowledged."""
    options = parser().parse_args(arguments)
    if importlib.util.find_spec("afterglow.simulator") is None:
        sys.stderr.write("This installation has no simulator to play a trend with.\n")
        return 1
    play = importlib.import_module(PLAYER).main
    return int(play(options.file, options.device, options.host, options.port, options.speed))
