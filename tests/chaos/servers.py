"""Redis processes of a test's own, and a proxy that misbehaves.

Client     requests and replies (https://redis.io/docs/latest/develop/reference/protocol-spec/), RESP2
Server     one redis-server on a unix socket and a port of loopback, with an append-only file
Proxy      between sekisho and a server: passes, resets, holds back, delivers late, cuts in the middle of a batch

Everything is started without a shell, dies with the test, and writes below the folder it was given.
"""
import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

USER, PASSWORD = "sensor", "pass%word"
PASSWORD_IN_URL = "pass%25word"


def die_with_parent():
    """For Popen: the child goes when the test goes, however that happens (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port():
    """Not one of those the kernel gives to connections: it must still be free after a restart."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def wait_until(what, seconds, happens):
    """Polls until happens() is true. Raises RuntimeError when it does not become so in time."""
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


class Error(Exception):
    """An error reply."""


class Client:
    """One connection; place is a path or (host, port)."""

    def __init__(self, place, timeout=5.0):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET)
        self.socket.settimeout(timeout)
        self.socket.connect(place)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def __call__(self, *words):
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(x).encode() for x in words)))
        reply = self.reply()
        if isinstance(reply, Error):
            raise reply
        return reply

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("connection closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return Error(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if rest == b"-1":
            return None
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2].decode()
        return [self.reply() for _ in range(int(rest))]


