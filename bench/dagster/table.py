"""Print the JSON lines of two sides as a Markdown table, joined by case, n and unit.

    python table.py ../out/dagster.jsonl ../out/ours.jsonl

The ratio says how many times better ours is: less time and memory, or more events per second.
"""

import json
import sys
from pathlib import Path


def read(path):
    lines = (json.loads(text) for text in Path(path).read_text().splitlines() if text.startswith("{"))
    return {(line["case"], line["n"], line["unit"]): line for line in lines}


def number(value):
    if value is None:
        return "-"
    if value and abs(value) < 0.1:
        return f"{value:.2g}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def figure(line):
    if line is None:
        return "-"
    if line["value"] is None:
        return line["failed"]
    spread = f" ({number(line['min'])}-{number(line['max'])})" if len(line["runs"]) > 1 else ""
    return number(line["value"]) + spread


def ratio(theirs, ours):
    if not theirs or not ours or not theirs["value"] or not ours["value"] or theirs["unit"] == "events":
        return ""
    times = theirs["value"] / ours["value"]
    return number(1 / times if theirs["unit"].endswith("/s") else times)


def main():
    theirs, ours = read(sys.argv[1]), read(sys.argv[2])
    print("| case | n | unit | Dagster | ours | ratio |\n|-|-:|-|-:|-:|-:|")
    for key in dict.fromkeys([*theirs, *ours]):
        case, n, unit = key
        left, right = theirs.get(key), ours.get(key)
        print(f"| {case} | {n:,} | {unit} | {figure(left)} | {figure(right)} | {ratio(left, right)} |")


if __name__ == "__main__":
    main()
