#!/usr/bin/env python3
"""Records large captures to measure with: real servers and clients, between two network namespaces of this machine's own.

usage: record-captures.py KIND FILE [SIZE_MB]

http    nginx and wrk: keep-alive connections of twelve requests at most; pages with and without gzip, pictures, JSON, uploads
small   dnsmasq and a resolver that closes each socket after one exchange; nginx and ab with one request per connection

SIZE_MB is about the size of the file, 800 for http and 230 for small unless given. Runs as root with ip, tcpdump, ethtool, nginx and
wrk or dnsmasq and ab; exits with 77 where one is missing. Nothing leaves the machine: the namespaces have one pair of veth
devices and no route. Content and requests are drawn with fixed seeds; timing is the machine's, so two recordings are alike
but not equal.
"""
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

CLIENTS = ["10.50.0.%d" % i for i in range(1, 10)]
SERVERS = ["10.50.1.%d" % i for i in range(1, 9)]
WORDS = ("the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but not "
         "what all were we when your can said there use an each which she do how their if will up other about out many").split()
NGINX = """daemon off; worker_processes 1; user root; pid %(dir)s/pid; error_log %(dir)s/error.log;
events { worker_connections 4096; }
http {
	access_log off; sendfile off; tcp_nopush off; keepalive_requests %(requests)d; types { text/html html; image/jpeg jpg; application/json json; }
	client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/f; uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
	gzip on; gzip_comp_level 2; gzip_min_length 400; gzip_vary on; gzip_types text/css application/json;
	client_body_buffer_size 512k; client_max_body_size 2m;
	add_header X-Frame-Options SAMEORIGIN; add_header Set-Cookie "last=$request_id; path=/";
	server { listen 80 default_server backlog=8192; root %(dir)s/www; location /upload { proxy_pass http://unix:%(dir)s/store; } }
	server { listen unix:%(dir)s/store; location / { default_type application/json; return 201 '{"stored":true}'; } }
}
"""
WRK = """
local seed = tonumber((...)) or 1
local body = {}
function init(args)
  math.randomseed(tonumber(args[1]))
  for i = 1, 64 do
    local n, t = math.floor(math.exp(8.5 * math.random() + 2.5)), {}
    for k = 1, n do t[k] = string.char(97 + math.random(0, 25)) end
    body[i] = table.concat(t)
  end
end
local function word(n)
  local t = {}
  for i = 1, n do t[i] = string.char(97 + math.random(0, 25)) end
  return table.concat(t)
end
function request()
  local r, n, h = math.random(), math.random(1, 300), {}
  h["Host"] = "www" .. n .. ".shop-" .. n % 37 .. ".example.com"
  h["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) bench/" .. math.random(0, 4)
  h["Cookie"] = "sid=" .. word(24)
  h["Referer"] = "http://" .. h["Host"] .. "/start"
  if math.random() < 0.7 then h["Accept-Encoding"] = "gzip, deflate" end
  if r < 0.50 then return wrk.format("GET", "/html/p" .. math.random(0, 199) .. ".html?q=" .. word(8) .. "&lang=en", h) end
  if r < 0.62 then return wrk.format("GET", "/bin/i" .. math.random(0, 99) .. ".jpg", h) end
  if r < 0.80 then return wrk.format("GET", "/api/" .. math.random(0, 99) .. ".json?token=" .. word(20), h) end
  if r < 0.84 then return wrk.format("GET", "/missing/" .. n .. ".php?id=" .. n, h) end
  return wrk.format("POST", "/upload/" .. n, h, body[math.random(1, 64)])
end
"""


def run(*words):
    """Runs a command; what it says is shown and ends the program when it fails."""
    r = subprocess.run(words, capture_output=True, text=True)
    if r.returncode:
        sys.exit("%s: %s" % (" ".join(words), r.stderr.strip()))


