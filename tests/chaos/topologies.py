"""What alerts are sent to, and what happens to it.

A fault is a generator: what stands before its yield breaks something, what follows mends it. x is a number in [0, 1) of the plan.
Each one mends what it broke, so that faults may follow one another in any order.
"""
import binascii
import contextlib
import signal
import subprocess
import time

from servers import PASSWORD, PASSWORD_IN_URL, USER, Client, Error, Proxy, Server, die_with_parent, free_port, wait_until

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
        self.put_back()
        self.forgotten += max(0, before - self.length())

    def kill(self, x):
        yield from self.restart()

    def kill_empty(self, x):
        yield from self.restart(self.redis.forget)

    def kill_torn(self, x):
        yield from self.restart(lambda: self.redis.tear(0.5 + x / 2))
        self.redis.rewrite()

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
        """Somebody puts a text where the alerts are, and takes it away again. Not while an answer is lost: that is faults.py's."""
        held = [(p, p.hold(True, ways=(0,))) for p in self.proxies()]
        time.sleep(0.3)
        for key in self.keys.values():
            self.together(*([["RENAME", key, f"{key}.aside"]] if self.redis("EXISTS", key) else []), ["SET", key, "text"])
        for p, pairs in held:
            p.release(pairs, True)
        yield
        self.put_back()

    def put_back(self):
        """What other_type has moved aside; a torn file may have ended meanwhile."""
        for key in self.keys.values():
            if self.redis("TYPE", key) == "string":
                self.together(["DEL", key], *([["RENAME", f"{key}.aside", key]] if self.redis("EXISTS", f"{key}.aside") else []))

    def together(self, *commands):
        client = Client(self.redis.socket)
        for words in (["MULTI"], *commands, ["EXEC"]):
            client(*words)
        client.close()


class Several:
    """What Sentinel and Cluster have in common: servers that are reached directly."""

    tools = ()

    def __init__(self, work, options):
        self.work, self.keys, self.kills, self.forgotten = work, KEYS, 0, 0
        self.servers = [Server(f"{work}/redis{i}", *options) for i in range(3)]

    def close(self):
        for s in self.servers:
            if s.alive():
                s.cont()
                s.kill()

    def hit(self, server):
        """Around a kill -9."""
        server.kill()
        self.kills += 1
        yield
        if not server.alive():
            server.start()


