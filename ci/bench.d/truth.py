"""Arithmetic on the truth file of `weir target` (docs/target.md), independent of weir's code."""

import heapq
import re
from dataclasses import dataclass

import numpy


@dataclass
class Truth:
    """All times in ns of CLOCK_MONOTONIC, in order of arrival."""

    epoch: int
    arrival: numpy.ndarray
    service: numpy.ndarray
    planned: numpy.ndarray


def read(path):
    with open(path, encoding="ascii") as file:
        epoch = int(re.search(r"epoch_ns=(\d+)", file.readline()).group(1))
        rows = numpy.loadtxt(file, dtype=numpy.int64, delimiter=",", comments="#", skiprows=2,
                             ndmin=2)
    answered = rows[rows[:, 3] != 0]
    order = numpy.argsort(answered[:, 0], kind="stable")
    return Truth(epoch, *(answered[order, column] for column in range(3)))


def quantile(values, q):
    """The smallest value that at least the share q does not exceed."""
    return float(numpy.quantile(values, q, method="inverted_cdf"))


def schedule_error(arrival, rate):
    """|arrival - ideal instant| in ns. The n-th arrival belongs to the n-th instant of the evenly
    spaced plan; where the plan began is the median of what the arrivals say."""
    offset = arrival - numpy.arange(len(arrival)) * (1e9 / rate)
    return numpy.abs(offset - numpy.median(offset))


def gap_variation(arrival):
    """Coefficient of variation of the gaps: 0 = even, 1 = Poisson, more = bursts."""
    gaps = numpy.diff(arrival)
    return float(numpy.std(gaps) / numpy.mean(gaps))


def plan_begin(truth, rate):
    """When request 0 was due, ns: early arrivals are those that nothing delayed."""
    offset = truth.arrival - numpy.arange(len(truth.arrival)) * (1e9 / rate)
    return quantile(offset, 0.05)


def due_instants(truth, rate):
    return plan_begin(truth, rate) + numpy.arange(len(truth.arrival)) * (1e9 / rate)


def recorded_response(truth, rate):
    """Due instant to the last byte, by the server's record: first come, first served."""
    return numpy.sort(truth.arrival + truth.service) - due_instants(truth, rate)


def perfect_client(truth, rate, connections, stall_ns, every_ns):
    """Response times that a client without any lateness would have had: `connections` connections,
    each used by one request at a time, requests in order of their due instants, the server's
    planned latency and stalls. An exact simulation, request by request."""
    free = [0.0] * connections
    response = numpy.empty(len(truth.arrival))
    for n, due in enumerate(due_instants(truth, rate)):
        sent = max(due, heapq.heappop(free))
        release = sent + truth.planned[n]
        phase = (release - truth.epoch) % every_ns
        if phase >= every_ns - stall_ns:
            release += every_ns - phase
        heapq.heappush(free, release)
        response[n] = release - due
    return response
