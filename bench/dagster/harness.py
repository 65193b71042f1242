"""What the cases share: one JSON line per measurement, child processes, temporary instances.

A measurement is one line on stdout:

    {"case": "run/assets/chain", "n": 1000, "value": 6.1, "unit": "ms/step",
     "runs": [...], "median": 6.1, "min": 5.9, "max": 6.6, "load1": 0.4}

`value` repeats the median, so a reader that knows nothing else can take it.
`load1` is the machine's one-minute load average when the line was printed.
"""

import contextlib
import importlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Dagster's anonymous usage reports would add network waits to every run.
QUIET_YAML = "telemetry:\n  enabled: false\n"


def emit(case, n, runs, unit, **extra):
    """Print one measurement; `runs` are the repetitions, in the order they ran."""
    runs = [round(float(r), 6) for r in runs]
    median = statistics.median(runs)
    line = {
        "case": case,
        "n": n,
        "value": median,
        "unit": unit,
        "runs": runs,
        "median": median,
        "min": min(runs),
        "max": max(runs),
        "load1": round(os.getloadavg()[0], 2),
        **extra,
    }
    print(json.dumps(line), flush=True)
    return line


def emit_failure(case, n, reason):
    """Print a measurement that did not finish, so that a gap in a table is explained."""
    line = {"case": case, "n": n, "value": None, "unit": "", "runs": [], "failed": reason}
    print(json.dumps(line), flush=True)
    return line


class Watch:
    """`with Watch() as w:` measures its block: w.wall and w.cpu, in seconds.

    Quote both. On a machine that does other work the wall time is inflated; the CPU time is
    nearly not, and a ratio of CPU times is the one to trust there.
    """

    def __enter__(self):
        self._wall, self._cpu = time.perf_counter(), cpu_seconds()
        return self

    def __exit__(self, *_):
        self.wall = time.perf_counter() - self._wall
        self.cpu = cpu_seconds() - self._cpu


def cpu_seconds():
    """User and system time of this process and of the children it has waited for."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    kids = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + kids.ru_utime + kids.ru_stime


def peak_rss_mib():
    """Highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.contextmanager
def dagster_home(yaml=""):
    """A new DAGSTER_HOME with default SQLite storage, removed afterwards.

    BENCH_TMP chooses the parent folder (default: the system's temporary folder); it must be on
    a real disk, as a memory file system makes commits free.
    """
    home = tempfile.mkdtemp(prefix="bench-home-", dir=os.environ.get("BENCH_TMP"))
    Path(home, "dagster.yaml").write_text(QUIET_YAML + yaml)
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = home
    try:
        yield home
    finally:
        if before is None:
            os.environ.pop("DAGSTER_HOME", None)
        else:
            os.environ["DAGSTER_HOME"] = before
        shutil.rmtree(home, ignore_errors=True)


def child(function, args, timeout=600, env=None):
    """Call `module:function(**args)` in a new Python process and return its dict.

    Adds wall_s, cpu_s and peak_rss_mib of that process. Returns None after `timeout` seconds
    or when the process ends badly. The console log of Dagster goes to /dev/null: it is
    formatted and written, as in a terminal, but no terminal slows it.
    """
    out = tempfile.NamedTemporaryFile(prefix="bench-child-", suffix=".json", delete=False)
    out.close()
    command = [sys.executable, str(HERE / "harness.py"), function, out.name, json.dumps(args)]
    errors = open(os.environ.get("BENCH_STDERR", os.devnull), "a")
    start = time.perf_counter()
    try:
        code = subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            timeout=timeout,
            cwd=HERE,
            env={**os.environ, **(env or {})},
        ).returncode
        wall = time.perf_counter() - start
        result = json.loads(Path(out.name).read_text() or "null") if code == 0 else None
    except subprocess.TimeoutExpired:
        return None
    finally:
        errors.close()
        os.unlink(out.name)
    return result and {"wall_s": wall, **result}


def series(case_prefix, n, function, args, metrics, repeat=5, timeout=600):
    """Run `function` in `repeat` children and emit one line per metric.

    `metrics` maps a key of the child's dict to (case suffix, unit).
    """
    results = []
    for _ in range(repeat):
        result = child(function, args, timeout=timeout)
        if result is None:
            emit_failure(case_prefix, n, f"no result within {timeout} s or process failed")
            break
        results.append(result)
    if results:
        for key, (suffix, unit) in metrics.items():
            emit(case_prefix + suffix, n, [r[key] for r in results], unit)
    return results


def _child_main():
    name, out, kwargs = sys.argv[1:4]
    module, function = name.split(":")
    sys.path.insert(0, str(HERE))
    result = getattr(importlib.import_module(module), function)(**json.loads(kwargs))
    result.setdefault("cpu_s", cpu_seconds())
    result.setdefault("peak_rss_mib", peak_rss_mib())
    Path(out).write_text(json.dumps(result))


if __name__ == "__main__":
    _child_main()
