"""run.py - the measurements of bench/run: ours and the peer's in turn, so that both see the same machine.

Every figure is the median of the rounds; ratios are taken round by round. Nothing here passes or fails.
"""
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QUICK = "--quick" in sys.argv
ROUNDS = 1 if QUICK else 3
SECONDS = 2 if QUICK else 4
KEY = "a-key-for-the-benchmark-only-32-bytes"


def binary(name):
    return os.path.join(ROOT, "build", name)


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

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def pesan(folder=None, keep=False):
    folder = folder or tempfile.mkdtemp(prefix="pesan-bench-")
    port = free_port()
    return Server([binary("pesan"), "serve", "--demo", "--data", folder, "--listen", f"127.0.0.1:{port}",
                   "--access-token-key", KEY, "--log-level", "warn"], port, None if keep else folder)


def peer_orders():
    folder = tempfile.mkdtemp(prefix="pesan-bench-")
    port = free_port()
    return Server(["node", "bench/peers/orders.js", str(port), folder, KEY], port, folder)


def protocol_server():
    port = free_port()
    return Server([binary("tests/protocol-server"), "--listen", f"127.0.0.1:{port}"], port)


def peer_fan():
    port = free_port()
    return Server(["node", "bench/peers/fan.js", str(port)], port)


def metric(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
    return 0


def followers_done(port):
    """Seconds until every service has reacted to everything."""
    begin = time.monotonic()
    while metric(port, "pesan_reaction_lag") > 0:
        time.sleep(0.002)
    return time.monotonic() - begin


def token(folder):
    done = subprocess.run([binary("pesan"), "token", "--data", folder, "--access-token-key", KEY, "--user", "USER0001"],
                          check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout.strip()


def order_request(folder, bearer):
    body = json.dumps({"coffee_name": "house filter", "coffee_price": 5000, "coffee_qty": 2})
    path = os.path.join(folder, "request")
    with open(path, "w", encoding="ascii", newline="") as f:
        f.write("POST /order-ms/USER0001/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {bearer}\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    return path


def http_load(port, connections, request):
    done = subprocess.run([binary("bench/http_load"), "--port", str(port), "--connections", str(connections),
                           "--seconds", str(SECONDS), "--request", request], check=True, text=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    if found["bad"]:
        print(f"  {found['bad']} answers were refusals", file=sys.stderr)
    return found


def measure_orders(connections, request):
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with pesan() as server:
            found = http_load(server.port, connections, request)
            found["per_second"] = found["answers"] / (found["seconds"] + followers_done(server.port))
            ours.append(found)
        with peer_orders() as server:
            theirs.append(http_load(server.port, connections, request))
    return ours, theirs


def measure_fan(in_flight):
    ours, theirs = [], []
    for _ in range(ROUNDS):
        for make, found in ((protocol_server, ours), (peer_fan, theirs)):
            with make() as server:
                done = subprocess.run([binary("bench/fan"), "--port", str(server.port), "--in-flight", str(in_flight),
                                       "--seconds", str(SECONDS)], check=True, text=True, stdout=subprocess.PIPE)
                found.append(json.loads(done.stdout))
    return ours, theirs


def idle_socket_bytes(make, path, count):
    """Resident memory a socket adds, the sockets opened from another process."""
    with make() as server:
        time.sleep(0.5)
        before = server.resident()
        with subprocess.Popen([binary("bench/fan"), "--port", str(server.port), "--connections", str(count), "--path", path,
                               "--hold", "yes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            holder.stdout.readline()
            time.sleep(1)
            after = server.resident()
            holder.stdin.close()
            holder.wait()
    return (after - before) / count


def cold_start(folder):
    """Start to first answer on a filled folder, and resident memory 5 s later."""
    server = pesan(folder, keep=True)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health-check", timeout=5) as answer:
        answer.read()
    took = time.monotonic() - server.started
    time.sleep(5)
    resident = server.resident()
    server.stop()
    return took, resident


def row(what, ours, theirs, ratio):
    print(f"| {what} | {ours} | {theirs} | {ratio} |", flush=True)


def median(rows, field):
    return statistics.median(r[field] for r in rows)


def ratio_of(ours, theirs, field="per_second"):
    return statistics.median(a[field] / b[field] for a, b in zip(ours, theirs))


def orders_table(folder):
    with pesan(folder, keep=True):
        bearer = token(folder)
    request = order_request(folder, bearer)
    for connections in (16, 64, 256):
        ours, theirs = measure_orders(connections, request)
        row(f"durable orders a second, {connections} connections", f"{median(ours, 'per_second'):,.0f}",
            f"{median(theirs, 'per_second'):,.0f} (Fastify + better-sqlite3)", f"{ratio_of(ours, theirs):.1f} times")
        row(f"their p99, {connections} connections", f"{median(ours, 'p99_us') / 1000:.1f} ms",
            f"{median(theirs, 'p99_us') / 1000:.1f} ms", f"{1 / ratio_of(ours, theirs, 'p99_us'):.1f} times shorter")


def fan_table():
    for in_flight in (1, 16):
        ours, theirs = measure_fan(in_flight)
        row(f"fan-out to 1,000 sockets, {in_flight} in flight, deliveries a second", f"{median(ours, 'per_second'):,.0f}",
            f"{median(theirs, 'per_second'):,.0f} (ws)", f"{ratio_of(ours, theirs):.1f} times")


def memory_table():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(10000, hard - 500)
    ours = idle_socket_bytes(protocol_server, "/echo", count)
    live = idle_socket_bytes(pesan, "/ws", min(count, 10000))
    theirs = idle_socket_bytes(peer_fan, "/", count)
    row(f"memory of an idle socket, {count:,} open", f"{ours:,.0f} bytes", f"{theirs:,.0f} bytes (ws)", f"{theirs / ours:.1f} times less")
    row("memory of an idle kiosk screen", f"{live:,.0f} bytes", "", "")


def main():
    folder = tempfile.mkdtemp(prefix="pesan-bench-")
    try:
        print("| | Pesan | peer | ratio |\n|---|---|---|---|", flush=True)
        orders_table(folder)
        fan_table()
        memory_table()
        took, resident = cold_start(folder)
        row("start to first answer, filled folder", f"{took * 1000:.0f} ms", "", "")
        row("resident memory 5 s later", f"{resident / 1e6:.1f} MB", "", "")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
