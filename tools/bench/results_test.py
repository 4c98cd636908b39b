#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Promises of results.py: what counts as a regression, and what is saved."""

import unittest

from results import Row, as_rows, merged, order, page, regression, rows_by_key, table

HERE = {"cpu": "a CPU", "cores": 2, "virtual": True, "kernel": "6.18"}
OTHER = HERE | {"kernel": "6.1"}


def saved(*rows, machine=None):
    return merged({"machine": {}, "rows": []}, rows, machine or HERE, "2026-11-25", 7)


def ratio(value, key="a", **more):
    return Row(key, "a loop", value, **more)


class Regressions(unittest.TestCase):
    def against(self, before, now):
        return regression(now, rows_by_key(saved(before)).get(now.key))

    def test_a_ratio_that_is_more_than_a_fifth_worse_is_one(self):
        self.assertIn("REGRESSION: was 1.20 x", self.against(ratio(1.2), ratio(1.5)))

    def test_a_ratio_that_is_less_than_a_fifth_worse_is_none(self):
        self.assertEqual("", self.against(ratio(1.2), ratio(1.43)))

    def test_a_better_ratio_is_none(self):
        self.assertEqual("", self.against(ratio(1.5), ratio(1.0)))

    def test_a_throughput_is_worse_when_it_is_smaller(self):
        self.assertIn("REGRESSION", self.against(ratio(1.0, target=">= 0.97"),
                                                 ratio(0.8, target=">= 0.97")))
        self.assertEqual("", self.against(ratio(0.8, target=">= 0.97"),
                                          ratio(1.0, target=">= 0.97")))

    def test_a_throughput_of_nothing_is_one(self):
        self.assertIn("REGRESSION", self.against(ratio(1.0, target=">= 0.97"),
                                                 ratio(0.0, target=">= 0.97")))

    def test_what_others_cost_is_none_of_ours(self):
        self.assertEqual("", self.against(ratio(4.0, guarded=False), ratio(9.0, guarded=False)))

    def test_times_of_another_day_are_not_compared(self):
        self.assertEqual("", self.against(ratio(1.0, unit="ms"), ratio(9.0, unit="ms")))

    def test_a_row_that_was_not_measured_or_not_saved_is_none(self):
        self.assertEqual("", self.against(ratio(1.2), ratio(None)))
        self.assertEqual("", self.against(ratio(None), ratio(1.2)))
        self.assertEqual("", regression(ratio(1.2), None))

    def test_the_table_marks_it(self):
        rows = rows_by_key(saved(ratio(1.0)))
        self.assertIn("REGRESSION", table([ratio(2.0)], rows))
        self.assertNotIn("REGRESSION", table([ratio(1.0)], rows))


class Targets(unittest.TestCase):
    def test_they_are_met_or_missed(self):
        self.assertEqual("<= 1.22 met", ratio(1.22, target="<= 1.22").verdict())
        self.assertEqual("<= 1.22 MISSED", ratio(1.23, target="<= 1.22").verdict())
        self.assertEqual(">= 0.97 MISSED", ratio(0.9, target=">= 0.97").verdict())

    def test_what_was_not_measured_neither_meets_nor_misses_its_target(self):
        self.assertEqual("<= 1.22", ratio(None, target="<= 1.22").verdict())


class Saving(unittest.TestCase):
    def test_rows_that_were_not_measured_now_are_kept(self):
        both = merged(saved(ratio(1.0), ratio(2.0, "b")), [ratio(1.1)], HERE, "2026-11-26", 9)
        self.assertEqual([("a", 1.1), ("b", 2.0)], [(r["key"], r["value"]) for r in both["rows"]])

    def test_what_a_measured_group_no_longer_has_goes(self):
        now = merged(saved(ratio(1.0), ratio(4.0, "a.peer")), [ratio(1.1)], HERE, "2026-11-26", 9)
        self.assertEqual(["a"], [row["key"] for row in now["rows"]])

    def test_rows_of_another_machine_go(self):
        now = merged(saved(ratio(2.0, "b"), machine=OTHER), [ratio(1.1)], HERE, "2026-11-26", 9)
        self.assertEqual(["a"], [row["key"] for row in now["rows"]])

    def test_what_is_the_same_everywhere_stays_and_says_nothing_of_the_machine(self):
        counted = merged(saved(ratio(2.0), machine=OTHER), [ratio(1.1, "fentry.x")], HERE, "2026-11-26", 9)
        self.assertEqual(["a", "fentry.x"], [row["key"] for row in counted["rows"]])
        self.assertEqual(OTHER, counted["machine"])
        measured = merged(counted, [ratio(1.2)], HERE, "2026-11-27", 9)
        self.assertEqual([("a", 1.2), ("fentry.x", 1.1)], [(r["key"], r["value"]) for r in measured["rows"]])

    def test_rows_come_back_as_they_were(self):
        row = ratio(1.0, detail="1 -> 1 ns", target="<= 1.22", guarded=False)
        self.assertEqual([row], as_rows(saved(row)))

    def test_groups_stand_in_their_order(self):
        self.assertEqual(["a", "j.x", "poll", "zzz"], sorted(["zzz", "poll", "j.x", "a"], key=order))

    def test_the_page_names_machine_and_date(self):
        text = page(saved(ratio(1.0)))
        for word in ("a CPU", "2 cores", "6.18", "2026-11-25", "7 alternating rounds"):
            self.assertIn(word, text)

    def test_the_page_names_what_was_measured_while_others_were_at_work(self):
        text = page(saved(ratio(1.0), ratio(1.0, "j", busy=0.5)))
        self.assertIn("Others used up to 50% of the processors while these were measured: j.", text)
        self.assertNotIn("Others", page(saved(ratio(1.0, busy=0.02))))
        self.assertNotIn("Others", page(saved(ratio(1.0, "fentry.x", busy=0.5))))


if __name__ == "__main__":
    unittest.main()
