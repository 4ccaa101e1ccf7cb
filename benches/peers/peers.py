"""Python's peers on the same workloads, as a program that the race drives (the protocol is in peer.rs).

    python3 peers.py pykeops|faiss|numpy|numba|jax|torch
"""

import sys

import protocol

# How many columns are the nearest, where several are asked for.
NEAREST = 10
# From this dimension on squared distances are had from matrix products.
MANY = 10


def pykeops(w):
    """pykeops as installed."""
    from pykeops.numpy import Genred

    k = {
        "gauss": "Exp(-g*SqDist(x,y))",
        "laplace": "Exp(-g*Norm2(x-y))",
        "cauchy": "Inv(IntCst(1)+g*SqDist(x,y))",
        "matern": "(IntCst(1)+g*Norm2(x-y))*Exp(-g*Norm2(x-y))",
        "multiquadric": "Rsqrt(IntCst(1)+g*SqDist(x,y))",
    }[w.kernel]
    variables = ["g=Pm(1)", f"x=Vi({w.dim})", f"y=Vj({w.dim})", f"b=Vj({w.signals})"]
    operands = [np.array([w.g], w.type), w.x, w.y, w.b]
    options = {}
    if w.quantity == "sum":
        f, reduction = f"{k}*b", "Sum"
    elif w.quantity == "gradient":
        f, reduction = f"Grad({k}*b,x,e)", "Sum"
        variables, operands = variables + ["e=Vi(1)"], operands + [w.e]
    elif w.quantity == "logsumexp":
        f, reduction = "b-g*SqDist(x,y)", "LogSumExp"
    elif w.quantity == "argmin":
        f, reduction = "SqDist(x,y)", "ArgMin"
        variables, operands = variables[1:3], operands[1:3]
    elif w.quantity == "nearest":
        f, reduction, options = "SqDist(x,y)", "ArgKMin", {"opt_arg": NEAREST}
        variables, operands = variables[1:3], operands[1:3]
    else:
        return None
    call = Genred(f, variables, reduction_op=reduction, axis=1, **options)
    return lambda: call(*operands, backend="CPU")


def faiss(w):
    """The library of nearest neighbours: its exact index."""
    import faiss

    if w.quantity not in ("argmin", "nearest"):
        return None

    def search():
        index = faiss.IndexFlatL2(w.dim)
        index.add(w.y)
        return index.search(w.x, NEAREST if w.quantity == "nearest" else 1)[1]

    return search


