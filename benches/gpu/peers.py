"""Python's peers on a card, as a program that the race drives (the protocol is in ../peers/peer.rs).

    python3 peers.py pykeops|torch|torch.compile card|host

With `card` operands are there before the clock runs, and results stay; with `host` both are in the memory of this process.
"""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import protocol

# The most numbers of a matrix of pairs, and the most pairs that matrices are tried on.
BLOCK, MOST = 2**27, 2e11


def placed(w, call):
    """The call on operands from where they are to be, with its result where that is to be."""
    if place == "card":
        return lambda: call(*w.operands)
    return lambda: call(*(a.cuda() for a in w.operands)).cpu()


def keops(w):
    """pykeops as installed, on tensors of torch."""
    from pykeops.torch import Genred

    variables = ["g=Pm(1)", f"x=Vi({w.dim})", f"y=Vj({w.dim})", "b=Vj(1)", "e=Vi(1)"]
    g = torch.tensor([w.g], dtype=torch.float32, device="cuda")
    kernel = "Exp(-g*SqDist(x,y))*b"
    if w.quantity == "sum":
        call = Genred(kernel, variables[:4], reduction_op="Sum", axis=1)
        return placed(w, lambda x, y, b, e: call(g, x, y, b, backend="GPU"))
    if w.quantity == "gradient":
        call = Genred(f"Grad({kernel},x,e)", variables, reduction_op="Sum", axis=1)
        return placed(w, lambda x, y, b, e: call(g, x, y, b, e, backend="GPU"))
    if w.quantity == "logsumexp":
        call = Genred("b-g*SqDist(x,y)", variables[:4], reduction_op="LogSumExp", axis=1)
        return placed(w, lambda x, y, b, e: call(g, x, y, b, backend="GPU"))
    if w.quantity == "argmin":
        call = Genred("SqDist(x,y)", variables[1:3], reduction_op="ArgMin", axis=1)
        return placed(w, lambda x, y, b, e: call(x, y, backend="GPU"))


def matrices(w, compiled=False):
    """Squared distances by matrix products, in blocks of rows that the card has room for."""
    if w.rows * w.cols > MOST:
        return None
    g = w.g

    def block(x, y, b, e):
        s = (x * x).sum(1, keepdim=True) + (y * y).sum(1) - 2 * x @ y.T
        if w.quantity == "sum":
            return torch.exp(-g * s) @ b
        if w.quantity == "gradient":
            k = torch.exp(-g * s)
            return -2 * g * e * (x * (k @ b) - k @ (b * y))
        if w.quantity == "logsumexp":
            return torch.logsumexp(b.T - g * s, 1)
        return s.argmin(1)

    if compiled:
        block = torch.compile(block)
    rows = max(1, BLOCK // w.cols)

    def call(x, y, b, e):
        return torch.cat([block(x, y, b, e) for x, e in zip(x.split(rows), e.split(rows))])

    return placed(w, call)


def load(w):
    operands = [torch.from_numpy(a.copy()) for a in w.operands(np)]
    assert w.kind == "f32" and w.kernel == "gauss"
    w.operands = [a.cuda() for a in operands] if place == "card" else operands
    return start(w)


name, place = sys.argv[1:]
try:
    import numpy as np
    import torch

    if not torch.cuda.is_available():
        raise ImportError("torch finds no card")
    version = torch.__version__
    if name == "pykeops":
        import pykeops

        version = pykeops.__version__
except ImportError as error:
    protocol.absent(error)

start = {"pykeops": keops, "torch": matrices, "torch.compile": lambda w: matrices(w, True)}[name]
numbers = lambda answer: np.ascontiguousarray(answer.detach().cpu().numpy().astype("<f8"))
protocol.serve(version, load, numbers, torch.cuda.synchronize)
