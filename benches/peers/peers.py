"""Python's peers on the same workloads, as a program that the race drives (the protocol is in peer.rs).

    python3 peers.py pykeops|faiss|numpy
"""

import os
import sys
import time
import traceback

# Libraries print what they like: the protocol has the standard output for itself.
commands, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def reply(*words):
    replies.write((" ".join(map(str, words)) + "\n").encode())
    replies.flush()


class Workload:
    def __init__(self, words):
        self.quantity, self.kernel, kind, *sizes, g = words
        self.rows, self.cols, self.dim, self.signals = map(int, sizes)
        self.type, self.g = {"f32": np.float32, "f64": np.float64}[kind], float(g)
        self.x, self.y = self.read(self.rows, self.dim), self.read(self.cols, self.dim)
        self.b, self.e = self.read(self.cols, self.signals), self.read(self.rows, 1)

    def read(self, rows, width):
        data = commands.read(rows * width * np.dtype(self.type).itemsize)
        return np.frombuffer(data, self.type).reshape(rows, width)


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


name = sys.argv[1]
try:
    import numpy as np

    library = __import__(name)
except ImportError as error:
    reply("absent:", error)
    sys.exit()
reply("here", library.__version__)

run = answer = None
for line in commands:
    command, *words = line.decode().split()
    if command == "load":
        workload, run = Workload(words), None
        try:
            run = globals()[name](workload)
            answer = run() if run else None
        except Exception:
            traceback.print_exc()
            run = None
        reply("ready" if run else "no")
    elif command == "run":
        start = time.perf_counter()
        for _ in range(int(words[0])):
            answer = run()
        reply((time.perf_counter() - start) / int(words[0]))
    elif command == "answer":
        numbers = np.ascontiguousarray(answer, dtype="<f8")
        reply(numbers.size)
        replies.write(numbers.tobytes())
        replies.flush()
