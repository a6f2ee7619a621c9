#!/usr/bin/env python3
"""run.py - runs the stages of ./test one after another, shows each one's progress, counts their tests.

The last line is `N passed, N failed` (`, N skipped`); exit status 0 only when nothing failed.
"""
import os
import re
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ASAN = ["-Dbuildtype=debug", "-Db_sanitize=address,undefined", "-Db_lundef=false"]
TSAN = ["-Dbuildtype=debug", "-Db_sanitize=thread", "-Db_lundef=false"]
FUZZ = ["-Dbuildtype=debug", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dfuzz=true"]
THREADED = ["loop", "db", "journal", "net", "app", "account", "notify", "chat"]
FUZZ_SECONDS = 5
MEMORY = ["tests/live/flood.test.js"]  # sanitizers keep what was freed, so there its bounds are not looked at
DUTIES = ["tests/protocol/http.test.js", "tests/protocol/websocket.test.js"]

counts = {"passed": 0, "failed": 0, "skipped": 0}
failures = []
telling = threading.Lock()
lane = threading.local()  # .patient: what this thread runs gives way to what others wait for


def shell(command, env=None, timeout=1500):
    """Run a command, output to a string; a command past its time counts as failed."""
    patient = ["nice", "-n", "10"] if getattr(lane, "patient", False) else []
    try:
        done = subprocess.run([*patient, *command], cwd=ROOT, env={**os.environ, **(env or {})}, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return 124, (output if isinstance(output, str) else output.decode(errors="replace")) + "\ntimed out"


def report(name, passed, failed, skipped, output, started):
    with telling:
        counts["passed"] += passed
        counts["failed"] += failed
        counts["skipped"] += skipped
        word = "ok" if failed == 0 else "FAILED"
        skip = f", {skipped} skipped" if skipped else ""
        print(f"{word:7}{name}: {passed} passed{skip} ({time.time() - started:.0f} s)", flush=True)
        if failed:
            failures.append(name)
            print(output[-12000:], flush=True)


def together(*lanes):
    """Run lists of stages side by side, each stage a function: those that mostly wait share the machine's cores."""
    def follow(stages):
        for stage in stages:
            try:
                stage()
            except Exception as fault:  # of ours: it must not pass for a lane that has nothing to say
                report("a lane of ./test", 0, 1, 0, repr(fault), time.time())
    threads = [threading.Thread(target=follow, args=(stages,)) for stages in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def check(name, command, **more):
    """A stage that is one yes or no."""
    started = time.time()
    code, output = shell(command, **more)
    report(name, int(code == 0), int(code != 0), 0, output, started)
    return code == 0


def skip(name, why):
    counts["skipped"] += 1
    print(f"skipped {name}: {why}", flush=True)


def unit_tests(name, folder, suites):
    """Meson's tests of one build folder; each test program counts as one."""
    started = time.time()
    command = ["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs"]
    for suite in suites:
        command += ["--suite", suite]
    env = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
           "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"}
    code, output = shell(command, env=env)
    number = {k: int(v) for k, v in re.findall(r"^(Ok|Fail|Timeout|Skipped):\s+(\d+)", output, re.M)}
    failed = number.get("Fail", 0) + number.get("Timeout", 0)
    if code and not failed:
        failed = 1
    report(name, number.get("Ok", 0), failed, number.get("Skipped", 0), output, started)


def node_tests(name, files, env=None, timeout=2400):
    """node:test files, each in a process of its own."""
    if not files:
        return
    started = time.time()
    code, output = shell(["node", "--test", "--test-concurrency=1", "--test-force-exit", "--test-reporter=tap", *files],
                         env=env, timeout=timeout)
    number = {k: int(v) for k, v in re.findall(r"^# (pass|fail|cancelled|skipped|todo) (\d+)", output, re.M)}
    failed = number.get("fail", 0) + number.get("cancelled", 0)
    if code and not failed:
        failed = 1
    told = "\n".join(focus(output)) if failed else ""
    report(name, number.get("pass", 0), failed, number.get("skipped", 0), told, started)
    for line in re.findall(r"^.*# SKIP.*$", output, re.M):
        print("        " + line.strip(), flush=True)


def focus(tap):
    """The failing tests of a TAP stream with what belongs to them: of a long log the beginning and the end."""
    lines = tap.splitlines()
    for at, line in enumerate(lines):
        if not line.lstrip().startswith("not ok"):
            continue
        end = next((i for i in range(at, len(lines)) if lines[i].strip() == "..."), len(lines) - 1)
        told = lines[at:end + 1]
        yield from told if len(told) <= 80 else [*told[:25], "...", *told[-50:]]


def test_files(folder):
    path = os.path.join(ROOT, "tests", folder)
    if not os.path.isdir(path):
        return []
    return [os.path.join("tests", folder, f) for f in sorted(os.listdir(path)) if f.endswith(".test.js")]


def c_files():
    tracked = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "src", "tests", "bench"], cwd=ROOT,
                             text=True, stdout=subprocess.PIPE, check=True).stdout.split()
    return [f for f in tracked if f.endswith((".c", ".h")) and "/tbl/" not in f]


