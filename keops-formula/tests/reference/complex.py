"""What mpmath says of functions of complex numbers and of their slopes, with 50 digits: `python3 complex.py > complex.txt`.
(`pip install mpmath`)

Each line is a name, an argument, the value and the slope, separated by `;`, parts by spaces.
"""

import random

import mpmath as mp

mp.mp.dps = 50
random.seed(3)


def lines(name, f, slope, points):
    for z in points:
        z = mp.mpc(*z)
        parts = lambda w: f"{float(w.real)!r} {float(w.imag)!r}"
        print(f"{name}; {parts(z)}; {parts(mp.mpc(f(z)))}; {parts(mp.mpc(slope(z)))}")


near = [(random.uniform(-2, 2), random.uniform(-2, 2)) for _ in range(12)] + [(1e-9, -1e-7), (-0.3, 1e-12), (1e-12, 0.3)]
right = [(20.0, 1.0), (-20.0, 0.3), (100.0, -2.0), (-300.0, 0.7), (0.0, 1.5), (-1e-9, 1.57), (1e-5, -1.5707963), (3.0, 40.0)]
up = [(b, a) for a, b in right]
lines("tanh", mp.tanh, lambda z: 1 / mp.cosh(z) ** 2, near + right + [(1000.0, 1.0), (-1000.0, 1e5)])
lines("tan", mp.tan, lambda z: 1 / mp.cos(z) ** 2, near + up + [(1.0, -1000.0), (1e5, 1000.0)])
lines("exp", mp.exp, mp.exp, near + right)
lines("sin", mp.sin, mp.cos, near + up)
lines("cos", mp.cos, lambda z: -mp.sin(z), near + up)
lines("sinh", mp.sinh, mp.cosh, near + right)
lines("cosh", mp.cosh, mp.sinh, near + right)
lines("log", mp.log, lambda z: 1 / z, near + right + up)
lines("sqrt", mp.sqrt, lambda z: 1 / (2 * mp.sqrt(z)), near + right + up)
lines("inv", lambda z: 1 / z, lambda z: -1 / z**2, near + right + up)
