"""What the race and a peer in Python say to each other (the protocol is in peer.rs)."""

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


def absent(why):
    """Says why there is no such peer here, and ends the program."""
    reply("absent:", why)
    sys.exit()


class Workload:
    """What is computed; its operands follow as bytes."""

    def __init__(self, words):
        self.quantity, self.kernel, self.kind, *sizes, g = words
        self.rows, self.cols, self.dim, self.signals = map(int, sizes)
        self.g = float(g)

    def operands(self, np):
        """The points of the rows and of the columns, and the numbers of the columns and of the rows."""
        self.type = {"f32": np.float32, "f64": np.float64}[self.kind]
        sizes = (self.rows, self.dim), (self.cols, self.dim), (self.cols, self.signals), (self.rows, 1)
        return [self.read(np, *size) for size in sizes]

    def read(self, np, rows, width):
        data = commands.read(rows * width * np.dtype(self.type).itemsize)
        return np.frombuffer(data, self.type).reshape(rows, width)


def serve(version, load, numbers, finish=lambda: None):
    """Answers until there are no more commands.

    `load` makes of a workload a call, or nothing; `finish` waits until what was called is done; `numbers` makes of a result an array of
    doubles.
    """
    reply("here", version)
    run = answer = None
    for line in commands:
        command, *words = line.decode().split()
        if command == "load":
            run = None
            workload = Workload(words)
            try:
                run = load(workload)
                answer = run() if run else None
                finish()
            except Exception:
                traceback.print_exc()
                run = None
            reply("ready" if run else "no")
        elif command == "run":
            start = time.perf_counter()
            for _ in range(int(words[0])):
                answer = run()
            finish()
            reply((time.perf_counter() - start) / int(words[0]))
        elif command == "answer":
            result = numbers(answer)
            reply(result.size)
            replies.write(result.tobytes())
            replies.flush()
