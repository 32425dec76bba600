"""Counts the answers that schemathesis gets, and writes them to the file COUNTS: a status and a number a line."""

import atexit
import collections
import os
import threading

import schemathesis

counts = collections.Counter()
lock = threading.Lock()


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        counts[response.status_code] += 1


@schemathesis.hook
def after_network_error(context, case, request):
    # No answer at all: as many as zero can be told apart from every status.
    with lock:
        counts[0] += 1


@atexit.register
def write():
    with open(os.environ["COUNTS"], "w") as file:
        for status, number in sorted(counts.items()):
            file.write(f"{status} {number}\n")
