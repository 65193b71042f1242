"""Case events: the event log on SQLite (default: one database file per run, WAL, one commit per event).

  events/append/step/1          1 process appends n step events to one run
  events/append/step/4          4 processes, each n events to its own run (own file)
  events/append/asset/1, /4     the same with asset materializations, which are also written
                                to the one shared index file
  events/read                   all events of a run of n events, in pages of 1000
  events/read/tail              the last 100 of them, by cursor
"""

import sqlite3
import subprocess
import sys
import time
import uuid
from pathlib import Path

from harness import HERE, Watch, dagster_home, emit


def step_event(run_id, i, kind):
    import dagster as dg
    from dagster._core.events import (
        DagsterEvent,
        DagsterEventType,
        StepMaterializationData,
        StepSuccessData,
    )

    if kind == "asset":
        data = StepMaterializationData(dg.AssetMaterialization(f"asset_{i % 100}"))
        event_type = DagsterEventType.ASSET_MATERIALIZATION
    else:
        data = StepSuccessData(duration_ms=1.5)
        event_type = DagsterEventType.STEP_SUCCESS
    step = f"step_{i}"
    return dg.EventLogEntry(
        error_info=None,
        level=10,
        user_message="",
        run_id=run_id,
        timestamp=time.time(),
        step_key=step,
        job_name="bench_job",
        dagster_event=DagsterEvent(
            event_type_value=event_type.value,
            job_name="bench_job",
            step_key=step,
            event_specific_data=data,
            message=f'Finished execution of step "{step}" in 1.5ms.',
        ),
    )


def append(n, kind):
    """Append n events to a new run of the instance in DAGSTER_HOME; return (run id, Watch)."""
    import dagster as dg

    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance:
        instance.handle_new_event(step_event(run_id, 0, kind))  # opens and migrates the file
        with Watch() as watch:
            for i in range(1, n + 1):
                instance.handle_new_event(step_event(run_id, i, kind))
    return run_id, watch


def writers(count, n, kind):
    """Rate of `count` processes that start together; each prints its own begin and end."""
    code = (
        "import sys; sys.path.insert(0, '.'); import time, dagster, bench_events\n"
        "sys.stdin.readline(); t = time.time()\n"
        f"_, w = bench_events.append({n}, {kind!r}); print(time.time() - w.wall, time.time(), w.cpu)"
    )
    kids = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=HERE,
            text=True,
        )
        for _ in range(count)
    ]
    time.sleep(2 + count)  # all have imported dagster
    for kid in kids:
        kid.stdin.write("go\n")
        kid.stdin.flush()
    out = [kid.communicate()[0].split() for kid in kids]
    spans = [tuple(map(float, o)) for o in out if len(o) == 3]
    done = len(spans) * n
    wall = max(s[1] for s in spans) - min(s[0] for s in spans)
    return {
        "rate": done / wall,
        "cpu_us": sum(s[2] for s in spans) / done * 1e6,
        "failed": count - len(spans),
    }


def grow(home, run_id, n):
    """Copy the rows of a run's file until it holds n: same content, faster than n commits."""
    with sqlite3.connect(Path(home, "history", "runs", run_id + ".db")) as db:
        columns = [r[1] for r in db.execute("PRAGMA table_info(event_logs)") if r[1] != "id"]
        names = ", ".join(columns)
        have = db.execute("SELECT count(*) FROM event_logs").fetchone()[0]
        while have < n:
            take = min(have, n - have)
            db.execute(
                f"INSERT INTO event_logs ({names}) SELECT {names} FROM event_logs LIMIT {take}"
            )
            have += take


def main(every, repeat=3):
    n, read_n = (4000, 100_000) if every else (1000, 20_000)
    import dagster as dg

    from bench_run import count_events

    for kind in ("step", "asset"):
        for count in (1, 4):
            runs = []
            for _ in range(repeat):
                with dagster_home():
                    with dg.DagsterInstance.get():
                        pass  # create the shared files before the writers race for them
                    runs.append(writers(count, n // count, kind))
            name = f"events/append/{kind}/{count}"
            failed = [r["failed"] for r in runs]
            emit(name, n, [r["rate"] for r in runs], "events/s", failed_writers=failed)
            emit(name + "/cpu", n, [r["cpu_us"] for r in runs], "cpu us/event")

    with dagster_home() as home:
        run_id, _ = append(1000, "step")
        grow(home, run_id, read_n)
        with dg.DagsterInstance.get() as instance:
            walls, cpus, tails = [], [], []
            for _ in range(repeat):
                with Watch() as watch:
                    assert count_events(instance, run_id) == read_n
                walls.append(read_n / watch.wall)
                cpus.append(watch.cpu / read_n * 1e6)
                cursor = _cursor(read_n - 100)
                with Watch() as watch:
                    page = instance.get_records_for_run(run_id, cursor=cursor, limit=1000)
                assert len(page.records) == 100
                tails.append(watch.wall * 1e3)
            emit("events/read", read_n, walls, "events/s")
            emit("events/read/cpu", read_n, cpus, "cpu us/event")
            emit("events/read/tail", read_n, tails, "ms")


def _cursor(event_id):
    from dagster._core.storage.event_log.base import EventLogCursor

    return EventLogCursor.from_storage_id(event_id).to_string()
