"""The section of docs/gpu-results.md between its markers. Pure."""

BEGIN = "<!-- gpu-proof: begin -->"
END = "<!-- gpu-proof: end -->"


def cell(text):
    """Text of others in a table: one line, no column of its own, no markup."""
    safe = "".join(character if character.isprintable() else " " for character in str(text))
    for character in "\\|<>`*_[]":
        safe = safe.replace(character, "\\" + character)
    return safe if len(safe) <= 600 else safe[:599] + "…"


def section(proof, rows):
    """What was not run first, then machine, driver and date, then every figure beside its goal."""
    left = [entry for entry in rows if entry["result"] == "not run"]
    missed = [entry for entry in rows if entry["result"] == "missed"]
    lines = []
    if left:
        lines += ["**Not run:**", ""]
        lines += [f"- {cell(entry['check'])}: {cell(entry['note'] or 'no reason known')}" for entry in left]
    else:
        lines.append("Everything was run.")
    lines.append("")
    if missed:
        lines += ["**Missed:** " + "; ".join(f"{cell(e['check'])}: {cell(e['value'])}" for e in missed) + ".", ""]
    machine = proof["machine"]
    lines += [f"- {name}: {cell(machine.get(key) or 'unknown')}" for name, key in (
        ("GPU", "gpu"), ("driver", "driver"), ("host", "host"), ("date", "date"), ("probe", "probe"), ("baseline", "baseline"),
    )]
    lines += ["", "| check | goal | figure | result | note |", "|---|---|---|---|---|"]
    for entry in rows:
        fields = [entry["check"], entry["goal"], entry["value"] or "–", entry["result"], entry["note"] or "–"]
        lines.append("| " + " | ".join(cell(field) for field in fields) + " |")
    return "\n".join(lines)


def replaced(page, text):
    """The page with `text` between its markers; a page without exactly one pair is an error."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"the page needs one {BEGIN} and one {END} after it")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
