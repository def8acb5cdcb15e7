"""Run the steps of `make test` one after the other, all of them even where one fails, and end with a summary.

Each step is the target `check-<step>` of the Makefile. What it prints goes to build/results/<step>.log, and to the
terminal where it fails; results of ctest and pytest are read from build/results/<step>.xml.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

RESULTS = Path("build/results")
LAST_LINES = 400


@dataclass
class Step:
    """What came of a step; counts are tests, or 1 for a step that is one check."""

    name: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        if self.failed:
            return "FAILED"
        return "passed" if self.passed else "skipped"


def read_junit(path: Path, step: Step) -> None:
    """Add the tests in a JUnit file to a step; ctest and pytest both write such files."""
    for case in ElementTree.parse(path).iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            step.failed += 1
        elif skipped is not None:
            printed = (case.findtext("system-out") or "").strip()
            reason = printed.splitlines()[-1] if printed else skipped.get("message", "no reason was printed")
            step.skipped.append(f"{case.get('name')}: {reason}")
        else:
            step.passed += 1


def hear_interrupts() -> None:
    """A shell in the background hands SIGINT down ignored, and the tests of Ctrl-C would wait for nothing."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_step(make: str, name: str) -> Step:
    """Run a step and count what came of it."""
    log, junit = RESULTS / f"{name}.log", RESULTS / f"{name}.xml"
    junit.unlink(missing_ok=True)
    print(f"{name:12}", end="", flush=True)
    start = time.monotonic()
    with log.open("w") as output:
        status = subprocess.run(
            [make, "--no-print-directory", f"check-{name}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=hear_interrupts,
        ).returncode
    step = Step(name, time.monotonic() - start)
    lines = log.read_text(errors="replace").splitlines()
    reasons = [line.removeprefix("SKIPPED: ") for line in lines if line.startswith("SKIPPED: ")]
    step.skipped += [f"{name}: {reason}" for reason in reasons]
    if junit.exists():
        read_junit(junit, step)
    elif status == 0 and not reasons:
        step.passed = 1
    if status != 0 and step.failed == 0:
        step.failed = 1
    print(f"{step.result:8}{step.seconds:6.0f} s", flush=True)
    if step.failed:
        print(*lines[-LAST_LINES:], f"---- the last lines of {log}", sep="\n", flush=True)
    return step


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the steps of `make test` and end with a summary.")
    parser.add_argument("--make", default="make", help="the make to run (default: make)")
    parser.add_argument("steps", nargs="+", help="steps, such as format or release")
    options = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    steps = [run_step(options.make, name) for name in options.steps]

    print("\nstep        result    passed  failed  skipped  seconds")
    for step in steps:
        counts = f"{step.passed:6}  {step.failed:6}  {len(step.skipped):7}"
        print(f"{step.name:12}{step.result:10}{counts}  {step.seconds:7.0f}")
    skipped = [reason for step in steps for reason in step.skipped]
    if skipped:
        print("\nskipped:", *skipped, sep="\n  ")
    failed = sum(step.failed for step in steps)
    print(f"\n{sum(step.passed for step in steps)} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
