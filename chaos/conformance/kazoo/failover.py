"""Plain operations while servers are killed and started again."""
from lab import Background, Events, SERVERS, attempt, case, plain


@case("operations after the server of the client was killed")
def _(lab):
    zk = lab.rooted()
    zk.create(lab.root + "/a", b"1")
    with lab.without_server_of(zk):
        seen = [
            attempt(zk.retry, zk.get, lab.root + "/a"),
            attempt(zk.retry, zk.set, lab.root + "/a", b"2"),
            attempt(zk.retry, zk.create, lab.root + "/b", b""),
            attempt(zk.retry, zk.get_children, lab.root, include_data=True),
        ]
    seen[3]["ok"][0].sort()
    return seen


@case("what was confirmed survives the death of the leader and is on every server")
def _(lab):
    zk, confirmed, killed = lab.rooted(), [], Events()

    def write():
        for number in range(60):
            try:
                confirmed.append(zk.create("%s/%03d" % (lab.root, number)))
            except Exception:  # pylint: disable=broad-except
                # Lost with the leader: what happened to it is unknown, so it does not count.
                zk.retry(zk.sync, lab.root)
            killed.add(number)

    writing = Background(write)
    killed.wait(15)
    lab.kill("leader")
    result = writing.result()
    lab.start()
    there = []
    for server in SERVERS:
        reader = lab.client(hosts=server)
        reader.sync(lab.root)
        names = {lab.root + "/" + name for name in reader.get_children(lab.root)}
        there.append(set(confirmed) <= names)
    return [result, there, len(confirmed) > 40]


@case("data survives that all servers are killed and started")
def _(lab):
    zk = lab.rooted(timeout=10.0)
    zk.create(lab.root + "/a", b"kept")
    zk.set(lab.root + "/a", b"kept well")
    zk.create(lab.root + "/a/s-", sequence=True)
    before = [plain(zk.get(lab.root + "/a")), sorted(zk.get_children(lab.root + "/a"))]
    lab.kill("all")
    lab.start()
    after = [plain(zk.retry(zk.get, lab.root + "/a")), sorted(zk.retry(zk.get_children, lab.root + "/a"))]
    return [before, after, zk.retry(zk.create, lab.root + "/a/s-", sequence=True)]


@case("no server answers writes without a quorum")
def _(lab):
    zk = lab.rooted(timeout=10.0)
    lab.kill("followers")
    writing = Background(zk.retry, zk.create, lab.root + "/a", b"")
    pending = writing.running
    lab.start()
    # The request that was lost may have been done, and is then done already when it is made again.
    made = writing.result() in ({"ok": lab.root + "/a"}, {"error": "NodeExistsError"})
    return [pending, made, plain(zk.retry(zk.exists, lab.root + "/a"))]


@case("a follower that was away serves what it missed")
def _(lab):
    zk = lab.rooted(hosts=SERVERS[0])
    lab.kill(SERVERS[2])
    for number in range(100):
        zk.retry(zk.create, "%s/%03d" % (lab.root, number))
    lab.start(SERVERS[2])
    reader = lab.client(hosts=SERVERS[2])
    reader.sync(lab.root)
    return [len(reader.get_children(lab.root)), plain(reader.exists(lab.root))]
