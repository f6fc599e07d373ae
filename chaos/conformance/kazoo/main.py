"""The conformance suite of kazoo. What it prints is described in ../suite-lines.ts."""
import importlib
import logging
import os
import sys

from lab import run_all

#: Modules of cases, in the order in which they run. The last one changes the ensemble itself.
PARTS = ("operations", "transactions", "acl", "watches", "sessions", "locks", "queues", "failover", "ensemble")

if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    for part in PARTS:
        importlib.import_module(part)
    run_all(os.environ.get("ZK_CASES", ""))
    sys.stdout.flush()
    # Threads of clients that a broken case left are not waited for.
    os._exit(0)  # pylint: disable=protected-access
