"""What the cases stand on: the lines that the harness reads, clients that are closed, plain values."""
import json
import os
import sys
import threading
import time
import traceback
from contextlib import contextmanager

from kazoo.client import KazooClient
from kazoo.protocol.states import WatchedEvent, ZnodeStat
from kazoo.security import ACL

HOSTS = os.environ["ZK_HOSTS"]
SERVERS = HOSTS.split(",")
SUPER = os.environ["ZK_SUPER"]
#: A case that has not ended by then is given up.
CASE_MAX_S = 60
#: How long any one thing may take to come about.
WAIT_MAX_S = 30
POLL_S = 0.01
SESSION_S = 6.0

_CASES = []
_output = threading.Lock()


def case(name):
    """Registers a function that is given a `Lab` and returns what the client saw."""

    def register(function):
        _CASES.append((name, function))
        return function

    return register


def say(word, value):
    with _output:
        sys.stdout.write("@%s %s\n" % (word, json.dumps(value, ensure_ascii=True)))
        sys.stdout.flush()


def wait_until(condition, what):
    """Returns what the condition returned first that is true. Raises when nothing comes in 30 s."""
    deadline = time.monotonic() + WAIT_MAX_S
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError("waited %s s for %s" % (WAIT_MAX_S, what))
        time.sleep(POLL_S)


def identity(client):
    """Its session's id and password; kazoo tells them only while it is connected."""
    return wait_until(lambda: client.client_id, "a connection")


def plain(value):
    """A value as JSON, without what differs from run to run."""
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, ZnodeStat):
        return {
            "version": value.version,
            "cversion": value.cversion,
            "aversion": value.aversion,
            "ephemeral": value.ephemeralOwner != 0,
            "dataLength": value.dataLength,
            "numChildren": value.numChildren,
            "unchanged": value.czxid == value.mzxid,
            "childless": value.czxid == value.pzxid,
        }
    if isinstance(value, WatchedEvent):
        return [value.type, value.state, value.path]
    if isinstance(value, ACL):
        return [value.perms, value.id.scheme, value.id.id]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def attempt(function, *args, **kwargs):
    """What it returns, or the name of the error that it raises."""
    try:
        return {"ok": plain(function(*args, **kwargs))}
    except Exception as error:  # pylint: disable=broad-except
        return {"error": type(error).__name__}


class Events:
    """Collects watch events; an instance is given to kazoo as the watcher."""

    def __init__(self):
        self.seen = []
        self._changed = threading.Condition()

    def __call__(self, event):
        self.add(plain(event))

    def add(self, value):
        with self._changed:
            self.seen.append(value)
            self._changed.notify_all()

    def wait(self, count):
        """Waits for so many, and returns all."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.seen) >= count, WAIT_MAX_S):
                raise TimeoutError("waited for %d events, came: %r" % (count, self.seen))
            return list(self.seen)

    def settled(self, client, path):
        """All events up to now: those of one client are delivered in the order they were sent in."""
        fence = Events()
        client.exists(path + "-fence", watch=fence)
        client.create(path + "-fence")
        fence.wait(1)
        client.delete(path + "-fence")
        return list(self.seen)


class Background:
    """A function in a thread of its own, with what it returned or raised."""

    def __init__(self, function, *args, **kwargs):
        self._outcome = None

        def run():
            self._outcome = attempt(function, *args, **kwargs)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    @property
    def running(self):
        return self._thread.is_alive()

    def result(self):
        self._thread.join(WAIT_MAX_S)
        if self._thread.is_alive():
            raise TimeoutError("a thread did not end in %s s" % WAIT_MAX_S)
        return self._outcome


class Lab:
    """What one case has: a path of its own, clients that are stopped after it, servers to kill."""

    _said = threading.Lock()

    def __init__(self, name):
        self.root = "/" + name.replace(" ", "-").replace("/", "-")
        self._clients = []
        self.disturbed = False

    def client(self, hosts=HOSTS, timeout=SESSION_S, start=True, **options):
        options.setdefault("command_retry", {"max_tries": -1, "delay": 0.05, "max_delay": 0.2})
        options.setdefault("connection_retry", {"max_tries": -1, "delay": 0.05, "max_delay": 0.2})
        client = KazooClient(hosts, timeout=timeout, **options)
        self._clients.append(client)
        if start:
            client.start(WAIT_MAX_S)
        return client

    def rooted(self, **options):
        """A client, and the case's own znode, there."""
        client = self.client(**options)
        client.ensure_path(self.root)
        client.sync(self.root)
        return client

    def server_of(self, client):
        return "%s:%d" % client._connection._socket.getpeername()  # pylint: disable=protected-access

    def kill(self, who):
        self.disturbed = True
        self._do({"kill": who})

    def start(self, who="all"):
        self._do({"start": who})

    @contextmanager
    def without_server_of(self, client):
        """Kills the server that the client is connected to; starts it again at the end."""
        killed = self.server_of(client)
        self.kill(killed)
        wait_until(lambda: self._moved(client, killed), "the client to move to another server")
        yield killed
        self.start(killed)

    def _moved(self, client, killed):
        if not client.connected:
            return False
        try:
            return self.server_of(client) != killed
        except (OSError, AttributeError):
            return False

    def _do(self, deed):
        with Lab._said:
            say("do", deed)
            answer = sys.stdin.readline().strip()
        if answer != "ok":
            raise RuntimeError("%r was answered with %r" % (deed, answer))

    def close(self):
        for client in self._clients:
            try:
                client.stop()
                client.close()
            except Exception:  # pylint: disable=broad-except
                traceback.print_exc()
        if self.disturbed:
            self.start()


def run_all(pattern):
    for name, function in _CASES:
        if pattern in name:
            _run(name, function)


def _run(name, function):
    started = time.monotonic()
    lab = Lab(name)
    done = threading.Event()
    outcome = []

    def body():
        try:
            outcome.append(("case", {"name": name, "observed": plain(function(lab))}))
        except BaseException as error:  # pylint: disable=broad-except
            traceback.print_exc()
            outcome.append(("error", {"name": name, "error": "%s: %s" % (type(error).__name__, error)}))
        finally:
            done.set()

    threading.Thread(target=body, daemon=True).start()
    if not done.wait(CASE_MAX_S):
        outcome.append(("error", {"name": name, "error": "no end after %s s" % CASE_MAX_S}))
    lab.close()
    sys.stderr.write("%s: %.1f s\n" % (name, time.monotonic() - started))
    say(*outcome[0])