class Server:
    """A redis-server. The user 'sensor' may do everything, as may the default user, who needs no password."""

    def __init__(self, folder, *options):
        self.folder, self.options, self.process = folder, options, None
        self.port, self.socket = free_port(), f"{folder}/redis.sock"
        os.makedirs(folder)
        with open(f"{folder}/redis.conf", "w", encoding="ascii") as f:
            f.write(f'port {self.port}\nbind 127.0.0.1\nunixsocket {self.socket}\ndir {folder}\nlogfile {folder}/redis.log\n'
                    'save ""\nappendonly yes\nappendfsync everysec\nauto-aof-rewrite-percentage 0\ndaemonize no\nprotected-mode no\n'
                    f"repl-diskless-sync-delay 0\nuser default on nopass ~* &* +@all\nuser {USER} on >{PASSWORD} ~* &* +@all\n")
            f.write("".join(f"{o}\n" for o in options))

    @property
    def place(self):
        return ("127.0.0.1", self.port)

    def start(self, *more):
        self.process = subprocess.Popen(["redis-server", f"{self.folder}/redis.conf", *more], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_until(f"redis-server answers, see {self.folder}/redis.log", 60, lambda: self.ask("PING") == "PONG")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def cont(self):
        self.process.send_signal(signal.SIGCONT)

    def __call__(self, *words, timeout=10.0):
        client = Client(self.socket, timeout)
        try:
            return client(*words)
        finally:
            client.close()

    def ask(self, *words):
        """None where there is no answer, or an error."""
        try:
            return self(*words, timeout=2.0)
        except (OSError, Error):
            return None

    # --- what a dead server has on its disk ---

    def forget(self):
        shutil.rmtree(f"{self.folder}/appendonlydir", ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.folder}/dump.rdb")

    def tear(self, share):
        """Leaves the first part of the append-only file, as a loss of power would. True when something went."""
        folder = f"{self.folder}/appendonlydir"
        names = [n for n in (sorted(os.listdir(folder)) if os.path.isdir(folder) else []) if n.endswith(".incr.aof")]
        if not names:
            return False
        path = f"{folder}/{names[-1]}"
        size = os.path.getsize(path)
        os.truncate(path, int(size * share))
        return int(size * share) < size

    # --- what a living one holds ---

    def rewrite(self):
        """A new append-only file. Redis 7.0.15 leaves the first part of a torn transaction in the old one, and executes it at its next
        start together with whatever follows."""
        self("BGREWRITEAOF")
        wait_until("the append-only file is rewritten", 60, lambda: "aof_rewrite_in_progress:0" in (self.ask("INFO", "persistence") or "") and
                   "aof_rewrite_scheduled:0" in (self.ask("INFO", "persistence") or ""))

    def items(self, key, kind):
        """The JSON texts of a list or stream, in order; by pages, for one answer would be large."""
        found, last = [], "-"
        while True:
            if kind == "list":
                page = self("LRANGE", key, len(found), len(found) + 4999, timeout=60) or []
            else:
                entries = self("XRANGE", key, last, "+", "COUNT", 5000, timeout=60) or []
                page, last = [e[1][1] for e in entries], f"({entries[-1][0]}" if entries else last
            if not page:
                return found
            found += page

    def length(self, key, kind):
        return self("LLEN" if kind == "list" else "XLEN", key)


class Pair:
    """One connection through the proxy: a thread for each direction."""

    def __init__(self, proxy, client, server):
        self.proxy, self.ends, self.dead = proxy, (client, server), False
        self.gates = threading.Event(), threading.Event()	# set: bytes flow to the server, to the client
        self.open()
        self.budget = [None, None]		# bytes to the server, to the client before it is cut
        self.lock = threading.Lock()
        for way in (0, 1):
            self.ends[way].settimeout(0.03)
            threading.Thread(target=self.move, args=(way,), daemon=True).start()

    def open(self):
        for gate in self.gates:
            gate.set()

    def move(self, way):
        source, target = self.ends[way], self.ends[1 - way]
        try:
            while not self.dead:
                try:
                    data = source.recv(65536)
                except socket.timeout:
                    continue
                self.gates[way].wait()
                if not data:
                    break
                with self.lock:
                    budget = self.budget[way]
                    if budget is not None:
                        data, self.budget[way] = data[:budget], budget - min(budget, len(data))
                self.send(target, data)
                if self.budget[way] == 0:
                    self.reset()
        except OSError:
            pass
        self.close()

    def send(self, target, data):
        view = memoryview(data)
        while len(view) and not self.dead:
            try:
                view = view[target.send(view):]
            except socket.timeout:
                continue

    def reset(self):
        for s in self.ends:
            if s.family == socket.AF_INET:
                with contextlib.suppress(OSError):
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.dead = True
        self.open()
        for s in self.ends:
            s.close()
        self.proxy.pairs.discard(self)


class Proxy:
    """Listens on listen (a path, or None: a port of loopback) and passes to target() (a path or (host, port))."""

    def __init__(self, target, listen=None):
        self.target, self.pairs, self.hole = target, set(), False
        self.socket = socket.socket(socket.AF_UNIX if listen else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(listen or ("127.0.0.1", 0))
        self.socket.listen(64)
        self.port = None if listen else self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.socket.accept()[0]
            except OSError:
                return
            place = self.target()
            server = socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET)
            try:
                server.settimeout(5)
                server.connect(place)
            except OSError:
                client.close()
                server.close()
                continue
            try:
                pair = Pair(self, client, server)
            except OSError:
                continue
            if self.hole:
                for gate in pair.gates:
                    gate.clear()
            self.pairs.add(pair)

    def close(self):
        self.socket.close()
        self.reset()

    def reset(self):
        for pair in list(self.pairs):
            pair.reset()

    def cut(self, way, size):
        """Resets each connection once size more bytes went to the server (0) or came from it (1)."""
        for pair in list(self.pairs):
            pair.budget[way] = size

    def hold(self, new_too, ways=(0, 1)):
        """What is open passes nothing on (to the server, from it) until release(); new connections neither when new_too."""
        self.hole = new_too
        held = list(self.pairs)
        for pair in held:
            for way in ways:
                pair.gates[way].clear()
        return held

    def release(self, held, lose):
        """Goes on; what was held back comes late, also when its sender has gone, or never (lose)."""
        self.hole = False
        for pair in held:
            if lose:
                pair.reset()
        for pair in held + list(self.pairs):
            pair.open()
