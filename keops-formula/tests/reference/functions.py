"""What mpmath says of functions, with 50 digits: `python3 functions.py > functions.txt`. (`pip install mpmath numpy scipy`; of products of
tensors numpy says which numbers meet, and of splines scipy what they are)

Each line is a call: its name, arguments and value, separated by `;`, components by spaces.
"""

import random

import mpmath as mp
import numpy as np
from scipy.interpolate import BSpline

mp.mp.dps = 50
random.seed(12)


def line(name, args, value):
    value = value if isinstance(value, list) else [value]
    words = lambda v: " ".join(repr(float(c)) for c in (v if isinstance(v, list) else [v]))
    print(f"{name}; {'; '.join(words(a) for a in args)}; {words(value)}")


def each(name, f, points):
    for x in points:
        line(name, [x], f(mp.mpf(x)))


def both(name, f, points):
    for x, y in points:
        line(name, [x, y], f(mp.mpf(x), mp.mpf(y)))


def drawn(low, high, count=12):
    return [random.uniform(low, high) for _ in range(count)]


near = [1e-12, -1e-7, 3e-4, -0.02, 0.3, -0.7]
each("expm1", mp.expm1, near + [1.0, -2.5, 40.0, -40.0, 700.0, 20.5])
each("softplus", lambda x: mp.log1p(mp.exp(x)), near + [1.0, -2.5, 40.0, -40.0, 700.0, -700.0])
each("sigmoid", lambda x: 1 / (1 + mp.exp(-x)), near + [1.0, -2.5, 40.0, -40.0, 700.0, -700.0])
each("xlogx", lambda x: x * mp.log(x), [1e-300, 1e-12, 1e-3, 0.1, 0.3678794411714423, 0.5, 0.99, 1.01, 2.0, 10.0, 1e6, 1e200])
each("cbrt", lambda x: mp.sign(x) * mp.cbrt(abs(x)), near + [8.0, -27.0, 1e300, -1e-300, 2.0, 1e9])
each("tan", mp.tan, near + [1.0, -1.5, 1.57, 2.0, -3.0, 10.0])
each("asin", mp.asin, near + [0.5, -0.5, 0.9, -0.999, 1 - 1e-9, 0.1])
each("acos", mp.acos, near + [0.5, -0.5, 0.9, -0.999, 1 - 1e-9, 0.1])
each("atan", mp.atan, near + [1.0, -1.0, 0.4142, 2.4142, 1e8, -1e300])
each("sinh", mp.sinh, near + [1.0, -2.5, 40.0, -40.0, 700.0, 710.0])
each("cosh", mp.cosh, near + [1.0, -2.5, 40.0, -40.0, 700.0, 710.0])
each("asinh", mp.asinh, near + [1.0, -2.5, 1e5, -1e17, 1e19, 1e300])
each("acosh", mp.acosh, [1.0, 1 + 1e-12, 1.0001, 1.01, 1.5, 2.0, 10.0, 1e5, 1e17, 2e18, 1e100, 1e300])
each("atanh", mp.atanh, near + [0.5, -0.5, 0.9, -0.999, 1 - 1e-9, 0.1])
each("sinxdivx", lambda x: mp.sin(x) / x, near + [1.0, -2.5, 3.0, 10.0, 100.5, 1e4])
each("sinc", lambda x: mp.sin(mp.pi * x) / (mp.pi * x), near + [0.5, -0.9, 1.5, 2.25, 10.1, -7.7])
each("ceil", mp.ceil, [0.2, -0.2, 1.0, -1.0, 1e10 + 0.5, -1e10 - 0.5, 2.5, -2.5, 0.9999999, 7.1, -7.1, 1e300])
each("trunc", lambda x: mp.sign(x) * mp.floor(abs(x)), [0.2, -0.2, 1.0, -1.0, 1e10 + 0.5, -1e10 - 0.5, 2.5, -2.5, 0.9999999, 7.1, -7.1, 1e300])
each("fract", lambda x: x - mp.sign(x) * mp.floor(abs(x)), [0.2, -0.2, 1.0, -1.0, 1e10 + 0.5, -1e10 - 0.5, 2.5, -2.5, 0.9999999, 7.1, -7.1, 1e300])
each("round", lambda x: mp.sign(x) * mp.floor(abs(x) + mp.mpf(1) / 2), [0.49999999999999994, -0.5, 0.5, 1.5, 2.5, -2.5, 2.4999, 1e10 + 0.5, 7.1, -7.9, 4503599627370497.0, 1e300])
pairs = list(zip(drawn(-3, 3), drawn(0.5, 3)))
both("hypot", mp.hypot, pairs + [(3e200, 4e200), (3e-200, 4e-200)])
both("atan2", mp.atan2, list(zip(drawn(-3, 3), drawn(-3, 3))) + [(1e300, 1e300), (1e-300, -1e-300)])
both("modulo", lambda x, y: x - y * mp.floor(x / y), pairs)
both("rem", lambda x, y: x - y * mp.sign(x / y) * mp.floor(abs(x / y)), pairs)


def matern(nu, r):
    z = mp.sqrt(2 * nu) * r
    return mp.mpf(1) if r == 0 else 2 ** (1 - nu) / mp.gamma(nu) * z**nu * mp.besselk(nu, z)


for nu in [0.5, 1.5, 2.5, 3.5, 10.5]:
    for r in [0.0, 1e-3, 0.1, 0.7, 1.3, 4.0, 20.0]:
        line("matern", [nu, r], matern(mp.mpf(nu), mp.mpf(r)))

