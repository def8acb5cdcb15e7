"""Threads: how many, and that a child made by fork has its own."""

from __future__ import annotations

import multiprocessing
import os
import threading

import binet
import numpy as np
import pytest
from test_predictions import assert_same_bits

LOGITS = np.random.default_rng(2).normal(size=(4000, 50)).astype(np.float32)
LABELS = np.random.default_rng(3).integers(0, 50, 4000)


def test_default_is_what_the_process_may_use() -> None:
    assert 1 <= binet.get_num_threads() <= len(os.sched_getaffinity(0))


def test_number_is_kept() -> None:
    before = binet.get_num_threads()
    try:
        binet.set_num_threads(3)
        assert binet.get_num_threads() == 3
    finally:
        binet.set_num_threads(before)


def in_child(seed: int) -> tuple[int, binet.Predictions]:
    order = np.random.default_rng(seed).permutation(len(LOGITS))
    predictions = binet.Predictions.from_logits(LOGITS[order], LABELS[order])
    return os.getpid(), predictions[np.argsort(order)]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("n_threads", [1, 4])
def test_children_made_by_fork_work_as_the_parent_does(n_threads: int) -> None:
    before = binet.get_num_threads()
    try:
        binet.set_num_threads(n_threads)
        expected = binet.Predictions.from_logits(LOGITS, LABELS)  # the parent has its threads now
        with multiprocessing.get_context("fork").Pool(2) as pool:
            answers = pool.map_async(in_child, range(4)).get(timeout=120)
        for process, predictions in answers:
            assert process != os.getpid()
            assert_same_bits(predictions, expected)
        assert_same_bits(binet.Predictions.from_logits(LOGITS, LABELS), expected)
    finally:
        binet.set_num_threads(before)


def test_calls_from_several_threads_at_once() -> None:
    expected = binet.Predictions.from_logits(LOGITS, LABELS)
    answers: list[binet.Predictions] = []

    def work() -> None:
        for n_threads in (1, 2, 3):
            binet.set_num_threads(n_threads)
            answers.append(binet.Predictions.from_logits(LOGITS, LABELS))

    before = binet.get_num_threads()
    threads = [threading.Thread(target=work) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        binet.set_num_threads(before)
    assert len(answers) == 12
    for predictions in answers:
        assert_same_bits(predictions, expected)
