"""Coverage-guided fuzz of framing and decoder.

``uv run --group fuzz python tests/fuzz/fuzz_hl7v2.py -max_total_time=60`` (libFuzzer options).
An input that takes more than five seconds or needs more than 512 MiB counts as a crash. Not part
of the suite: atheris is in a group of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

with atheris.instrument_imports(include=["afterglow.interop.hl7v2", "afterglow.core.monitoring"]):
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "afterglow.config.settings")
    django.setup()
    from support import hl7v2_samples as samples
    from support.hl7v2_oracle import check_message, check_stream


def one_input(data: bytes) -> None:
    """The first byte says how the rest is taken: as a message, or as a stream in pieces."""
    provider = atheris.FuzzedDataProvider(data)
    how = provider.ConsumeIntInRange(0, 2)
    rest = provider.ConsumeBytes(provider.remaining_bytes())
    if how == 0:
        check_message(rest)
        return
    size = 1 + len(rest) // 7
    pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
    check_stream(pieces, framed=how == 1)


def main() -> None:
    """Fuzz from the samples, each as a message and as a stream."""
    corpus = Path(sys.argv[0]).parent / ".corpus"
    corpus.mkdir(exist_ok=True)
    for number, raw in enumerate((samples.MONITOR, samples.PUMP)):
        (corpus / f"message-{number}").write_bytes(raw + b"\x00" * 8)
        (corpus / f"stream-{number}").write_bytes(b"\x0b" + raw + b"\x1c\r" + b"\x01" * 8)
    limits = ["-timeout=5", "-rss_limit_mb=512", "-max_len=8192"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, *sys.argv[1:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
