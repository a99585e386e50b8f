"""From what the steps answered to figures beside their goals. Pure: JSON in, rows out.

A row: check, goal (text), value (text or None), result ("met", "missed", "not run", "shown"), note. What could not be
computed is "not run" with the reason, never a pass.
"""

GOAL_PRODUCT, GOAL_READ, GOAL_COPY, GOAL_MEMORY = 0.95, 0.94, 0.89, 0.97


def median(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def row(check, goal, value=None, met=None, note=""):
    """A figure; without `met` it is only shown, without `value` it was not run."""
    if value is None:
        result = "not run"
    else:
        result = "shown" if met is None else ("met" if met else "missed")
    return {"check": check, "goal": goal, "value": value, "result": result, "note": note}


def reason(step):
    return (step or {}).get("reason") or "no answer"


def answer(step):
    """The JSON of a step that answered; None otherwise."""
    return (step or {}).get("answer")


def measured(gpu, name):
    """Result of a measurement, and why there is none."""
    part = (gpu or {}).get("measurements", {}).get(name) or {}
    if part.get("status") == "measured":
        return part["result"], ""
    return None, part.get("reason") or part.get("error") or "not in the report"


def kernels(steps, name, check):
    step = steps.get(name)
    found = answer(step)
    if not found:
        return row(check, "bit for bit, or within rounding", note=reason(step))
    lines = found["kernels"]
    count = {verdict: sum(line["verdict"] == verdict for line in lines) for verdict in ("right", "wrong", "failed", "not_run")}
    bad = [f"{line['kernel']}: {line['difference']}" for line in lines if line["verdict"] in ("wrong", "failed")]
    left = [f"{line['kernel']} not run: {line['difference']}" for line in lines if line["verdict"] == "not_run"]
    if not count["right"] and not bad:
        return row(check, "bit for bit, or within rounding", note="; ".join(left) or "no kernel ran")
    value = f"{count['right']} right, {count['wrong']} wrong, {count['failed']} failed, {count['not_run']} not run"
    return row(check, "bit for bit, or within rounding", value, not bad, "; ".join(bad + left))


def product(rounds, baseline, verified_names=("tn", "nn")):
    """The median of the rounds' ratios; each against the faster layout of that round."""
    check, goal = "bf16 product at 8192³ over the baseline of the same card", f"{GOAL_PRODUCT:.0%}"
    complete = [r for r in rounds if r.get("ours") and r.get("theirs")]
    if not complete:
        return row(check, goal, note=(baseline or {}).get("reason") or "no round was completed")
    pairs = [(median(r["ours"]), max(median(r["theirs"][name]) for name in verified_names)) for r in complete]
    ratios = [ours / theirs for ours, theirs in pairs]
    value = f"{median(ratios):.1%}: {median([p[0] for p in pairs]):.0f} over {median([p[1] for p in pairs]):.0f} TFLOP/s"
    note = f"{baseline['name']}; {len(complete)} rounds in turn: " + ", ".join(f"{ratio:.1%}" for ratio in ratios)
    return row(check, goal, value, median(ratios) >= GOAL_PRODUCT, note)


def bandwidths(gpu, peak, why):
    bandwidth, missing = measured(gpu, "bandwidth")
    for name, goal in (("read", GOAL_READ), ("copy", GOAL_COPY)):
        check = f"{name} bandwidth over peak"
        if bandwidth is None or not peak:
            yield row(check, f"{goal:.0%}", note=missing or why)
            continue
        rate = bandwidth[name]["median"]
        met = rate / peak >= goal and bandwidth["checksum_ok"]
        note = "" if bandwidth["checksum_ok"] else "the checksum of what was read is wrong"
        yield row(check, f"{goal:.0%}", f"{rate / peak:.1%}: {rate:.0f} of {peak:.0f} GB/s", met, note)


def census(gpu):
    found, missing = measured(gpu, "census")
    check, goal = "census", "equals the multiprocessors"
    if found is None:
        return row(check, goal, note=missing)
    seen, said = len(found["sm_ids"]), gpu["inventory"].get("multiprocessors")
    return row(check, goal, f"{seen} of {said}", seen == said)


def exact(gpu, steps):
    """Every bit at 2048³ by the check of kernels, and Freivalds' check of the run."""
    check, goal = "exact products equal the CPU's", "bit-identical"
    found, missing = measured(gpu, "exact")
    step = answer(steps.get("exact"))
    if not step:
        return row(check, goal, note=reason(steps.get("exact")))
    shape = "2048x2048x2048"
    large = [line for line in step["kernels"] if any(s.startswith(shape) for s in line["shapes"])]
    wrong = [line["kernel"] for line in step["kernels"] if line["verdict"] in ("wrong", "failed")]
    if not large and not wrong:
        return row(check, goal, note="no exact kernel ran at 2048³")
    notes = [f"wrong: {', '.join(wrong)}"] if wrong else []
    passed = not wrong
    if found is None:
        notes.append(f"not in the run: {missing}")
    else:
        bad = [case["precision"] for case in found["cases"] if not (case["correct"] and case["complete"])]
        passed = passed and not bad
        notes.append(f"wrong in the run: {', '.join(bad)}" if bad else f"{len(found['cases'])} more in the run by Freivalds' check")
    names = ", ".join(line["kernel"].removeprefix("gp_gemm_") for line in large)
    return row(check, goal, f"{len(large)} kernels at 2048³ ({names})", passed, "; ".join(notes))


def memory(gpu):
    found, missing = measured(gpu, "capacity")
    check, goal = "memory filled and read back", f"{GOAL_MEMORY:.0%} of what is free"
    if found is None:
        return row(check, goal, note=missing)
    share = found["verified_bytes"] / found["free_bytes"]
    met = share >= GOAL_MEMORY and found["mismatched_words"] == 0
    note = f"{found['mismatched_words']} words differ" if found["mismatched_words"] else ""
    return row(check, goal, f"{share:.2%}: {found['verified_bytes'] / 1e9:.1f} GB", met, note)


def heartbeat(gpu):
    found, missing = measured(gpu, "heartbeat")
    if found is None:
        return row("gaps on an idle GPU", "shown", note=missing)
    longest = max((sm["max_ns"] for sm in found["sms"]), default=0)
    value = f"{found['gap_share']:.3%} of {found['seconds']:.0f} s lost, longest {longest / 1e3:.1f} µs"
    return row("gaps on an idle GPU", "shown", value)


def timing(steps, name, check):
    """A step that timed one kernel, as information."""
    found = answer(steps.get(name))
    if not found:
        return row(check, "shown", note=reason(steps.get(name)))
    rate = found["rate"]
    clock = f" at {found['sm_clock_mhz']:.0f} MHz" if found.get("sm_clock_mhz") else ""
    return row(check, "shown", f"{rate['median']:.0f} {rate['unit']}{clock}")


def all_rows(proof):
    steps, run = proof["steps"], answer(proof["steps"].get("run"))
    gpu = run["gpus"][0] if run and run.get("gpus") else None
    absent = {"measurements": {}} if gpu is None else gpu
    rows = [
        kernels(steps, "kernels", "every kernel at small size equals its CPU model"),
        kernels(steps, "kernels_ptx", "the same for the intermediate code (compute_80)"),
        product(proof["rounds"], proof["baseline"]),
        *bandwidths(absent, proof.get("peak_gbps"), proof.get("peak_reason") or "no peak is known"),
        census(absent),
        exact(absent, steps),
        memory(absent),
        heartbeat(absent),
    ]
    if gpu is None:
        for entry in rows:
            if entry["note"] == "not in the report":
                entry["note"] = f"run: {reason(steps.get('run'))}"
    for name in steps:
        if name.startswith("read_"):
            rows.append(timing(steps, name, f"gp_read by {name.removeprefix('read_')} blocks a multiprocessor"))
        if name.startswith("data_"):
            rows.append(timing(steps, name, f"bf16 product of {name.removeprefix('data_')} data"))
    return rows


def is_anything_shown(rows):
    """Whether any figure came: a page keeps its last results rather than take a section without one."""
    return any(entry["result"] != "not run" for entry in rows)


def code(rows):
    """65 for a missed goal, 69 where a goal was not run, else 0."""
    judged = [entry for entry in rows if entry["goal"] != "shown"]
    if any(entry["result"] == "missed" for entry in judged):
        return 65
    return 69 if any(entry["result"] == "not run" for entry in judged) else 0
