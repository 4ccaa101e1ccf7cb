"""pykeops' KernelSolve on the points and the right side of the standard input (see main.rs).

    python3 kernel_solve.py POINTS WIDTH RIDGE TOLERANCE SECONDS
"""

import sys
import time

import numpy as np
import pykeops.numpy.operations as operations

n, (width, ridge, tolerance, patience) = int(sys.argv[1]), map(float, sys.argv[2:])
numbers = np.frombuffer(sys.stdin.buffer.read(), np.float64)
x, b = numbers[: 3 * n].reshape(n, 3), numbers[3 * n :].reshape(n, 1)
solver = operations.ConjugateGradientSolver


class Ended(Exception):
    pass


def counted(binding, product, b, eps):
    """The solver as it is, of products that are counted, the last one of which is after so many seconds."""

    def product_of(p):
        global products
        if time.perf_counter() - start > patience:
            raise Ended
        products += 1
        return product(p)

    return solver(binding, product_of, b, eps)


operations.ConjugateGradientSolver = counted
r = "(g*Norm2(x-y))"
kernel = f"(IntCst(1)+{r}+Square({r})/IntCst(3))*Exp(-{r})"
variables = ["g=Pm(1)", "x=Vi(3)", "y=Vj(3)", "b=Vj(1)"]
solve = operations.KernelSolve(f"({kernel})*b", variables, "b", axis=1)
g = np.array([np.sqrt(5.0) / width])


def run(x, b):
    # its tolerance is of the root of the mean square
    eps = tolerance * np.sqrt((b**2).mean())
    return solve(g, x, x, b, alpha=ridge, eps=eps, backend="CPU")


# compiles, and solves what is solved at once
products, start = 0, time.perf_counter()
run(x[:2].copy(), b[:2].copy())
products, start = 0, time.perf_counter()
try:
    run(x, b.copy())
    how = "to its end"
except Ended:
    how = "and was ended"
print(f"KernelSolve: {time.perf_counter() - start:.2f} s, {products} products, {how}", flush=True)
