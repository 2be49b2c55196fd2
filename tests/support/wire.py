"""A wire between a browser and the server that can be pulled, and one whose answers can be lost."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


class Wire:
    """A TCP relay on a port of its own. While it is pulled, nobody listens there."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener: socket.socket | None = None
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self.loses_answers = False
        """Whether what the server says is swallowed; what the browser says arrives."""
        self.port = 0
        self.plug_in()

    @property
    def url(self) -> str:
        """The origin that a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def plug_in(self) -> None:
        """Listen, on the same port as before."""
        self.loses_answers = False
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def pull(self) -> None:
        """End every connection, and take no new one."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            pairs = tuple(self._pairs)
        for pair in pairs:
            self._end(pair)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port), timeout=5)
            except OSError:
                near.close()
                continue
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._carry, args=(pair,), daemon=True).start()

    def _carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        near, far = pair
        try:
            while True:
                ready, _, _ = select.select([near, far], [], [], 60)
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    if end is near:
                        far.sendall(data)
                    elif not self.loses_answers:
                        near.sendall(data)
        except (OSError, ValueError):
            return
        finally:
            self._end(pair)

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                end.close()


@contextlib.contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """A wire to a server on this machine, until the block ends."""
    wire = Wire(port)
    try:
        yield wire
    finally:
        wire.pull()
