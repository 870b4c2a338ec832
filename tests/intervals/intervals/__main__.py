"""`make intervals`: coverage of every interval, as a table in Markdown."""

import argparse

from intervals import STUDIES

parser = argparse.ArgumentParser(prog="make intervals", description="How often intervals hold known truths.")
parser.add_argument("seeds", nargs="?", type=int, help="of each; by default as many as the slow tests use")
parser.add_argument("--only", default="", metavar="TEXT", help="those with TEXT in their name")
options = parser.parse_args()
print("| interval | nominal | measured | seeds |\n|---|---|---|---|")
for study in STUDIES:
    if options.only in study.name:
        seeds = options.seeds or study.seeds
        share, error = study.coverage(seeds)
        print(f"| {study.name} | {study.nominal:g} | {share:.3f} ± {error:.3f} | {seeds:,} |", flush=True)
