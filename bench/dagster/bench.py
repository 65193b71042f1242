"""Run cases on Dagster and print their JSON lines: python bench.py [--all] [load] [run] [events] [partitions]"""

import importlib
import sys

CASES = ("load", "run", "events", "partitions")


def main():
    names = [arg for arg in sys.argv[1:] if arg != "--all"] or CASES
    for name in names:
        importlib.import_module(f"bench_{name}").main(every="--all" in sys.argv)


if __name__ == "__main__":
    main()
