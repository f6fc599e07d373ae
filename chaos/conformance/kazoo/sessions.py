"""Sessions: their time, their end, their move to other servers and other clients."""
import logging
import os
import signal
import socket
import subprocess
import sys
import time

from kazoo.client import KazooClient

from lab import Events, HOSTS, SERVERS, SESSION_S, WAIT_MAX_S, attempt, case, identity, plain, wait_until

#: A client in a process of its own, that can die or be paused; prints its states.
CHILD = """
import sys, threading
from kazoo.client import KazooClient
zk = KazooClient(sys.argv[1], timeout=float(sys.argv[3]))
zk.add_listener(lambda state: print(state, flush=True))
zk.start(30)
zk.create(sys.argv[2], ephemeral=True)
print("ready", flush=True)
threading.Event().wait()
"""


class _Child:
    def __init__(self, path, timeout_s):
        arguments = [sys.executable, "-B", "-c", CHILD, HOSTS, path, str(timeout_s)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.until("ready")

    def until(self, line):
        while not self.lines or self.lines[-1] != line:
            text = self.process.stdout.readline()
            if text == "":
                raise RuntimeError("the client ended: %r" % self.lines)
            self.lines.append(text.strip())

    def signal(self, number):
        os.kill(self.process.pid, number)


class _Negotiated(logging.Handler):
    """kazoo says the timeout that it got in its log only."""

    def __init__(self):
        super().__init__()
        self.timeouts = []

    def emit(self, record):
        if "negotiated session timeout" in str(record.msg):
            self.timeouts.append(record.args[2])


def _negotiated(lab, timeout_s):
    logger = logging.getLogger("conformance.negotiated.%s" % timeout_s)
    logger.setLevel(1)
    logger.propagate = False
    handler = _Negotiated()
    logger.addHandler(handler)
    lab.client(timeout=timeout_s, logger=logger)
    return handler.timeouts


@case("the session timeout is negotiated into 2 to 20 ticks")
def _(lab):
    return [_negotiated(lab, seconds) for seconds in (1.0, 2.5, 3.333, 10.0, 10.001, 3600.0)]


@case("closing a session removes its ephemerals")
def _(lab):
    zk, other, states = lab.rooted(), lab.client(), Events()
    other.add_listener(states.add)
    other.create(lab.root + "/e", ephemeral=True)
    other.create(lab.root + "/kept")
    other.stop()
    zk.sync(lab.root)
    return [zk.get_children(lab.root), plain(zk.exists(lab.root)), states.seen, other.client_state]


@case("a stopped client begins a new session")
def _(lab):
    zk = lab.rooted()
    first = zk.client_id[0]
    zk.create(lab.root + "/e", ephemeral=True)
    zk.stop()
    after = attempt(zk.exists, lab.root)
    zk.start(WAIT_MAX_S)
    return [after, identity(zk)[0] == first, zk.exists(lab.root + "/e")]


@case("another client takes a session over on the same server")
def _(lab):
    zk, states = lab.rooted(hosts=SERVERS[0]), Events()
    zk.create(lab.root + "/e", b"x", ephemeral=True)
    zk.add_listener(states.add)
    # Nowhere to go, so that it does not take its session back; and without a connection it tells no id.
    session = zk.client_id
    zk.set_hosts("127.0.0.1:1")
    taken = lab.client(hosts=SERVERS[0], client_id=session)
    seen = [identity(taken) == session, plain(taken.get(lab.root + "/e"))]
    states.wait(1)
    seen.append(list(states.seen))
    taken.stop()
    observer = lab.client()
    observer.sync(lab.root)
    return seen + [observer.get_children(lab.root)]


@case("a session that moved to another server is lost to the old connection")
def _(lab):
    zk = lab.rooted(hosts=SERVERS[0], command_retry={"max_tries": 0})
    zk.create(lab.root + "/e", b"x", ephemeral=True)
    session = zk.client_id
    zk.set_hosts("127.0.0.1:1")
    taken = lab.client(hosts=SERVERS[1], client_id=session)
    taken.create(lab.root + "/mine")
    # Whether the old connection is closed at once or at its next write is the server's choice.
    refused = attempt(zk.create_async(lab.root + "/old").get, timeout=2)
    taken.sync(lab.root)
    return ["error" in refused, sorted(taken.get_children(lab.root)), identity(taken) == session]


@case("a session that is closed cannot be taken over")
def _(lab):
    zk = lab.rooted()
    known = zk.client_id
    zk.stop()
    late, states = lab.client(start=False, client_id=known), Events()
    late.add_listener(states.add)
    late.start(WAIT_MAX_S)
    return [late.client_id[0] == known[0], states.seen]


@case("a session cannot be taken over with a wrong password")
def _(lab):
    zk = lab.rooted()
    zk.create(lab.root + "/e", ephemeral=True)
    session, seen = zk.client_id[0], []
    for password in (b"\x00" * 16, b"x" * 16, b"short", b""):
        thief, states = lab.client(start=False, client_id=(session, password)), Events()
        thief.add_listener(states.add)
        thief.start(WAIT_MAX_S)
        states.wait(1)
        own = wait_until(lambda thief=thief: thief.client_id, "a session of its own")
        seen.append([own[0] == session, states.seen])
        thief.stop()
    return [seen, zk.exists(lab.root + "/e") is not None]


@case("a session that never was cannot be taken over")
def _(lab):
    seen = []
    for session in (1, 0x7FFF000000000001):
        zk = lab.client(client_id=(session, b"x" * 16))
        seen.append(zk.client_id[0] == session)
    return seen


@case("a client that dies loses its ephemerals after the session timeout")
def _(lab):
    zk, events = lab.rooted(), Events()
    child = _Child(lab.root + "/e", 2.0)
    zk.sync(lab.root)
    zk.exists(lab.root + "/e", watch=events)
    died = time.monotonic()
    child.signal(signal.SIGKILL)
    child.process.wait()
    events.wait(1)
    # Its last heartbeat may be up to 2/3 of the timeout old; nothing may end before the rest.
    return [events.seen, time.monotonic() - died > 0.3, zk.get_children(lab.root)]


@case("a client that was paused too long learns that its session is over")
def _(lab):
    zk, events = lab.rooted(), Events()
    child = _Child(lab.root + "/e", 1.0)
    try:
        zk.sync(lab.root)
        zk.exists(lab.root + "/e", watch=events)
        child.signal(signal.SIGSTOP)
        events.wait(1)
        child.signal(signal.SIGCONT)
        child.until("CONNECTED")
    finally:
        child.signal(signal.SIGKILL)
        child.process.wait()
    return [events.seen, child.lines]


@case("an idle session is kept alive by its heartbeats")
def _(lab):
    zk, states = lab.rooted(timeout=1.0), Events()
    zk.create(lab.root + "/e", ephemeral=True)
    zk.add_listener(states.add)
    # Three session timeouts: time itself is what is tried here.
    time.sleep(3.0)
    return [zk.exists(lab.root + "/e") is not None, states.seen]


@case("a session moves with its client when its server is killed")
def _(lab):
    zk, states = lab.rooted(), Events()
    zk.add_listener(states.add)
    session = zk.client_id
    zk.create(lab.root + "/e", ephemeral=True)
    with lab.without_server_of(zk):
        same = identity(zk) == session
        alive = zk.retry(zk.exists, lab.root + "/e") is not None
    return [same, alive, states.seen]


@case("a session survives the death of the leader")
def _(lab):
    zk = lab.rooted()
    session = zk.client_id
    zk.create(lab.root + "/e", ephemeral=True)
    lab.kill("leader")
    zk.retry(zk.create, lab.root + "/after")
    children = sorted(zk.retry(zk.get_children, lab.root))
    lab.start()
    return [identity(zk) == session, children]


@case("a session survives that all servers are killed and started")
def _(lab):
    zk = lab.rooted(timeout=10.0)
    session = zk.client_id
    zk.create(lab.root + "/e", b"kept", ephemeral=True)
    lab.kill("all")
    lab.start()
    value = zk.retry(zk.get, lab.root + "/e")
    return [identity(zk) == session, plain(value)]


@case("the ephemerals of a client that dies with its server go too")
def _(lab):
    child = _Child(lab.root.replace("/", "/e-"), 2.0)
    zk, events = lab.rooted(), Events()
    path = lab.root.replace("/", "/e-")
    zk.sync(path)
    zk.exists(path, watch=events)
    child.signal(signal.SIGKILL)
    child.process.wait()
    lab.kill("leader")
    wait_until(lambda: zk.retry(zk.exists, path) is None, "the end of the ephemeral")
    lab.start()
    return zk.retry(zk.exists, path) is None


def _word(server, word):
    host, port = server.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(word)
        return connection.recv(1000).decode().strip()


@case("a server without a quorum says that it is read-only")
def _(lab):
    seen = [_word(server, b"isro") for server in SERVERS]
    lab.kill(SERVERS[0])
    lab.kill(SERVERS[1])
    wait_until(lambda: _word(SERVERS[2], b"isro") == "ro", "the read-only mode")
    lab.start()
    wait_until(lambda: _word(SERVERS[2], b"isro") == "rw", "the end of the read-only mode")
    return seen


@case("a client that is not read-only does not connect without a quorum")
def _(lab):
    lab.kill(SERVERS[0])
    lab.kill(SERVERS[1])
    zk = KazooClient(HOSTS, timeout=SESSION_S, connection_retry={"max_tries": -1, "delay": 0.05})
    refused = attempt(zk.start, 3)
    zk.stop()
    lab.start()
    return [refused, attempt(lab.client().exists, "/none")]
