"""Run a script that prints no returns, then print `return R` for each that it has in an expression.

    python after.py SCRIPT EXPRESSION [unseeded]

The script runs as it is; the expression sees its variables. `unseeded` says that no two runs are alike.
"""

import runpy
import sys

import numpy as np

path, expression, *prefix = sys.argv[1:]
sys.argv = [path]
found = runpy.run_path(path, run_name="__main__")
for total in np.ravel(eval(expression, found)):
    print(*prefix, "return", float(total))
