"""Golden rows of predictions and calibration errors, from float64 NumPy alone: prints predictions.h.

python tests/golden/predictions.py > tests/golden/predictions.h
"""

import numpy as np

N, C, ROWS = 400, 37, 12


def steps(n: int, seed: int) -> list[int]:
    """The generator of tests/scores.h."""
    out, state = [], seed
    for _ in range(n):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append(state)
    return out


def reduce(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Columns predicted, rank, confidence, true probability, nll, brier, entropy of probabilities [N, C]."""
    rows = np.arange(len(p))
    true = p[rows, labels]
    lower = np.arange(p.shape[1]) < labels[:, None]
    rank = 1 + (p > true[:, None]).sum(1) + ((p == true[:, None]) & lower).sum(1)
    one_hot = np.eye(p.shape[1])[labels]
    logs = np.log(np.where(p > 0, p, 1.0))
    return np.stack(
        [p.argmax(1), rank, p.max(1), true, -np.log(true), ((p - one_hot) ** 2).sum(1), -(p * logs).sum(1)], 1
    )


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def ece(table: np.ndarray, labels: np.ndarray, n_bins: int, mass: bool) -> list[float]:
    right, confidence = table[:, 0] == labels, table[:, 2]
    if mass:
        parts = np.array_split(np.lexsort((right, confidence)), n_bins)
    else:
        edges = np.linspace(0, 1, n_bins + 1)
        bins = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)
        parts = [np.flatnonzero(bins == b) for b in range(n_bins)]
    gaps = np.array([abs(right[i].mean() - confidence[i].mean()) if len(i) else 0.0 for i in parts])
    shares = np.array([len(i) for i in parts]) / len(labels)
    return [shares @ gaps, gaps.max(), np.sqrt(shares @ gaps**2)]


logits = np.array([(s >> 40) * 2.0**-20 - 8.0 for s in steps(N * C, 1)]).reshape(N, C)
labels = np.array([(s >> 33) % C for s in steps(N, 2)])
subset = np.arange(1, C, 3)
inside = labels % len(subset)
weights = np.array([float((s >> 52) + 1) for s in steps(N * C, 3)]).reshape(N, C)
of_subset = reduce(softmax(logits[:, subset]), inside)
of_subset[:, 0] = subset[of_subset[:, 0].astype(int)]
cases = {
    "plain": reduce(softmax(logits), labels),
    "warm": reduce(softmax(logits / 1.7), labels),
    "kept": of_subset,
    "given": reduce(weights / weights.sum(1, keepdims=True), labels),
}
print("/* Written by predictions.py beside it. */")
for name, table in cases.items():
    print(f"static const double golden_{name}[{ROWS}][7] = {{")
    for row in table[:ROWS]:
        print("    {" + ", ".join(repr(float(v)) for v in row) + "},")
    print("};")
print("/* Bins, equal mass, then ECE, MCE and RMS of `plain`. */")
print("static const double golden_errors[][5] = {")
for n_bins in (1, 7, 10, 15, 100):
    for mass in (False, True):
        values = ece(cases["plain"], labels, n_bins, mass)
        print("    {" + ", ".join([str(n_bins), str(int(mass)), *(repr(float(v)) for v in values)]) + "},")
print("};")
digest = 14695981039346656037
for n_bins in range(1, 1001):
    for byte in np.linspace(0, 1, n_bins + 1).tobytes():
        digest = ((digest ^ byte) * 1099511628211) % 2**64
print("/* FNV-1a over the bytes of numpy.linspace(0, 1, B + 1) for B = 1 .. 1000. */")
print(f"static const uint64_t golden_edges = {digest}u;")