class Place:
    """Two namespaces with a pair of devices between them, and what runs there; all is gone at the end."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="sk-record-")
        self.client, self.server = "skc%d" % os.getpid(), "sks%d" % os.getpid()
        self.running = []

    def __enter__(self):
        for name in (self.client, self.server):
            run("ip", "netns", "add", name)
        run("ip", "link", "add", "v0", "netns", self.client, "type", "veth", "peer", "name", "v0", "netns", self.server)
        for name, addresses in ((self.client, CLIENTS), (self.server, SERVERS)):
            for address in addresses:
                run("ip", "-n", name, "addr", "add", address + "/15", "dev", "v0")
            run("ip", "netns", "exec", name, "ethtool", "-K", "v0", "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off")
            run("ip", "netns", "exec", name, "sysctl", "-q", "net.ipv4.ip_local_port_range=1024 65500", "net.ipv4.tcp_tw_reuse=1")
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", name, "link", "set", "v0", "up")
        return self

    def start(self, where, *words):
        p = subprocess.Popen(["ip", "netns", "exec", where, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.running.append(p)
        return p

    def stop(self, p, with_signal=signal.SIGTERM):
        if p.poll() is None:
            p.send_signal(with_signal)
            p.wait(30)
        self.running.remove(p)

    def __exit__(self, *_):
        for p in list(self.running):
            self.stop(p, signal.SIGKILL)
        for name in (self.client, self.server):
            subprocess.run(["ip", "netns", "del", name])
        shutil.rmtree(self.dir)


def content(folder):
    """The files nginx serves; sizes as web pages, pictures and small answers have them, seed 7."""
    rng = random.Random(7)
    for name in ("html", "bin", "api"):
        os.makedirs(os.path.join(folder, name))
    for i in range(200):
        n = int(min(max(rng.lognormvariate(9.2, 1.1), 200), 200000))
        text = "<!doctype html><html><body><h1>page %d</h1><p>" % i
        while len(text) < n:
            text += " ".join(rng.choices(WORDS, k=40)) + " "
        open(os.path.join(folder, "html", "p%d.html" % i), "w").write(text[:n])
    for i in range(100):
        n = int(min(max(rng.lognormvariate(10.3, 1.0), 500), 400000))
        open(os.path.join(folder, "bin", "i%d.jpg" % i), "wb").write(b"\xff\xd8\xff\xe0" + rng.randbytes(n - 4))
        rows = ",".join('{"id":%d,"name":"%s","price":%d.%02d}' % (k, rng.choice(WORDS), rng.randrange(900), rng.randrange(100))
                        for k in range(rng.randint(1, 60)))
        open(os.path.join(folder, "api", "%d.json" % i), "w").write("[%s]" % rows)


def serve(place, requests):
    content(os.path.join(place.dir, "www"))
    open(os.path.join(place.dir, "www", "tiny"), "w").write("ok")
    conf = os.path.join(place.dir, "nginx.conf")
    open(conf, "w").write(NGINX % {"dir": place.dir, "requests": requests})
    place.start(place.server, "nginx", "-p", place.dir, "-e", place.dir + "/error.log", "-c", conf)
    time.sleep(1)


def record(place, path, what):
    p = place.start(place.client, "tcpdump", "-i", "v0", "-nn", "-s", "262144", "-B", "524288", "-w", path, what)
    time.sleep(1)
    return p


def grown(path, size):
    return os.path.getsize(path) >= size if os.path.exists(path) else False


def http(place, path, size):
    serve(place, 12)
    script = os.path.join(place.dir, "load.lua")
    open(script, "w").write(WRK)
    dump = record(place, path, "tcp port 80")
    load = [place.start(place.client, "wrk", "-t1", "-c24", "-d600s", "-s", script, "http://%s/" % SERVERS[i], "--", str(i + 1))
            for i in range(4)]
    while not grown(path, size) and any(p.poll() is None for p in load):
        time.sleep(0.1)
    for p in load:
        place.stop(p, signal.SIGINT)
    time.sleep(1)
    place.stop(dump, signal.SIGINT)


def ask():
    """Queries of distinct names, 32 sockets at a time, each closed after its answer; three of four ask for A, the others for AAAA."""
    rng = random.Random(5)
    n = 0
    while True:
        poll, waiting = select.poll(), {}
        for _ in range(32):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((rng.choice(CLIENTS), 0))
            name = "%s.%x-%d.site%d.%s" % (rng.choice(("www", "cdn", "api", "mail", "img", "s", "static", "login")), rng.getrandbits(40), n,
                                           rng.randrange(50000), rng.choice(("com", "net", "org", "de")))
            q = struct.pack("!HHHHHH", n & 0xffff, 0x100, 1, 0, 0, 0)
            q += b"".join(bytes((len(x),)) + x.encode() for x in name.split(".")) + b"\0" + struct.pack("!HH", 28 if n % 4 == 3 else 1, 1)
            s.sendto(q, (rng.choice(SERVERS), 53))
            poll.register(s, select.POLLIN)
            waiting[s.fileno()] = s
            n += 1
        until = time.monotonic() + 2
        while waiting and time.monotonic() < until:
            for fd, _ in poll.poll(500):
                waiting[fd].recv(4096)
                poll.unregister(fd)
                waiting.pop(fd).close()
        for s in waiting.values():
            s.close()


def small(place, path, size):
    serve(place, 1)
    dump = record(place, path, "tcp port 80 or udp port 53")
    place.start(place.server, "dnsmasq", "-k", "-u", "root", "--no-resolv", "--no-hosts", "--no-poll", "--cache-size=0", "--pid-file=",
                "--conf-file=/dev/null", "--address=/#/198.51.100.7", "--address=/#/2001:db8::7", "--bind-interfaces", "--interface=v0")
    time.sleep(1)
    asking = place.start(place.client, sys.executable, os.path.abspath(__file__), "ask")
    i = 0
    while not grown(path, size):
        load = place.start(place.client, "ab", "-q", "-n", "500", "-c", "16", "-B", CLIENTS[i % 8], "http://%s/tiny" % SERVERS[i % 8])
        load.wait()
        place.running.remove(load)
        i += 1
        time.sleep(PAUSE)
    place.stop(asking)
    time.sleep(1)
    place.stop(dump, signal.SIGINT)


PAUSE = 0.08				# seconds between batches: about one connection for five exchanges
NEEDS = {"http": ["nginx", "wrk"], "small": ["nginx", "dnsmasq", "ab"]}


def main():
    if sys.argv[1:] == ["ask"]:		# this program itself, in the client's namespace
        return ask()
    if len(sys.argv) < 3 or sys.argv[1] not in NEEDS:
        sys.exit(__doc__)
    kind, path = sys.argv[1], os.path.abspath(sys.argv[2])
    size = int(sys.argv[3] if len(sys.argv) > 3 else {"http": 800, "small": 230}[kind]) * 1000000
    missing = [n for n in ["ip", "tcpdump", "ethtool"] + NEEDS[kind] if not shutil.which(n)]
    if missing or os.geteuid():
        print("skipped: needs root and %s" % ", ".join(missing or ["nothing else"]), file=sys.stderr)
        sys.exit(77)
    with Place() as place:
        {"http": http, "small": small}[kind](place, path, size)
    print("%s: %d bytes" % (path, os.path.getsize(path)))


main()
