"""live.py - what is live, beside npm socket.io: fan-out, an order's way to the owner's device, memory of idle devices.

Both servers are measured by the same generators: fan (fan-out), alert (from the sending of an order until SUBMIT_ORDER is
there), devices (connections that are idle). Every figure is the median of the rounds; ratios are taken round by round.
Memory is the server process's own: what the kernel keeps for a connection is in neither figure.
"""
import json
import resource
import statistics
import subprocess
import sys
import tempfile

from servers import COLA, KEY, LEMON, Server, account_of, binary, free_port, pesan, request_text, sign_in, sign_up, token_of

CUSTOMERS = 100  # who place orders in turn
WARM_RATE, WARM_SECONDS = 1000, 10  # before alerts are measured: a server that has been at work for a while
HEARTBEAT = ["--ping-interval", "25000", "--ping-timeout", "20000"]  # of the protocol server: as everywhere else


def protocol_server():
    port = free_port()
    return Server([binary("tests/protocol-server"), "--listen", f"127.0.0.1:{port}", *HEARTBEAT], port)


def peer_live():
    port = free_port()
    return Server(["node", "bench/peers/live.js", str(port), KEY], port)


def peer_orders(owner):
    folder = tempfile.mkdtemp(prefix="pesan-bench-")
    port = free_port()
    return Server(["node", "bench/peers/orders.js", str(port), folder, KEY, owner], port, folder)


def generated(name, *arguments):
    done = subprocess.run([binary(f"bench/{name}"), *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def row(what, ours, theirs, ratio):
    print(f"| {what} | {ours} | {theirs} | {ratio} |", flush=True)


def median(found, field):
    return statistics.median(each[field] for each in found)


def ratio(over, under, field):
    return statistics.median(a[field] / b[field] for a, b in zip(over, under))


def fan_table(rounds, seconds):
    for in_flight in (1, 16):
        ours, theirs = [], []
        for _ in range(rounds):
            for make, found in ((protocol_server, ours), (peer_live, theirs)):
                with make() as server:
                    found.append(generated("fan", "--port", server.port, "--nsp", "/custom", "--in-flight", in_flight, "--seconds", seconds))
        row(f"fan-out to 1,000 Socket.IO sockets, {in_flight} in flight, deliveries a second", f"{median(ours, 'per_second'):,.0f}",
            f"{median(theirs, 'per_second'):,.0f} (socket.io)", f"{ratio(ours, theirs, 'per_second'):.1f} times")
    row("bytes of one such delivery on the wire (100 of them text)", f"{median(ours, 'bytes'):,.1f}", f"{median(theirs, 'bytes'):,.1f}",
        f"{ratio(ours, theirs, 'bytes'):.2f} times")


def orders_of(customers, file):
    """An order of two lines for each customer, under an Idempotency-Key nobody had before."""
    body = {"items": [{"product_id": COLA, "qty": 2}, {"product_id": LEMON, "qty": 1}]}
    for account, name in customers:
        file.write(request_text("POST", f"/order-ms/{name}/orders", token_of(account, name), body, "Idempotency-Key: ################\r\n"))
    file.flush()


def alerts_of(server, rate, seconds, file, owner):
    found = generated("alert", "--port", server.port, "--rate", rate, "--seconds", seconds, "--request", file, "--token", owner)
    if found["bad"] or found["doubles"] or found["alerts"] != found["orders"]:
        print(f"  not every order was shown once: {found}", file=sys.stderr)
    return found


def warm_alerts_of(server, rate, seconds, file, owner):
    alerts_of(server, WARM_RATE, WARM_SECONDS, file, owner)
    return alerts_of(server, rate, seconds, file, owner)


def alert_table(rounds, seconds):
    for rate in (100, 1000):
        ours, theirs = [], []
        for _ in range(rounds):
            with tempfile.NamedTemporaryFile("w", newline="") as file:
                with pesan() as server:
                    orders_of(sign_up(server, CUSTOMERS), file)
                    owner = sign_in(server, "OWNER1", "pesan-demo")
                    ours.append(warm_alerts_of(server, rate, seconds, file.name, owner))
                account = account_of(owner)
                with peer_orders(account) as server:
                    theirs.append(warm_alerts_of(server, rate, seconds, file.name, owner))
        for name, field in (("p50", "p50_us"), ("p99", "p99_us")):
            row(f"order sent to owner's device shows it, {rate:,} a second, {name}", f"{median(ours, field) / 1000:.1f} ms",
                f"{median(theirs, field) / 1000:.1f} ms (socket.io + Fastify + better-sqlite3)",
                f"{ratio(theirs, ours, field):.1f} times shorter")


def device_bytes(make, transport, count, nsp, accounts):
    """Memory that a device adds, the devices being another process; each an account of its own where there are accounts."""
    with make() as server, tempfile.NamedTemporaryFile("w") as tokens:
        who = sign_up(server, count) if accounts else [(f"account-{i}", f"customer{i}") for i in range(count)]
        tokens.write("\n".join(token_of(*each) for each in who))
        tokens.flush()
        before = server.settled(server.memory)
        command = [binary("bench/devices"), "--port", str(server.port), "--connections", str(count), "--transport", transport,
                   "--nsp", nsp, "--tokens", tokens.name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            if holder.stdout.readline() != "open\n":
                sys.exit("the devices could not connect")
            after = server.settled(server.memory)
            holder.stdin.close()
            holder.wait()
    return (after - before) / count


def memory_table():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for transport, most in (("websocket", 10000), ("polling", 2000)):
        count = min(most, hard - 500)
        theirs = device_bytes(peer_live, transport, count, "/", False)
        for what, make, nsp, accounts in (("device, logged in, each an account of its own", pesan, "/", True),
                                          ("socket, not logged in", protocol_server, "/custom", False)):
            ours = device_bytes(make, transport, count, nsp, accounts)
            row(f"memory of an idle Socket.IO {what}, {count:,} over {transport}", f"{ours:,.0f} bytes",
                f"{theirs:,.0f} bytes (socket.io, logged in)", f"{theirs / ours:.1f} times less")


def table(rounds, seconds):
    fan_table(rounds, seconds)
    alert_table(rounds, 4 * seconds)  # so that a p99 at 100 a second is of more than a few
    memory_table()
