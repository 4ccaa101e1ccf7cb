"""Python's peers on a card, as a program that the race drives (the protocol is in ../peers/peer.rs).

    python3 peers.py pykeops|torch|torch.compile card|host

With `card` operands are there before the clock runs, and results stay; with `host` both are in the memory of this process.
"""

import os
import sys
import time
import traceback

# Libraries print what they like: the protocol has the standard output for itself.
commands, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

# The most numbers of a matrix of pairs, and the most pairs that matrices are tried on.
BLOCK, MOST = 2**27, 2e11


def reply(*words):
    replies.write((" ".join(map(str, words)) + "\n").encode())
    replies.flush()


class Workload:
    def __init__(self, words):
        self.quantity, self.kernel, kind, *sizes, g = words
        assert kind == "f32" and self.kernel == "gauss"
        self.rows, self.cols, self.dim, self.signals = map(int, sizes)
        self.g = float(g)
        operands = (self.rows, self.dim), (self.cols, self.dim), (self.cols, self.signals), (self.rows, 1)
        operands = [torch.from_numpy(self.read(*size)) for size in operands]
        self.operands = [a.cuda() for a in operands] if place == "card" else operands

    def read(self, rows, width):
        data = commands.read(rows * width * 4)
        return np.frombuffer(data, np.float32).reshape(rows, width).copy()

    def placed(self, call):
        """The call on operands from where they are to be, with its result where that is to be."""
        if place == "card":
            return lambda: call(*self.operands)
        return lambda: call(*(a.cuda() for a in self.operands)).cpu()


def keops(w):
    """pykeops as installed, on tensors of torch."""
    from pykeops.torch import Genred

    variables = ["g=Pm(1)", f"x=Vi({w.dim})", f"y=Vj({w.dim})", "b=Vj(1)", "e=Vi(1)"]
    g = torch.tensor([w.g], dtype=torch.float32, device="cuda")
    kernel = "Exp(-g*SqDist(x,y))*b"
    if w.quantity == "sum":
        call = Genred(kernel, variables[:4], reduction_op="Sum", axis=1)
        return w.placed(lambda x, y, b, e: call(g, x, y, b, backend="GPU"))
    if w.quantity == "gradient":
        call = Genred(f"Grad({kernel},x,e)", variables, reduction_op="Sum", axis=1)
        return w.placed(lambda x, y, b, e: call(g, x, y, b, e, backend="GPU"))
    if w.quantity == "logsumexp":
        call = Genred("b-g*SqDist(x,y)", variables[:4], reduction_op="LogSumExp", axis=1)
        return w.placed(lambda x, y, b, e: call(g, x, y, b, backend="GPU"))
    if w.quantity == "argmin":
        call = Genred("SqDist(x,y)", variables[1:3], reduction_op="ArgMin", axis=1)
        return w.placed(lambda x, y, b, e: call(x, y, backend="GPU"))


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

    return w.placed(call)


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
    reply("absent:", error)
    sys.exit()
reply("here", version)

start = {"pykeops": keops, "torch": matrices, "torch.compile": lambda w: matrices(w, True)}[name]
run = answer = None
for line in commands:
    command, *words = line.decode().split()
    if command == "load":
        workload, run = Workload(words), None
        try:
            run = start(workload)
            answer = run() if run else None
            torch.cuda.synchronize()
        except Exception:
            traceback.print_exc()
            run = None
        reply("ready" if run else "no")
    elif command == "run":
        begin = time.perf_counter()
        for _ in range(int(words[0])):
            answer = run()
        torch.cuda.synchronize()
        reply((time.perf_counter() - begin) / int(words[0]))
    elif command == "answer":
        numbers = answer.detach().cpu().numpy().astype("<f8")
        reply(numbers.size)
        replies.write(np.ascontiguousarray(numbers).tobytes())
        replies.flush()
