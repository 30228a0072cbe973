"""The benchmarks of a device as a user of PyTorch writes them, on data of the same shapes.

python3 bench/torch/device.py cuda:0 > theirs.csv; for scripts/bench --device. float64 throughout.
"""
import sys
import time

import torch

device = torch.device(sys.argv[1])
torch.manual_seed(45)
real = dict(dtype=torch.float64, device=device)


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measure(name, f, least_bytes, repetitions=5, least_seconds=0.05):
    """Prints the time of a call in microseconds, as Google Benchmark's CSV has it."""
    f()
    wait()
    for _ in range(repetitions):
        calls, start = 0, time.perf_counter()
        while time.perf_counter() - start < least_seconds:
            f()
            wait()
            calls += 1
        us = (time.perf_counter() - start) / calls * 1e6
        print(f'"{name}/real_time",{us},false,,{least_bytes},')


def value_and_gradient(f, beta):
    value = f(beta)
    return torch.autograd.grad(value, beta)


def hessian(f, beta):
    return torch.autograd.functional.hessian(f, beta, vectorize=True)


def survival(n):
    x = torch.ones(n, 2, **real)
    x[:, 1] = torch.rand(n, **real) < 0.5
    t, event = torch.empty(n, **real).exponential_(0.2), torch.rand(n, **real) < 0.6
    beta = torch.tensor([-1.2, -0.3], requires_grad=True, **real)

    def f(b):
        eta = x @ b
        return -(event * eta - eta.exp() * t + event * t.log()).sum()

    for name, run in (("value_and_gradient", value_and_gradient), ("hessian", hessian)):
        measure(f"survival/{name}/{n}", lambda: run(f, beta), 32 * n)


def regression(n, k, kind):
    x, y = torch.randn(n, k, **real), (torch.rand(n, **real) < 0.5).to(torch.float64)
    beta = (0.1 * torch.randn(k, **real)).requires_grad_()

    def logistic(b):
        o = x @ b
        return torch.nn.functional.softplus(o).sum() - torch.dot(y, o)

    def linear(b):
        return 0.5 * (y - x @ b).square().sum()

    f = {"logistic": logistic, "linear": linear}[kind]
    for name, run in (("value_and_gradient", value_and_gradient), ("hessian", hessian)):
        measure(f"{kind}/{name}/{n}/{k}", lambda: run(f, beta), 8 * n * (k + 1))


def arrays(n=4_000_000):
    for name, op, count, width, start in (
        ("exp", torch.exp, 2, 1, 0.5), ("log", torch.log, 2, 1, 0.5),
        ("add", lambda x: x + x, 2, 1, 0.5), ("sum", torch.sum, 1, 1, 0.5),
        ("lgamma", torch.lgamma, 2, 40, 0), ("digamma", torch.digamma, 2, 40, 0),
    ):
        x = start + width / n * torch.arange(1, n + 1, **real)
        measure(f"array/{name}/{n}", lambda: op(x), 8 * count * n)


print("name,real_time,error_occurred,error_message,least_bytes,bytes_per_second")
for n in (100_000, 5_000_000):
    survival(n)
for shape in ((100, 3), (1_000_000, 20)):
    regression(*shape, "logistic")
regression(50_000, 100, "linear")
for n in (256, 1024):
    a = torch.randn(n, n, **real)
    measure(f"matmul/{n}", lambda: a @ a, 0)
arrays()
