"""What alerts are sent to, and what happens to it.

A fault is a generator: what stands before its yield breaks something, what follows mends it. x is a number in [0, 1) of the plan.
Each one mends what it broke, so that faults may follow one another in any order.
"""
import contextlib
import time

from servers import PASSWORD, PASSWORD_IN_URL, USER, Error, Proxy, Server, wait_until

KEYS = {"list": "alerts", "stream": "entries"}


class Single:
    """One server. The list goes through a proxy on TCP, with a user and a password; the stream through one on a unix socket."""

    tools = ()

    faults = ("kill", "kill", "kill_empty", "kill_torn", "stop", "read_only", "full", "reset", "cut", "cut", "hole", "late", "late",
              "acl", "password", "other_type", "sekisho", "sekisho", "sekisho", "sekisho")

    def __init__(self, work):
        self.redis = Server(f"{work}/redis")
        self.tcp = Proxy(lambda: self.redis.socket)
        self.unix = Proxy(lambda: self.redis.socket, f"{work}/proxy.sock")
        self.keys, self.kills, self.forgotten = KEYS, 0, 0

    def start(self):
        self.redis.start()

    def urls(self):
        return [f"redis://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{self.tcp.port}?key={self.keys['list']}",
                f"redis+unix://{self.unix.socket.getsockname()}?key={self.keys['stream']}&type=stream"]

    def local_urls(self):
        """The same without a network, for a sensor in a namespace."""
        return [f"redis+unix://{USER}:{PASSWORD_IN_URL}@{self.unix.socket.getsockname()}?key={self.keys['list']}", self.urls()[1]]

    def settle(self):
        wait_until("the server answers", 20, lambda: self.redis.ask("PING") == "PONG")

    def items(self, kind):
        return self.redis.items(self.keys[kind], kind)

    def close(self):
        self.tcp.close()
        self.unix.close()
        if self.redis.alive():
            self.redis.cont()
            self.redis.kill()

    def length(self):
        return sum(self.redis.length(key, kind) for kind, key in self.keys.items())

    def restart(self, between=None):
        """Around a kill; counts what the server has forgotten."""
        before = self.length()
        self.redis.kill()
        self.kills += 1
        if between:
            between()
        yield
        self.redis.start()
        self.forgotten += max(0, before - self.length())

    def kill(self, x):
        yield from self.restart()

    def kill_empty(self, x):
        yield from self.restart(self.redis.forget)

    def kill_torn(self, x):
        yield from self.restart(lambda: self.redis.tear(0.5 + x / 2))

    def stop(self, x):
        self.redis.stop()
        yield
        self.redis.cont()

    def read_only(self, x):
        """A replica of nobody: REPLICAOF a port where nothing listens. Answers READONLY."""
        self.redis("REPLICAOF", "127.0.0.1", 1)
        yield
        self.redis("REPLICAOF", "NO", "ONE")

    def full(self, x):
        self.redis("CONFIG", "SET", "maxmemory", 1)
        yield
        self.redis("CONFIG", "SET", "maxmemory", 0)

    def proxies(self):
        return self.tcp, self.unix

    def reset(self, x):
        for p in self.proxies():
            p.reset()
        yield

    def cut(self, x):
        """In the middle of what goes to the server, or of what it answers."""
        for p in self.proxies():
            p.cut(0 if x < 0.6 else 1, int(x * 10000) % 997 + 1)
        yield

    def hole(self, x):
        """A black hole, also for new connections; nothing of it comes out again."""
        held = [(p, p.hold(True)) for p in self.proxies()]
        yield
        for p, pairs in held:
            p.release(pairs, True)

    def late(self, x):
        """Connections that go on when everybody thinks they are dead: an old batch comes after newer ones."""
        held = [(p, p.hold(False)) for p in self.proxies()]
        yield
        for p, pairs in held:
            p.release(pairs, False)

    def acl(self, x):
        self.redis("ACL", "SETUSER", USER, "-rpush")
        self.redis("ACL", "SETUSER", "default", "-xadd")
        yield
        self.redis("ACL", "SETUSER", "default", "+@all")
        self.redis("ACL", "SETUSER", USER, "+@all")

    def password(self, x):
        self.redis("ACL", "SETUSER", USER, "resetpass", ">another")
        with contextlib.suppress(Error):
            self.redis("CLIENT", "KILL", "USER", USER)
        yield
        self.redis("ACL", "SETUSER", USER, "resetpass", f">{PASSWORD}")

    def other_type(self, x):
        """Somebody puts a text where the alerts are, and takes it away again."""
        for key in self.keys.values():
            if self.redis("EXISTS", key):
                self.redis("RENAME", key, f"{key}.aside")
            self.redis("SET", key, "text")
        yield
        for key in self.keys.values():
            self.redis("DEL", key)
            if self.redis("EXISTS", f"{key}.aside"):
                self.redis("RENAME", f"{key}.aside", key)


TOPOLOGIES = {"single": Single}