for _ in range(12):
    u, v, a = drawn(-2, 2, 3), drawn(-2, 2, 3), drawn(-2, 2, 9)
    m = mp.matrix(3, 3)
    for k in range(9):
        m[k // 3, k % 3] = mp.mpf(a[k])
    x, y = mp.matrix(u), mp.matrix(v)
    line("matvec", [a, u], list(m * x))
    line("vecmat", [u, a], list(m.T * x))
    line("outer", [u, v], list(x * y.T))
    line("cross", [u, v], [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]])
    line("weightedsqnorm", [a, u], (x.T * m * x)[0])
    line("weightedsqnorm", [v, u], sum(y[k] * x[k] ** 2 for k in range(3)))
    line("weightedsqdist", [2.5, u, v], mp.mpf(2.5) * sum((x[k] - y[k]) ** 2 for k in range(3)))
    line("max", [a], max(a))
    line("argmin", [a], a.index(min(a)))
for n in [1, 2, 3, 4] * 3:
    a, u = drawn(-1, 1, n * n), drawn(-2, 2, n)
    for k in range(n):
        a[k * (n + 1)] += 3
    m = mp.matrix(n, n)
    for k in range(n * n):
        m[k // n, k % n] = mp.mpf(a[k])
    line("det", [a], mp.det(m))
    line("inverse", [a], list(m**-1))
    line("solve", [a, u], list(mp.lu_solve(m, mp.matrix(u))))


def tensor(values, dims):
    return np.array([mp.mpf(v) for v in values], dtype=object).reshape(dims)


def tensordot(dims_u, dims_v, axes_u, axes_v, places=None):
    u, v = (drawn(-2, 2, int(np.prod(dims))) for dims in (dims_u, dims_v))
    value = np.tensordot(tensor(u, dims_u), tensor(v, dims_v), (axes_u, axes_v))
    if places is not None:
        value = np.moveaxis(value, range(len(places)), places)
    lists = [dims_u, dims_v, axes_u, axes_v] + ([] if places is None else [places])
    line("tensordot", [u, v] + [list(map(float, k)) for k in lists], list(np.ravel(value)))


tensordot([4, 7], [7], [1], [0])
tensordot([2, 3], [3, 4], [1], [0])
tensordot([4, 3, 2, 3], [4, 2], [0, 2], [0, 1])
tensordot([5, 4, 3, 2], [3, 4, 5], [2, 1, 0], [0, 1, 2])
tensordot([2, 3], [2, 3], [0, 1], [0, 1])
tensordot([4, 5], [4, 4], [], [], [0, 2, 1, 3])
tensordot([2, 3, 2], [2, 2, 3], [], [], [0, 2, 4, 1, 3, 5])
tensordot([2, 2, 3], [3, 4], [2], [0], [2, 0, 1])
for dims_u, dims_v in [([2, 2], [3, 1]), ([3, 2, 1, 2], [1, 3, 2, 2]), ([4, 5], [4, 4]), ([6], [4])]:
    u, v = (drawn(-2, 2, int(np.prod(dims))) for dims in (dims_u, dims_v))
    value = np.kron(tensor(u, dims_u), tensor(v, dims_v))
    line("kron", [u, v, list(map(float, dims_u)), list(map(float, dims_v))], list(np.ravel(value)))

for degree in range(6):
    knots = sorted(drawn(0, 1, 2 * degree + 5))
    if degree % 2:
        knots[:degree] = [knots[0]] * degree
    count = len(knots) - degree - 1
    splines = [BSpline(knots, np.eye(count)[k], degree, extrapolate=False) for k in range(count)]
    for x in drawn(knots[degree], knots[count], 4):
        line("bspline", [knots, x, degree], [float(s(x)) for s in splines])


def softdtw(u, v, s):
    table = {(-1, -1): mp.mpf(0)}
    far = mp.inf
    for k, x in enumerate(u):
        for l, y in enumerate(v):
            before = [table.get(p, far) for p in [(k - 1, l - 1), (k - 1, l), (k, l - 1)]]
            table[k, l] = (mp.mpf(x) - mp.mpf(y)) ** 2 - s * mp.log(sum(mp.exp(-b / s) for b in before))
    return table[len(u) - 1, len(v) - 1]


for n, m, s in [(3, 2, 1.0), (2, 5, 0.5), (4, 4, 0.1), (4, 3, 10.0), (2, 8, 1.0)]:
    u, v = drawn(-2, 2, n), drawn(-2, 2, m)
    line("softdtw", [u, v, s], softdtw(u, v, mp.mpf(s)))
for decimals in [-2, -1, 1, 3, 6]:
    for x in [123.456789, -1234.5678, 0.05, -2.5, 7.1]:
        size = mp.floor(abs(mp.mpf(x)) * mp.mpf(10) ** decimals + mp.mpf(1) / 2) / mp.mpf(10) ** decimals
        line("round", [x, float(decimals)], mp.sign(x) * size)

each("erf", mp.erf, near + [1.0, -1.5, 2.5, -4.0, 5.8, 30.0])
each("erfc", mp.erfc, near + [1.0, -1.5, 2.5, 4.0, 5.8, 10.0, 26.0])
around = [1.0, 2.0, 1 - 1e-9, 1 + 1e-7, 2 - 1e-6, 2 + 1e-10, 1e-300, 1e-5, 0.3, 1.4616321449683622, 2.5, 3.7, 11.5, 100.25, 1e6, 1e200]
below = [-1e-6, -0.5, -1.25, -3.7, -20.5]
each("lgamma", lambda x: mp.log(abs(mp.gamma(x))) if abs(x) < 1e5 else mp.loggamma(x), around + below)
each("digamma", mp.digamma, [x for x in around if x > 1e-200] + [1.46, 1.4616, 1.5] + below)
each("trigamma", lambda x: mp.psi(1, x), [1e-5, 0.3, 0.5, 1.0, 1.5, 2.5, 9.5, 30.25, 1e6, 1e100] + below)
