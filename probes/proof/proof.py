#!/usr/bin/env python3
"""The whole proof on one GPU: kernels, a run, the card's own best beside ours, and the page. See README.md.

Exit codes: 0 every goal is met, 65 a goal is missed, 69 a goal was not run, 64 wrong usage.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import queue
import signal
import subprocess
import sys
import threading
import time

import figures
import page

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "gpu-results.md"
SIZE = 8192
GRIDS = (1, 2, 3, 4, 6, 8, 16)
# A kernel that hangs is ended by the probe after a minute; several of them are ended here.
LIMITS = {"models": 20, "kernels": 150, "kernels_ptx": 240, "exact": 240, "run": 240, "timing": 60, "baseline": 120}


class Steps:
    """Commands one after the other, each with a time limit, none after the budget is spent."""

    def __init__(self, probe, device, budget):
        self.probe, self.device = probe, device
        self.end = time.monotonic() + budget
        self.done = {}

    def left(self):
        return self.end - time.monotonic()

    def run(self, name, arguments, limit):
        """Runs the probe; keeps its JSON, or why there is none."""
        limit = min(LIMITS[limit], self.left())
        step = {"command": " ".join(["gridproof-probe", *arguments]), "answer": None, "reason": None, "exit": None}
        self.done[name] = step
        if limit < 1:
            step["reason"] = "the time of the proof was over"
            return step
        began = time.monotonic()
        print(f"{name}: {step['command']}", file=sys.stderr, flush=True)
        try:
            child = subprocess.Popen(
                [self.probe, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            step["reason"] = f"the probe does not start: {error}"
            return step
        try:
            out, errors = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            end(child)
            step["reason"] = f"no end within {limit:.0f} s"
            return step
        step["seconds"], step["exit"] = round(time.monotonic() - began, 2), child.returncode
        take(step, out, errors)
        print(f"  exit {step['exit']} after {step['seconds']} s", file=sys.stderr, flush=True)
        return step


def end(child):
    """Ends a child and what it started; workers of the probe die with it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.communicate()


def take(step, out, errors):
    """Standard output is one JSON object, whatever the exit code; else the last words of standard error say why not."""
    try:
        step["answer"] = json.loads(out)
    except ValueError:
        words = errors.decode(errors="replace").strip().splitlines()
        said = next((line for line in reversed(words) if line.startswith("error: ")), words[-1] if words else "no words")
        step["reason"] = f"exit {step['exit']}: {said.removeprefix('error: ')}"


