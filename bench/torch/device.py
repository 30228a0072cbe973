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


def kernels(n=2**25):
    x, y = torch.rand(n, **real), torch.ones(n, **real)
    rows, group = x.reshape(-1, 128), torch.randint(0, 1000, (n,), device=device)
    for name, op, least_bytes in (
        ("add_two", lambda: x + y, 24), ("sum_rows", lambda: rows.sum(1), 8),
        ("sum_columns", lambda: rows.sum(0), 8),
        ("logsumexp_rows", lambda: rows.logsumexp(1), 8),
        ("transpose", lambda: rows.t().contiguous(), 16),
        ("cumsum", lambda: x.cumsum(0), 16), ("sort", lambda: x.sort().values, 16),
        ("segment_sum", lambda: torch.zeros(1000, **real).index_add(0, group, x), 16),
    ):
        measure(f"array/{name}/{n}", op, least_bytes * n)


def poisson_lognormal(n=116, p=114):
    y = torch.exp(1 + 1.5 * torch.randn(n, p, **real)).floor()
    x = torch.ones(n, 1, **real)

    def steps():
        b = torch.zeros(1, p, requires_grad=True, **real)
        m = torch.zeros(n, p, requires_grad=True, **real)
        s = torch.ones(n, p, requires_grad=True, **real)
        optimizer = torch.optim.Rprop([b, m, s], lr=0.1)
        for _ in range(30):
            optimizer.zero_grad()
            variance, latent = s.square(), m + x @ b
            squares = m.t() @ m + torch.diag(variance.sum(0))
            omega = torch.inverse(squares / n)
            loss = (0.5 * (squares * omega).sum() - n / 2 * torch.logdet(omega)
                    - (y * latent - (latent + variance / 2).exp() + 0.5 * variance.log()).sum())
            loss.item()
            loss.backward()
            optimizer.step()

    measure("poisson_lognormal/30_rprop_steps", steps, 0)


print("name,real_time,error_occurred,error_message,least_bytes,bytes_per_second")
for n in (100_000, 5_000_000):
    survival(n)
for shape in ((100, 3), (1_000_000, 20), (10_000_000, 20)):
    regression(*shape, "logistic")
regression(50_000, 100, "linear")
for n in (256, 1024):
    a = torch.randn(n, n, **real)
    measure(f"matmul/{n}", lambda: a @ a, 0)
arrays()
arrays(100_000_000)
kernels()
poisson_lognormal()
