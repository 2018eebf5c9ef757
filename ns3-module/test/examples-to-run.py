#! /usr/bin/env python3
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: GPL-2.0-only

# A list of C++ examples to run in order to ensure that they remain buildable and runnable over
# time: (example_name, do_run, do_valgrind_run).  See test.py.
cpp_examples = [
    ("two-nodes", "True", "True"),
    ("two-nodes --fidelity=ideal", "True", "True"),
    ("fidelities", "True", "True"),
    ("changing-link", "True", "True"),
]

# A list of Python examples to run, likewise: (example_name, do_run).
python_examples = []
