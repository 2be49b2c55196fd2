"""A screen that cannot keep up costs nobody else anything, and finds its way back."""

from __future__ import annotations

from uuid import uuid4

from afterglow.apps.events.outbox import Position
from afterglow.config.live_hub import QUEUE_FRAMES, Client


def test_a_full_queue_is_emptied_and_the_screen_is_told_to_start_anew() -> None:
    client = Client(uuid4())

    for number in range(QUEUE_FRAMES + 1):
        client.put(b"frame", at=Position(7, number))

    assert client.queue.qsize() == 1
    assert (
        client.queue.get_nowait() == f"id: 7-{QUEUE_FRAMES}\nevent: resync\ndata: {{}}\n\n".encode()
    )


def test_a_stream_can_be_ended_even_when_its_queue_is_full() -> None:
    client = Client(uuid4())
    for _ in range(QUEUE_FRAMES):
        client.put(b"frame")

    client.end()

    last = None
    while not client.queue.empty():
        last = client.queue.get_nowait()
    assert last is None
