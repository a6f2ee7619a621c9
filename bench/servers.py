"""servers.py - the servers that are measured, and how they are asked."""
import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("PESAN_BUILD", "build"))
KEY = "a-key-for-the-benchmark-only-32-bytes"
COLA = "ce33fb74-ba55-40c6-99d7-47bef4cd785e"  # of the demo shop's menu
LEMON = "4bdfb8e9-2eb7-4db4-9738-a9be7962055f"


def binary(name):
    return os.path.join(BUILD, name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server process, ready when its port answers; its data goes with it."""

    def __init__(self, command, port, folder=None):
        self.port, self.folder = port, folder
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() - self.started > 30:
                    sys.exit(f"did not start: {' '.join(command)}")
                time.sleep(0.001)

    def resident(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))

    def memory(self):
        """Bytes of memory of its own: what other processes share of it counts by their number."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as rollup:
            return next(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))

    def settled(self, measure=None):
        """Memory (else `measure()`) once it has not changed for a second: what a start needs for a moment is given back."""
        seen = []
        while len(seen) < 5 or (len(set(seen[-5:])) > 1 and len(seen) < 60):
            seen.append((measure or self.resident)())
            time.sleep(0.25)
        return seen[-1]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def pesan(folder=None, keep=False, more=()):
    """Pesan with all services; its folder, made when none is given, goes with it unless `keep`."""
    folder = folder or tempfile.mkdtemp(prefix="pesan-bench-")
    port = free_port()
    return Server([binary("pesan"), "serve", "--demo", "--data", folder, "--listen", f"127.0.0.1:{port}",
                   "--access-token-key", KEY, "--log-level", "warn", *more], port, None if keep else folder)


def call(server, method, path, body=None, bearer=None):
    """One request with a JSON answer."""
    about = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", method=method,
                                     data=None if body is None else json.dumps(body).encode(), headers=about)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def sign_in(server, username, password):
    """The bearer token of a real session."""
    return call(server, "POST", "/auth/token/create/", {"username": username, "password": password})["auth_token"]


def token_of(account, username):
    """A token signed with the benchmark's key, as `pesan token` makes it, which any of the servers believes."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    claims = {"sub": account, "username": username, "role": "customer", "iat": int(time.time()), "exp": int(time.time()) + 86400}
    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(KEY.encode(), signed, hashlib.sha256).digest())).decode()


def account_of(token):
    """Whose token it is: its claim sub."""
    claims = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]


def sign_up(server, count):
    """Customers without a password, as an admin makes them: [(id, username)]."""
    admin = sign_in(server, "ADMIN1", "pesan-demo")
    names = [f"customer{i}" for i in range(count)]
    with ThreadPoolExecutor(16) as pool:
        ids = pool.map(lambda name: call(server, "POST", "/users", {"username": name}, admin)["user_id"], names)
        return list(zip(ids, names))


def request_text(method, path, bearer, body=None, more=""):
    """A whole request, as http_load sends it."""
    text = "" if body is None else json.dumps(body)
    about = f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n" if text else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer}\r\n{about}{more}\r\n{text}"


def http_load(port, connections, seconds, file):
    done = subprocess.run([binary("bench/http_load"), "--port", str(port), "--connections", str(connections),
                           "--seconds", str(seconds), "--request", file], check=True, text=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    if found["bad"]:
        print(f"  {found['bad']} answers were refusals", file=sys.stderr)
    return found
