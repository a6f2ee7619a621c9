"""run.py - the measurements of bench/run: ours and the peer's in turn, so that both see the same machine.

Every figure is the median of the rounds; ratios are taken round by round. Nothing here passes or fails.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import chat
import lists
import live
from servers import COLA, KEY, LEMON, Server, binary, free_port, http_load, pesan, request_text, sign_in

QUICK = "--quick" in sys.argv
LARGE = "--large" in sys.argv
ROUNDS = 1 if QUICK else 3
SECONDS = 2 if QUICK else 3

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


def one_line(bearer):
    """The order of the seed: a coffee of its own name and price."""
    return request_text("POST", "/order-ms/USER0001/orders", bearer,
                        {"coffee_name": "house filter", "coffee_price": 5000, "coffee_qty": 2})


def two_lines(bearer):
    """Two products of the menu, under an Idempotency-Key nobody had before."""
    return request_text("POST", "/order-ms/USER0001/orders", bearer,
                        {"items": [{"product_id": COLA, "qty": 2}, {"product_id": LEMON, "qty": 1}]},
                        "Idempotency-Key: ################\r\n")


def place_orders(server, connections, job, bearer):
    with tempfile.NamedTemporaryFile("w", newline="") as file:
        file.write(job(bearer))
        file.flush()
        found = http_load(server.port, connections, SECONDS, file.name)
    return found


def measure_orders(connections, job):
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with pesan() as server:
            bearer = sign_in(server, "USER0001", "pesan-demo")
            found = place_orders(server, connections, job, bearer)
            found["per_second"] = found["answers"] / (found["seconds"] + followers_done(server.port))
            ours.append(found)
        with peer_orders() as server:
            theirs.append(place_orders(server, connections, job, bearer))
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
        before = server.settled()
        with subprocess.Popen([binary("bench/fan"), "--port", str(server.port), "--connections", str(count), "--path", path,
                               "--hold", "yes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            holder.stdout.readline()
            after = server.settled()
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


def orders_table(what, job):
    for connections in (16, 256) if QUICK else (16, 64, 256):
        ours, theirs = measure_orders(connections, job)
        row(f"{what} a second, {connections} connections", f"{median(ours, 'per_second'):,.0f}",
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


def start_table():
    """Start to first answer, and memory, on a folder with some seconds of orders in it."""
    folder = tempfile.mkdtemp(prefix="pesan-bench-")
    try:
        with pesan(folder, keep=True) as server:
            place_orders(server, 64, one_line, sign_in(server, "USER0001", "pesan-demo"))
            followers_done(server.port)
        took, resident = cold_start(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    row("start to first answer, filled folder", f"{took * 1000:.0f} ms", "", "")
    row("resident memory 5 s later", f"{resident / 1e6:.1f} MB", "", "")


def main():
    head = "| | Pesan | peer | ratio |\n|---|---|---|---|"
    if "--live" in sys.argv:
        print(head, flush=True)
        live.table(ROUNDS, SECONDS)
        return
    if "--chat" in sys.argv:
        chat.table(ROUNDS, SECONDS)
        return
    if "--lists" not in sys.argv:
        print(head, flush=True)
        orders_table("durable orders of two lines, each with an Idempotency-Key,", two_lines)
        orders_table("durable orders of one line", one_line)
        fan_table()
        memory_table()
        live.table(ROUNDS, SECONDS)
        start_table()
        chat.table(ROUNDS, SECONDS)
    lists.table([10**4, 10**5 if QUICK else 10**6] + ([10**7] if LARGE else []), ROUNDS, 2)


main()
