"""Rules of figures and page. Run: python3 -m unittest discover -s probes/proof"""

import unittest

import figures
import page


def step(answer):
    return {"answer": answer, "reason": None}


def line(kernel, verdict, shapes=(), difference=None):
    return {"kernel": kernel, "verdict": verdict, "shapes": list(shapes), "difference": difference}


def part(**result):
    return {"status": "measured", "result": result}


def proof(read=3200.0, theirs=800.0):
    gpu = {
        "inventory": {"multiprocessors": 132},
        "measurements": {
            "bandwidth": part(read={"median": read}, copy={"median": 3033.0}, checksum_ok=True),
            "census": part(sm_ids=list(range(132))),
            "exact": part(cases=[{"precision": "bf16", "correct": True, "complete": True}]),
            "capacity": part(verified_bytes=99, free_bytes=100, mismatched_words=0),
            "heartbeat": part(sms=[{"max_ns": 900}], gap_share=0.0, seconds=2.0),
        },
    }
    right = step({"kernels": [line("gp_gemm_bf16_f32", "right", ["2048x2048x2048 integers"])]})
    names = ("gpu", "driver", "host", "date", "probe", "baseline")
    return {
        "steps": {"kernels": right, "kernels_ptx": right, "exact": right, "run": step({"gpus": [gpu]})},
        "rounds": [{"ours": [780.0], "theirs": {"tn": [theirs], "nn": [700.0]}}] * 5,
        "baseline": {"name": "torch", "reason": None},
        "peak_gbps": 3352.0,
        "machine": dict.fromkeys(names, "x"),
    }


class Figures(unittest.TestCase):
    def test_met_goals_pass(self):
        rows = figures.all_rows(proof())
        self.assertEqual(figures.code(rows), 0, rows)

    def test_a_figure_below_its_goal_is_missed(self):
        for slow in (proof(read=3000.0), proof(theirs=900.0)):
            self.assertEqual(figures.code(figures.all_rows(slow)), 65)

    def test_the_faster_layout_counts(self):
        rows = figures.all_rows(proof(theirs=100.0))
        self.assertEqual(figures.code(rows), 0)
        self.assertTrue(any("over 700" in (entry["value"] or "") for entry in rows))

    def test_a_proof_without_a_figure_replaces_no_results(self):
        empty = {**proof(), "steps": {}, "rounds": [], "peak_gbps": None}
        self.assertFalse(figures.is_anything_shown(figures.all_rows(empty)))
        self.assertTrue(figures.is_anything_shown(figures.all_rows(proof())))

    def test_what_did_not_run_never_passes(self):
        for name in ("kernels", "exact", "run"):
            cut = proof()
            cut["steps"][name] = {"answer": None, "reason": "no GPU"}
            self.assertEqual(figures.code(figures.all_rows(cut)), 69, name)
        cut = proof()
        cut["rounds"], cut["baseline"] = [], {"name": None, "reason": "no torch"}
        self.assertEqual(figures.code(figures.all_rows(cut)), 69)

    def test_a_wrong_kernel_is_missed_and_named(self):
        bad = proof()
        bad["steps"]["kernels"] = step({"kernels": [line("gp_read", "wrong", difference="element 1")]})
        rows = figures.all_rows(bad)
        self.assertEqual((figures.code(rows), rows[0]["note"]), (65, "gp_read: element 1"))


class Page(unittest.TestCase):
    def test_what_was_not_run_stands_first_and_every_row_has_five_cells(self):
        cut = proof()
        cut["rounds"], cut["baseline"] = [], {"name": None, "reason": "no | torch"}
        text = page.section(cut, figures.all_rows(cut))
        self.assertTrue(text.startswith("**Not run:**"))
        table = [row for row in text.splitlines() if row.startswith("|")]
        for row in table:
            self.assertEqual(row.replace("\\|", "").count("|"), 6, row)

    def test_only_the_section_changes(self):
        old = f"a\n{page.BEGIN}\nold\n{page.END}\nb\n"
        self.assertEqual(page.replaced(old, "new"), f"a\n{page.BEGIN}\nnew\n{page.END}\nb\n")
        self.assertRaises(ValueError, page.replaced, "no markers", "new")


if __name__ == "__main__":
    unittest.main()