def numpy(w):
    """Squared distances by matrix products, in blocks that stay in the cache: what pays in many dimensions."""
    if w.quantity != "sum" or w.kernel != "gauss" or w.dim < MANY:
        return None
    g = w.type(w.g)
    block = max(1, 2**19 // w.cols)

    def product():
        y2 = (w.y * w.y).sum(1)
        out = np.empty((w.rows, w.signals), w.type)
        for first in range(0, w.rows, block):
            x = w.x[first : first + block]
            s = x @ w.y.T
            s *= 2
            s -= y2
            s -= (x * x).sum(1)[:, None]
            s *= g
            np.exp(s, out=s)
            out[first : first + block] = s @ w.b
        return out

    return product


def numba(w):
    """Loops over one array per component, in blocks of columns, compiled with fast arithmetic; rows in parallel."""
    import numba
    from math import exp, inf, log, sqrt

    if w.quantity in ("gradients", "nearest"):
        return None
    g, one, zero, double, BLOCK = w.type(w.g), w.type(1), w.type(0), w.type(-2 * w.g), 64
    many = numba.njit(parallel=True, fastmath=True)
    once = numba.njit(inline="always", fastmath=True)

    def matern(s):
        r = g * sqrt(s)
        return (one + r) * exp(-r)

    k = once(
        {
            "gauss": lambda s: exp(-g * s),
            "laplace": lambda s: exp(-g * sqrt(s)),
            "cauchy": lambda s: one / (one + g * s),
            "matern": matern,
            "multiquadric": lambda s: one / sqrt(one + g * s),
        }[w.kernel]
    )

    @once
    def block(x, y, first, s):
        count = min(BLOCK, y.shape[1] - first)
        s[:] = zero
        for d in range(y.shape[0]):
            for j in range(count):
                s[j] += (x[d] - y[d, first + j]) ** 2
        return count

    @many
    def sums_in_space(x, y, b, out):
        for i in numba.prange(x.shape[0]):
            x0, x1, x2, sum = x[i, 0], x[i, 1], x[i, 2], zero
            for j in range(y.shape[1]):
                t0, t1, t2 = x0 - y[0, j], x1 - y[1, j], x2 - y[2, j]
                sum += k(t0 * t0 + t1 * t1 + t2 * t2) * b[0, j]
            out[i, 0] = sum

    @many
    def sums(x, y, b, out):
        for i in numba.prange(x.shape[0]):
            s = np.empty(BLOCK, x.dtype)
            out[i] = zero
            for first in range(0, y.shape[1], BLOCK):
                count = block(x[i], y, first, s)
                for j in range(count):
                    s[j] = k(s[j])
                for e in range(b.shape[0]):
                    sum = zero
                    for j in range(count):
                        sum += s[j] * b[e, first + j]
                    out[i, e] += sum

    @many
    def gradients(x, y, b, e, out):
        for i in numba.prange(x.shape[0]):
            x0, x1, x2, s0, s1, s2 = x[i, 0], x[i, 1], x[i, 2], zero, zero, zero
            for j in range(y.shape[1]):
                t0, t1, t2 = x0 - y[0, j], x1 - y[1, j], x2 - y[2, j]
                v = exp(-g * (t0 * t0 + t1 * t1 + t2 * t2)) * b[0, j]
                s0, s1, s2 = s0 + v * t0, s1 + v * t1, s2 + v * t2
            scale = double * e[i, 0]
            out[i, 0], out[i, 1], out[i, 2] = scale * s0, scale * s1, scale * s2

    @once
    def exponent(x, y, b, i, j):
        t0, t1, t2 = x[i, 0] - y[0, j], x[i, 1] - y[1, j], x[i, 2] - y[2, j]
        return b[0, j] - g * (t0 * t0 + t1 * t1 + t2 * t2)

    @many
    def log_sums(x, y, b, out):
        for i in numba.prange(x.shape[0]):
            most, sum = exponent(x, y, b, i, 0), zero
            for j in range(y.shape[1]):
                most = max(most, exponent(x, y, b, i, j))
            for j in range(y.shape[1]):
                sum += exp(exponent(x, y, b, i, j) - most)
            out[i, 0] = most + log(sum)

    @many
    def nearest(x, y, out):
        for i in numba.prange(x.shape[0]):
            s, best = np.empty(BLOCK, x.dtype), x.dtype.type(1e30)
            for first in range(0, y.shape[1], BLOCK):
                count, least = block(x[i], y, first, s), best
                for j in range(count):
                    least = min(least, s[j])
                if least < best:
                    best = least
                    for j in range(count):
                        if s[j] == least:
                            out[i, 0] = first + j

    def call():
        y, b = np.ascontiguousarray(w.y.T), np.ascontiguousarray(w.b.T)
        out = np.empty((w.rows, {"sum": w.signals, "gradient": w.dim}.get(w.quantity, 1)), w.type)
        if w.quantity == "sum":
            (sums_in_space if w.dim == 3 and w.signals == 1 else sums)(w.x, y, b, out)
        elif w.quantity == "gradient":
            gradients(w.x, y, b, w.e, out)
        elif w.quantity == "logsumexp":
            log_sums(w.x, y, b, out)
        else:
            nearest(w.x, y, out)
        return out

    return call


def squared_distances(x, y):
    """Of all pairs, in the operations of NumPy, jax and torch: by components, which compilers fuse, or by a matrix product."""
    if x.shape[1] >= MANY:
        return (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2 * (x @ y.T)
    return sum((x[:, k, None] - y[None, :, k]) ** 2 for k in range(x.shape[1]))


def kernel(w, library, s):
    """The kernel of a workload at squared distances."""
    if w.kernel == "gauss":
        return library.exp(-w.g * s)
    if w.kernel == "cauchy":
        return 1 / (1 + w.g * s)
    if w.kernel == "multiquadric":
        return 1 / library.sqrt(1 + w.g * s)
    r = w.g * library.sqrt(s)
    return library.exp(-r) if w.kernel == "laplace" else (1 + r) * library.exp(-r)


def rows(w, library, logsumexp, x, e, y, b):
    """The answer for some rows."""
    s = squared_distances(x, y)
    if w.quantity == "argmin":
        return s.argmin(1)[:, None]
    if w.quantity == "logsumexp":
        return logsumexp(b.T - w.g * s, 1)[:, None]
    k = kernel(w, library, s)
    if w.quantity == "gradient":
        k = k * b[:, 0]
        return -2 * w.g * e * library.stack([(k * (x[:, d, None] - y[None, :, d])).sum(1) for d in range(w.dim)], 1)
    return (k * b[:, 0]).sum(1)[:, None] if w.signals == 1 else k @ b


def jax(w):
    """Compiled by XLA, in blocks of rows."""
    import jax

    if w.quantity in ("gradients", "nearest"):
        return None
    jax.config.update("jax_enable_x64", True)
    block = min(w.rows, max(1, 2**20 // w.cols))
    operands = [jax.numpy.asarray(a) for a in (w.x, w.e, w.y, w.b)]
    of = lambda x, e, y, b: rows(w, jax.numpy, jax.nn.logsumexp, x, e, y, b)

    @jax.jit
    def call(x, e, y, b):
        whole = w.rows // block * block
        blocks = x[:whole].reshape(-1, block, w.dim), e[:whole].reshape(-1, block, 1)
        out = jax.lax.map(lambda rows: of(*rows, y, b), blocks).reshape(whole, -1)
        return jax.numpy.concatenate([out, of(x[whole:], e[whole:], y, b)]) if whole < w.rows else out

    return lambda: call(*operands).block_until_ready()


def torch(w):
    """Compiled by torch.compile, in blocks of rows."""
    import torch

    if w.quantity in ("gradients", "nearest"):
        return None
    block = max(1, 2**22 // w.cols)
    x, e, y, b = (torch.from_numpy(a.copy()) for a in (w.x, w.e, w.y, w.b))
    compiled = torch.compile(lambda x, e, y, b: rows(w, torch, torch.logsumexp, x, e, y, b))
    return lambda: torch.cat([compiled(x, e, y, b) for x, e in zip(x.split(block), e.split(block))])


def load(w):
    w.x, w.y, w.b, w.e = w.operands(np)
    return globals()[name](w)


name = sys.argv[1]
try:
    import numpy as np

    library = __import__(name)
except ImportError as error:
    protocol.absent(error)
protocol.serve(library.__version__, load, lambda answer: np.ascontiguousarray(answer, dtype="<f8"))