class Sentinel(Several):
    """A master, two replicas, three sentinels with a quorum of two."""

    tools = ("redis-sentinel",)
    faults = ("kill", "kill", "kill_long", "kill_lagging", "kill_replica", "kill_sentinel", "stop", "stop_long", "failover", "failover",
              "reset", "sekisho", "sekisho", "sekisho")

    def __init__(self, work):
        super().__init__(work, ["repl-timeout 5", "repl-ping-replica-period 1"])
        self.ports, self.sentinels = [free_port() for _ in range(3)], [None] * 3

    def start(self):
        for s in self.servers:
            s.start()
        for s in self.servers[1:]:
            s("REPLICAOF", "127.0.0.1", self.servers[0].port)
        for i, port in enumerate(self.ports):
            with open(f"{self.work}/sentinel{i}.conf", "w", encoding="ascii") as f:
                f.write(f"port {port}\nbind 127.0.0.1\ndir {self.work}\nlogfile {self.work}/sentinel{i}.log\nprotected-mode no\n"
                        f"sentinel monitor chaos 127.0.0.1 {self.servers[0].port} 2\nsentinel down-after-milliseconds chaos 1000\n"
                        "sentinel failover-timeout chaos 3000\nsentinel parallel-syncs chaos 2\n")
            self.start_sentinel(i)
        self.settle()

    def start_sentinel(self, i):
        self.sentinels[i] = subprocess.Popen(["redis-sentinel", f"{self.work}/sentinel{i}.conf"], stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def urls(self):
        places = ",".join(f"127.0.0.1:{p}" for p in self.ports)
        return [f"redis-sentinel://{USER}:{PASSWORD_IN_URL}@{places}/chaos?key={self.keys['list']}",
                f"redis-sentinel://{places}/chaos?key={self.keys['stream']}&type=stream"]

    def ask(self, i, *words):
        with contextlib.suppress(OSError, Error):
            client = Client(("127.0.0.1", self.ports[i]), 1.0)
            try:
                return client(*words)
            finally:
                client.close()
        return None

    def master(self):
        """The server all sentinels call so, and that agrees."""
        told = {tuple(self.ask(i, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "chaos") or ()) for i in range(3)}
        for s in self.servers:
            if told == {("127.0.0.1", str(s.port))} and (s.ask("ROLE") or [None])[0] == "master":
                return s
        return None

    def is_settled(self):
        master = self.master()
        if not master:
            return False
        replicas = [s.ask("ROLE") for s in self.servers if s is not master]
        seen = [self.ask(i, "SENTINEL", "CKQUORUM", "chaos") for i in range(3)]
        return all(r and r[0] == "slave" and r[2] == master.port and r[3] == "connected" for r in replicas) and \
            all(x and x.startswith("OK 3 usable") for x in seen) and \
            all(len(self.ask(i, "SENTINEL", "REPLICAS", "chaos") or []) == 2 for i in range(3))

    def settle(self):
        wait_until("Sentinel, a master and two replicas agree", 300, self.is_settled)

    def items(self, kind):
        """Once more where a busy machine has made Sentinel change its mind meanwhile."""
        for _ in range(5):
            with contextlib.suppress(OSError, AttributeError):
                self.settle()
                return self.master().items(self.keys[kind], kind)
        raise RuntimeError("no master stays one")

    def close(self):
        for p in self.sentinels:
            if p and p.poll() is None:
                p.kill()
                p.wait()
        super().close()

    def the_master(self):
        """Waits for the last failover to end: a fault hits a whole topology."""
        self.settle()
        return self.master()

    def took_over(self, old):
        return self.master() not in (None, old)

    def kill(self, x):
        yield from self.hit(self.the_master())

    def kill_long(self, x):
        old = self.the_master()
        for _ in self.hit(old):
            yield
            wait_until("another master", 300, lambda: self.took_over(old))

    def kill_lagging(self, x):
        """The replicas have not got what the master has acknowledged; one of them takes over."""
        old = self.the_master()
        rest = [s for s in self.servers if s is not old]
        for s in rest:
            s.stop()
        time.sleep(0.1 + 0.2 * x)
        for _ in self.hit(old):
            for s in rest:
                s.cont()
            yield
            wait_until("another master", 300, lambda: self.took_over(old))

    def kill_replica(self, x):
        old = self.the_master()
        yield from self.hit([s for s in self.servers if s is not old][int(2 * x)])

    def kill_sentinel(self, x):
        i = int(3 * x)
        self.sentinels[i].send_signal(signal.SIGKILL)
        self.sentinels[i].wait()
        self.kills += 1
        yield
        self.start_sentinel(i)

    def stop(self, x):
        old = self.the_master()
        old.stop()
        yield
        old.cont()

    def stop_long(self, x):
        """Another takes over meanwhile; when it goes on, the old master believes in itself for a while."""
        old = self.the_master()
        old.stop()
        yield
        wait_until("another master", 300, lambda: self.took_over(old))
        old.cont()

    def failover(self, x):
        self.the_master()
        self.ask(int(3 * x), "SENTINEL", "FAILOVER", "chaos")
        yield

    def reset(self, x):
        master = self.the_master()
        with contextlib.suppress(Error):
            master("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        yield


def slot_of(key):
    """Redis Cluster specification, "Key distribution model": CRC16 (XMODEM) modulo 16384."""
    return binascii.crc_hqx(key.encode(), 0) % 16384


class Cluster(Several):
    """Three nodes. Both keys have slots below 20, so that resharding, which takes the lowest slots, always takes them."""

    tools = ("redis-cli",)
    faults = ("reshard", "reshard", "slow_reshard", "slow_reshard", "slow_reshard", "kill", "kill", "kill_empty", "stop", "full", "reset",
              "sekisho", "sekisho", "sekisho")
    MOVED = 20

    def __init__(self, work):
        super().__init__(work, ["cluster-enabled yes", "cluster-node-timeout 3000"])
        for s in self.servers:
            s.bus = free_port()
            with open(f"{s.folder}/redis.conf", "a", encoding="ascii") as f:
                f.write(f"cluster-port {s.bus}\n")
        self.aborted = 0
        names = (f"{kind}{i}" for kind in ("alerts", "entries") for i in range(100000))
        found = {}
        for name in names:
            kind = "list" if name.startswith("alerts") else "stream"
            if kind not in found and slot_of(name) < self.MOVED:
                found[kind] = name
        self.keys = found

    def start(self):
        for i, s in enumerate(self.servers):
            s.start()
            s("CLUSTER", "ADDSLOTSRANGE", i * 16384 // 3, (i + 1) * 16384 // 3 - 1)
            s("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
        for s in self.servers[1:]:
            s("CLUSTER", "MEET", "127.0.0.1", self.servers[0].port, self.servers[0].bus)
        self.settle()

    def urls(self):
        places = ",".join(f"127.0.0.1:{s.port}" for s in self.servers[1:])
        return [f"redis-cluster://{USER}:{PASSWORD_IN_URL}@{places}?key={self.keys['list']}",
                f"redis-cluster://{places}?key={self.keys['stream']}&type=stream"]

    def is_settled(self):
        owners = {}
        for s in self.servers:
            info = s.ask("CLUSTER", "INFO") or ""
            if "cluster_state:ok" not in info or "cluster_known_nodes:3" not in info:
                return False
            slots = s.ask("CLUSTER", "SLOTS")
            owners[s.port] = sorted((r[0], r[1], r[2][1]) for r in slots or [])
        return len({str(o) for o in owners.values()}) == 1

    def settle(self):
        wait_until("three nodes agree about all slots", 300, self.is_settled)

    def owner(self):
        """The node of slot 0, and of those that move with it."""
        self.settle()
        for r in self.servers[0]("CLUSTER", "SLOTS"):
            if r[0] == 0:
                return next(s for s in self.servers if s.port == r[2][1])
        raise RuntimeError("nobody has slot 0")

    def items(self, kind):
        return self.owner().items(self.keys[kind], kind)

    def others(self, x):
        owner = self.owner()
        rest = [s for s in self.servers if s is not owner]
        return owner, rest[int(2 * x)]

    def reshard(self, x):
        """With redis-cli, in one go, while alerts flow."""
        owner, target = self.others(x)
        done = subprocess.run(["redis-cli", "--cluster", "reshard", f"127.0.0.1:{owner.port}", "--cluster-from", owner("CLUSTER", "MYID"),
                               "--cluster-to", target("CLUSTER", "MYID"), "--cluster-slots", str(self.MOVED), "--cluster-yes",
                               "--cluster-timeout", "20000"], capture_output=True, text=True, check=False)
        if done.returncode != 0:		# the others thought that the node was dead while it was moving a long list
            self.aborted += 1
            self.settle()
            for slot in range(self.MOVED):
                self.move(slot, owner, target, 0)
        yield
        if self.owner() is not target:
            raise RuntimeError("the slots have not moved: " + done.stdout[-500:] + done.stderr[-500:])

    def move(self, slot, owner, target, pause):
        """What is left to do for a slot."""
        there, end = target("CLUSTER", "MYID"), time.monotonic() + 120
        while (keys := owner("CLUSTER", "GETKEYSINSLOT", slot, 1)) and time.monotonic() < end:
            with contextlib.suppress(Error):	# a node that is moving a long list looks dead to the others, and they to it
                owner("MIGRATE", "127.0.0.1", target.port, keys[0], 0, 20000, "REPLACE", timeout=30)
            time.sleep(pause)
        for s in (target, owner, *self.servers):
            s("CLUSTER", "SETSLOT", slot, "NODE", there)
            time.sleep(pause)

    def slow_reshard(self, x):
        """Step by step (documentation of CLUSTER SETSLOT), with a pause between any two steps: ASK, TRYAGAIN, MOVED."""
        owner, target = self.others(x)
        here, there = owner("CLUSTER", "MYID"), target("CLUSTER", "MYID")
        slots = sorted({slot_of(k) for k in self.keys.values()})
        for slot in slots:
            target("CLUSTER", "SETSLOT", slot, "IMPORTING", here)
            owner("CLUSTER", "SETSLOT", slot, "MIGRATING", there)
        yield
        for slot in slots:
            self.move(slot, owner, target, 0.1 * x)
        # the slots between go along, so that all below MOVED have one owner again
        for slot in sorted(set(range(self.MOVED)) - set(slots)):
            self.move(slot, owner, target, 0)

    def length(self):
        owner = self.owner()
        return sum(owner.length(key, kind) for kind, key in self.keys.items())

    def kill(self, x):
        self.settle()
        yield from self.hit(self.servers[int(3 * x)])

    def kill_empty(self, x):
        owner, before = self.owner(), self.length()
        for _ in self.hit(owner):
            owner.forget()
            yield
        self.forgotten += max(0, before - self.length())

    def stop(self, x):
        owner = self.owner()
        owner.stop()
        yield
        owner.cont()

    def full(self, x):
        owner = self.owner()
        owner("CONFIG", "SET", "maxmemory", 1)
        yield
        owner("CONFIG", "SET", "maxmemory", 0)

    def reset(self, x):
        with contextlib.suppress(Error):
            self.owner()("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        yield


TOPOLOGIES = {"single": Single, "sentinel": Sentinel, "cluster": Cluster}
