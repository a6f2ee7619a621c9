"""lists.py - how long a page of orders and of deliveries takes, and how it grows with the number of orders.

A server makes its tables and accounts and is stopped; plain SQL fills its database; a server started on it is asked over
HTTP. Eight customers have 2 % of all orders each, eight have 200 orders each whatever the number, the rest is spread
over many; half of the orders are the demo shop's, the newest are being made, the others are over.
"""
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from urllib.parse import quote

from servers import COLA, KEY, LEMON, binary, call, http_load, pesan, request_text, sign_in

SHOP = "0198c0de-0000-7000-8000-000000000001"
OPEN = 400  # the newest orders, which are being made
PASSWORD = "a password for the benchmark"
CUSTOMERS = [f"regular{i}" for i in range(8)] + [f"friend{i}" for i in range(8)]
CHUNK = 100_000

# What an order is made of, by its number `i` of `n`: its id is a UUIDv7 of its time, three seconds after the one before.
MS = "(1760000000000 - (:n - i) * 3000)"
ID = f"printf('%08x-%04x-7%03x-8%03x-%012x', {MS} >> 16, {MS} & 65535, i & 4095, (i * 40503) & 4095, (i * 2654435761) & 281474976710655)"
WHO = "CASE WHEN i % 50 < 8 THEN 'regular' || (i % 50) WHEN i % (:n / 200) BETWEEN 8 AND 15 THEN 'friend' || (i % (:n / 200) - 8) ELSE 'guest' || (i * 7919 % (:n / 50 + 1)) END"
STATUS = f"""CASE WHEN i >= :n - {OPEN} THEN
    CASE i * 31 % 5 WHEN 0 THEN 'received' WHEN 1 THEN 'accepted' WHEN 2 THEN 'preparing' WHEN 3 THEN 'ready' ELSE 'delivering' END
  WHEN i * 17 % 100 < 94 THEN 'delivered' WHEN i * 17 % 100 < 97 THEN 'cancelled' WHEN i * 17 % 100 < 99 THEN 'rejected' ELSE 'failed' END"""
COMMON = {
    "number": "printf('A%02d', i % 999 + 1)",
    "shop_id": f"CASE WHEN i / 7 % 2 = 0 THEN '{SHOP}' ELSE printf('0198c0de-0000-7000-8000-%012d', 100 + i % 9) END",
    "account_id": "coalesce((SELECT id FROM temp.customers WHERE name = who), 'of-' || who)",
    "username": "who", "pay": "'counter'", "via": "'api'", "status": STATUS,
    "total": "1700000", "currency": "'IDR'", "language": "'id'", "cancel_asked": "0",
    "placed_at": f"{MS} * 1000", "ordered_at": f"{MS} * 1000", "received_at": f"{MS} * 1000", "updated_at": f"{MS} * 1000 + 600000000",
    "items": f"""'[{{"product_id":"{COLA}","name":"Cola","qty":1,"price":700000}},{{"product_id":"{LEMON}","name":"Lemon","qty":1,"price":1000000}}]'""",
}


def line(number, product, name, price):
    return {"order_id": ID, "line": str(number), "product_id": f"'{product}'", "name": f"'{name}'", "qty": "1", "price": str(price), "options": "NULL"}


ROWS = [
    ("orders", {**COMMON, "id": ID}),
    ("order_items", line(0, COLA, "Cola", 700000)),
    ("order_items", line(1, LEMON, "Lemon", 1000000)),
    ("deliveries", {**COMMON, "order_id": ID}),
]


def statement(db, table, values):
    """INSERT of rows i = :from to :to - 1; of columns it does not know those that may be empty stay so."""
    used = []
    for _, name, _, not_null, default, key in db.execute(f"PRAGMA table_info({table})"):
        if name in values:
            used.append(name)
        elif (not_null or key) and default is None:
            sys.exit(f"bench/lists.py does not know what {table}.{name} is")
    columns = ", ".join(used)
    wanted = ", ".join(values[c] for c in used)
    return (f"INSERT INTO {table} ({columns}) WITH RECURSIVE numbers(i) AS (SELECT :from UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < :to)"
            f" SELECT {wanted} FROM (SELECT i, {WHO} AS who FROM numbers)")


