"""Python's peers on the same workloads, as a program that the race drives (the protocol is in peer.rs).

    python3 peers.py pykeops|faiss|numpy
"""

import sys

import protocol


def pykeops(w):
    """pykeops as installed."""
    from pykeops.numpy import Genred

    k = {
        "gauss": "Exp(-g*SqDist(x,y))",
        "laplace": "Exp(-g*Norm2(x-y))",
        "cauchy": "Inv(IntCst(1)+g*SqDist(x,y))",
        "matern": "(IntCst(1)+g*Norm2(x-y))*Exp(-g*Norm2(x-y))",
    }[w.kernel]
    variables = ["g=Pm(1)", f"x=Vi({w.dim})", f"y=Vj({w.dim})", f"b=Vj({w.signals})"]
    operands = [np.array([w.g], w.type), w.x, w.y, w.b]
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
    else:
        return None
    call = Genred(f, variables, reduction_op=reduction, axis=1)
    return lambda: call(*operands, backend="CPU")


def faiss(w):
    """The library of nearest neighbours: its exact index."""
    import faiss

    if w.quantity != "argmin":
        return None

    def search():
        index = faiss.IndexFlatL2(w.dim)
        index.add(w.y)
        return index.search(w.x, 1)[1]

    return search


def numpy(w):
    """Squared distances by matrix products, in blocks that stay in the cache: what pays in many dimensions."""
    if w.quantity != "sum" or w.kernel != "gauss" or w.dim < 10:
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