class Baseline:
    """The other program, kept beside the probe."""

    def __init__(self, device, limit):
        self.child = subprocess.Popen(
            [sys.executable, str(HERE / "baseline.py"), str(device)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, start_new_session=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        first = self.next(limit)
        self.name, self.reason = first.get("ready"), first.get("not_run")

    def listen(self):
        for line in self.child.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def next(self, limit):
        """Its next JSON object. Lines that are none (libraries print) are passed over."""
        until = time.monotonic() + limit
        while True:
            try:
                line = self.lines.get(timeout=max(0.1, until - time.monotonic()))
            except queue.Empty:
                return {"not_run": f"the baseline does not answer within {limit:.0f} s"}
            if line is None:
                return {"not_run": "the baseline ended early"}
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found

    def rates(self, seconds, limit):
        try:
            self.child.stdin.write(f"{SIZE} {seconds}\n")
            self.child.stdin.flush()
        except OSError:
            return {"not_run": "the baseline ended early"}
        return self.next(limit)

    def close(self):
        end(self.child)


def in_turns(steps, device, rounds, seconds):
    """ABAB on one card: ours, theirs, ours, theirs."""
    common = ["kernels", "--device", str(device), "--quiet", "--json", "--time", "bf16"]
    done, baseline = [], Baseline(device, min(LIMITS["baseline"], max(1, steps.left())))
    told = {"name": baseline.name, "reason": baseline.reason}
    try:
        for number in range(1, rounds + 1) if baseline.name else ():
            ours = steps.run(f"ours_{number}", [*common, "--size", str(SIZE), "--seconds", str(seconds)], "timing")
            theirs = baseline.rates(seconds, min(LIMITS["timing"], max(1, steps.left())))
            if "not_run" in theirs:
                told["reason"] = theirs["not_run"]
                break
            values = (ours["answer"] or {}).get("rate", {}).get("values")
            if not values:
                told["reason"] = f"ours: {ours['reason']}"
                continue
            done.append({"ours": values, "theirs": theirs})
    finally:
        baseline.close()
    return done, told


def peak(steps):
    """Peak bandwidth of the model that the GPU is, by the probe's own table."""
    table, run = steps.done["models"]["answer"], steps.done["run"]["answer"]
    if not table or not run or not run.get("gpus"):
        return None, "no model, because the run gave no report"
    identity = run["gpus"][0].get("verdict", {}).get("identity", {})
    key = identity.get("claimed") or identity.get("best_fit")
    value = table.get(key, {}).get("bandwidth_gbps", {}).get("value") if key else None
    return value, None if value else f"the table of models has no peak for {key or 'this GPU'}"


def machine(proof, steps):
    run, kernels = steps.done["run"]["answer"] or {}, steps.done["kernels"]["answer"] or {}
    gpu = run["gpus"][0]["inventory"] if run.get("gpus") else {}
    driver = run.get("driver", {})
    cuda = driver.get("cuda_version") or kernels.get("cuda_version")
    said = f"{driver.get('version') or 'version unknown'} (CUDA {cuda // 1000}.{cuda % 1000 // 10})" if cuda else None
    name = gpu.get("name") or kernels.get("gpu")
    count = gpu.get("multiprocessors") or kernels.get("multiprocessors")
    return {
        "gpu": f"{name}, {count} multiprocessors, {gpu.get('memory_total_bytes', 0) / 2**30:.1f} GiB" if name else None,
        "driver": said,
        "host": f"{platform.system()} {platform.release()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "probe": run.get("probe_version") or kernels.get("probe_version"),
        "baseline": proof["baseline"]["name"] or f"none: {proof['baseline']['reason']}",
    }


def prove(options):
    steps = Steps(options.probe, options.device, options.budget)
    device = ["--device", str(options.device)]
    check = ["kernels", *device, "--quiet", "--json"]
    steps.run("models", ["models", "--json"], "models")
    steps.run("kernels", check, "kernels")
    steps.run("run", ["run", "--quick", *device, "--quiet", "--json"], "run")
    rounds, told = in_turns(steps, options.device, options.rounds, options.seconds)
    # All products, not only exact ones: a kernel without a large case costs a second.
    steps.run("exact", [*check, "--only", "gemm", "--large"], "exact")
    short = str(min(1.0, options.seconds))
    for grid in GRIDS:
        steps.run(f"read_{grid}", [*check, "--time", "read", "--blocks-per-sm", str(grid), "--seconds", short], "timing")
    for data in ("normal", "integers", "zeros"):
        steps.run(f"data_{data}", [*check, "--time", "bf16", "--data", data, "--seconds", short], "timing")
    # Last: the driver compiles its code, for which nobody knows how long that takes.
    steps.run("kernels_ptx", [*check, "--image", "compute_80"], "kernels_ptx")
    proof = {"schema": "gridproof.gpu-proof.v1", "rounds": rounds, "baseline": told, "steps": steps.done}
    proof["peak_gbps"], proof["peak_reason"] = peak(steps)
    proof["machine"] = machine(proof, steps)
    proof["rows"] = figures.all_rows(proof)
    return proof


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__.splitlines()[-1])
    parser.add_argument("--probe", default="gridproof-probe", help="the probe's binary [default: from PATH]")
    parser.add_argument("--device", type=int, default=0, help="GPU in CUDA_VISIBLE_DEVICES order")
    parser.add_argument("--rounds", type=int, default=5, help="turns of ours and the baseline")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each, after a second of warm-up")
    parser.add_argument("--budget", type=float, default=570.0, help="seconds for everything; what is left over is not run")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("gpu-proof.json"), help="JSON of all steps")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the section alone to this file")
    parser.add_argument("--page", type=pathlib.Path, help=f"page whose section is written, such as {PAGE.name}")
    try:
        return parser.parse_args()
    except SystemExit as stop:
        sys.exit(64 if stop.code else 0)


def main():
    options = arguments()
    # Told now, not after ten minutes: where the answers go must be there.
    known = options.page.read_text() if options.page else None
    if known is not None:
        page.replaced(known, "")
    proof = prove(options)
    text = page.section(proof, proof["rows"])
    options.output.write_text(json.dumps(proof, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(text + "\n")
    print(text)
    if options.page and figures.is_anything_shown(proof["rows"]):
        options.page.write_text(page.replaced(known, text))
    elif options.page:
        print(f"\nNothing was measured: {options.page} is left as it was.", file=sys.stderr)
    sys.exit(figures.code(proof["rows"]))


if __name__ == "__main__":
    main()