def fill(folder, count, accounts):
    """Put `count` orders with two lines and a delivery each into a stopped server's database."""
    db = sqlite3.connect(os.path.join(folder, "pesan.db"), isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -200000")
    db.execute("CREATE TEMP TABLE customers (name TEXT PRIMARY KEY, id TEXT)")
    db.executemany("INSERT INTO temp.customers VALUES (?, ?)", accounts.items())
    statements = [statement(db, table, values) for table, values in ROWS]
    begin = time.monotonic()
    for start in range(0, count, CHUNK):
        bounds = {"n": count, "from": start, "to": min(start + CHUNK, count)}
        db.execute("BEGIN")
        for each in statements:
            db.execute(each, bounds)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"\r  {bounds['to']:,} of {count:,} orders, {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    db.close()


def prepare(folder, count):
    """A folder with `count` orders, its customers signed up."""
    with pesan(folder, keep=True) as server:
        accounts = {name: call(server, "POST", "/auth/users/create/", {"username": name, "email": f"{name}@example.com", "password": PASSWORD})["id"]
                    for name in CUSTOMERS}
    fill(folder, count, accounts)
    return accounts


def deep(db, table, column, where, values):
    """Ids at a quarter, the half and three quarters of what a list holds."""
    total = db.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchone()[0]
    at = f"SELECT {column} FROM {table} WHERE {where} ORDER BY {column} DESC LIMIT 1 OFFSET ?"
    return [db.execute(at, [*values, total * quarter // 4 - 1]).fetchone()[0] for quarter in (1, 2, 3)]


def requests(folder, server, accounts):
    """What is asked: {name: text of requests}."""
    asked = {name: "" for name in LISTS}
    db = sqlite3.connect(os.path.join(folder, "pesan.db"))
    for name, account in accounts.items():
        path, bearer = f"/order-ms/{name}/orders", sign_in(server, name, PASSWORD)
        asked["orders, first page"] += request_text("GET", path, bearer)
        for before in deep(db, "orders", "id", "account_id = ?", [account]):
            asked["orders, deep page"] += request_text("GET", f"{path}?before={before}", bearer)
    bearer = sign_in(server, "BARISTA1", "pesan-demo")
    asked["deliveries being made"] = request_text("GET", "/delivery-ms/preparing", bearer)
    asked["deliveries done, first page"] = request_text("GET", "/delivery-ms/" + quote("배송완료"), bearer)
    for before in deep(db, "deliveries", "order_id", "shop_id = ? AND status = ?", [SHOP, "delivered"]):
        asked["deliveries done, deep page"] += request_text("GET", f"/delivery-ms/delivered?before={before}", bearer)
    db.close()
    return asked


LISTS = ["orders, first page", "orders, deep page", "deliveries being made", "deliveries done, first page", "deliveries done, deep page"]


class House:
    """A server on a folder with `count` orders."""

    def __init__(self, count, stack):
        self.count = count
        self.folder = tempfile.mkdtemp(prefix="pesan-bench-")
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        accounts = prepare(self.folder, count)
        self.server = stack.enter_context(pesan(self.folder, keep=True))
        self.asked = requests(self.folder, self.server, accounts)
        self.found = {name: [] for name in LISTS}

    def ask(self, name, seconds):
        with tempfile.NamedTemporaryFile("w", newline="") as file:
            file.write(self.asked[name])
            file.flush()
            return http_load(self.server.port, 1, seconds, file.name)


def told(rows):
    p50, p99 = (statistics.median(r[field] for r in rows) / 1000 for field in ("p50_us", "p99_us"))
    return f"{p50:.2f} / {p99:.2f} ms"


def growth(rows, base):
    p50, p99 = (statistics.median(a[f] / b[f] for a, b in zip(rows, base)) for f in ("p50_us", "p99_us"))
    return f"{p50:.2f} / {p99:.2f}"


def table(counts, rounds, seconds):
    """Print p50 / p99 of each list at each number of orders, and their growth against the first."""
    with ExitStack() as stack:
        houses = [House(count, stack) for count in counts]
        for name in LISTS:
            for house in houses:
                house.ask(name, 1)
            for _ in range(rounds):
                for house in houses:
                    house.found[name].append(house.ask(name, seconds))
        heads = [f"{house.count:,} orders" for house in houses] + [f"growth to {house.count:,}" for house in houses[1:]]
        print("\n| a page of 50, p50 / p99 | " + " | ".join(heads) + " |\n" + "|---" * (len(heads) + 1) + "|")
        for name in LISTS:
            cells = [told(house.found[name]) for house in houses]
            cells += [growth(house.found[name], houses[0].found[name]) for house in houses[1:]]
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
