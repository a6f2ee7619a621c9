"""chat.py - the chat beside socket.io + Fastify + better-sqlite3: one hundred clients post into a room, whose members'
devices all listen.

Both servers are measured by the same generator (chat.c). Every figure is the median of the rounds; ratios are taken round
by round.
"""
import resource
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from live import generated, median, ratio, row
from servers import KEY, Server, call, free_port, pesan, sign_up, token_of

MEMBERS = (10, 100, 1000)
CLIENTS = 100
PEER_ROOM = "000000000000001"
PEERS = {"alone": "peer, a transaction a message", "together": "peer, commits in groups"}


def peer_chat(members, commits):
    folder = tempfile.mkdtemp(prefix="pesan-bench-")
    port = free_port()
    return Server(["node", "bench/peers/chat.js", str(port), folder, KEY, str(members), commits], port, folder)


def make_room(server, people):
    """A room of these (id, username): the first makes it and adds the others."""
    owner = token_of(*people[0])
    uri = call(server, "POST", "/api/chats/", {}, owner)["uri"]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda one: call(server, "PATCH", f"/api/chats/{uri}/", {"username": one[1]}, owner), people[1:]))
    return uri


def talk(server, uri, people, seconds):
    with tempfile.NamedTemporaryFile("w") as tokens:
        tokens.write("\n".join(token_of(*each) for each in people))
        tokens.flush()
        found = generated("chat", "--port", server.port, "--uri", uri, "--tokens", tokens.name, "--clients", CLIENTS,
                          "--seconds", seconds)
    if found["bad"] or found["missing"] or found["gaps"] or found["doubles"]:
        print(f"  not every message was told once to everybody: {found}", file=sys.stderr)
    return found


def measure(members, rounds, seconds):
    """Ours, and the peers by how they commit."""
    ours, theirs = [], {commits: [] for commits in PEERS}
    for _ in range(rounds):
        with pesan() as server:
            people = sign_up(server, members)
            ours.append(talk(server, make_room(server, people), people, seconds))
        for commits, found in theirs.items():
            with peer_chat(members, commits) as server:
                people = [(f"account-{i}", f"customer{i}") for i in range(members)]
                found.append(talk(server, PEER_ROOM, people, seconds))
    return ours, theirs


def rows(room, ours, theirs):
    def beside(show, field, ratio_to):
        return [show(median(ours, field)), *(f"{show(median(found, field))} ({ratio_to(found):.1f} times)" for found in theirs.values())]

    row(f"{room}: durable messages a second, all told",
        *beside("{:,.0f}".format, "per_second", lambda found: ratio(ours, found, "per_second")))
    for name, field in (("p50", "p50_us"), ("p99", "p99_us")):
        row(f"{room}: sent until a device has it, {name}",
            *beside(lambda us: f"{us / 1000:.1f} ms", field, lambda found: ratio(found, ours, field)))


def table(rounds, seconds):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"\n| {CLIENTS} clients write | Pesan | {' | '.join(PEERS.values())} |\n|---|---|---|---|", flush=True)
    for members in MEMBERS:
        rows(f"room of {members:,}", *measure(members, rounds, 3 * seconds))  # long: a p99 is of more than a few messages