def fuzz_all(folder):
    """Each fuzz target for some seconds, from its corpus, new finds in a temporary folder."""
    for target in sorted(f for f in os.listdir(os.path.join(ROOT, folder)) if f.endswith("_fuzz")):
        finds = f"/tmp/pesan-fuzz-{os.getpid()}-{target}"
        os.makedirs(finds, exist_ok=True)
        check(f"fuzz {target} {FUZZ_SECONDS} s",
              [f"{folder}/{target}", f"-max_total_time={FUZZ_SECONDS}", "-rss_limit_mb=2048",
               f"-artifact_prefix={finds}/", finds, f"tests/fuzz/corpus/{target}"])


def node_packages():
    """The JavaScript libraries of the tests, from their lock file."""
    marker = os.path.join(ROOT, "tests/node_modules/.package-lock.json")
    lock = os.path.join(ROOT, "tests/package-lock.json")
    if os.path.exists(marker) and os.path.getmtime(marker) >= os.path.getmtime(lock):
        return True
    return check("libraries of the tests", ["npm", "ci", "--prefix", "tests", "--loglevel=error"])


def duties():
    if node_packages():
        node_tests("rules of the house", test_files("house"), {"PESAN_BUILD": "build-asan"})
        node_tests("protocol duties", test_files("protocol"), {"PESAN_BUILD": "build-asan"})
        node_tests("protocol duties, real server", DUTIES, {"PESAN_BUILD": "build-asan", "PESAN_SUBJECT": "pesan"})


def fast():
    check("clang-format", ["clang-format", "--dry-run", "-Werror", *c_files()])
    check("arrows", ["tests/arrows"])
    check("web application", ["packaging/web"])
    built = check("build with ASan and UBSan", ["packaging/build", "build-asan", *ASAN])
    together([lambda: unit_tests("unit tests, ASan and UBSan", "build-asan", [])] if built else [], [duties])


def real_server(build, loops):
    name = f"real server{' under TSan' if 'tsan' in build else ''}, --loops {loops}"
    node_tests(name, test_files("live"), {"PESAN_BUILD": build, "PESAN_LOOPS": str(loops)})


def with_clang():
    if check("build with clang, fuzz targets", ["packaging/build", "build-fuzz", *FUZZ], env={"CC": "clang"}):
        fuzz_all("build-fuzz")
        check("unit tests read by clang", ["packaging/clang-tests"])
    check("clang-tidy", ["packaging/tidy"])


def give_way():
    lane.patient = True


def full():
    """The real server with one loop under ASan and with three under TSan, the browser on the binary as it is shipped."""
    lanes = [[give_way]]
    threads = []  # they know the clock, and do not give way
    if check("build with TSan", ["packaging/build", "build-tsan", *TSAN]):
        lanes.append([lambda: real_server("build-tsan", 3)])
        threads = [lambda: unit_tests("threads' unit tests, TSan", "build-tsan", THREADED)]
    if check("build with gcc, release", ["packaging/build", "build"]):
        lanes.append([lambda: node_tests("real browser", test_files("browser"), {"PESAN_BUILD": "build"}),
                      lambda: node_tests("memory of the real server", MEMORY, {"PESAN_BUILD": "build"})])
    lanes.append([*threads, lambda: real_server("build-asan", 1)])
    lanes[0] += [lambda: check("web application's own tests", ["npm", "test", "--prefix", "web", "--silent"]), with_clang]
    together(*lanes)


def main():
    started = time.time()
    os.chdir(ROOT)
    fast()
    if "--fast" not in sys.argv:
        full()
    minutes, seconds = divmod(int(time.time() - started), 60)
    print(f"\n{minutes} min {seconds} s" + (f"; failed: {', '.join(failures)}" if failures else ""))
    tail = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['passed']} passed, {counts['failed']} failed{tail}")
    sys.exit(1 if counts["failed"] else 0)


main()
