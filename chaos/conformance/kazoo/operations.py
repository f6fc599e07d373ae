"""Every request of kazoo that is about one znode, and the limits of them."""
from kazoo.exceptions import ConnectionLoss

from lab import Events, WAIT_MAX_S, attempt, case, identity, plain, wait_until

#: The longest request that a server takes by default (jute.maxbuffer), bytes.
FRAME_MAX = 0xFFFFF


@case("create in all kinds")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    return [
        attempt(zk.create, base + "/a"),
        attempt(zk.create, base + "/b", b"value"),
        attempt(zk.create, base + "/null", None),
        attempt(zk.create, base + "/e", b"x", ephemeral=True),
        attempt(zk.create, base + "/s-", b"x", sequence=True),
        attempt(zk.create, base + "/es-", b"x", ephemeral=True, sequence=True),
        attempt(zk.create, base + "/", b"x", sequence=True),
        attempt(zk.create, base + "/deep/er", b"x"),
        attempt(zk.create, base + "/deep/er", b"x", makepath=True),
        attempt(zk.create, base + "/a"),
        attempt(zk.create, base + "/e/child"),
        attempt(zk.create, base + "/data", b"12345", include_data=True),
        attempt(zk.create, base + "/edata", b"12345", include_data=True, ephemeral=True),
        attempt(zk.create, "/"),
        attempt(zk.get, base + "/null"),
        attempt(zk.get, base + "/a"),
        attempt(zk.get, base + "/e"),
        sorted(zk.get_children(base)),
    ]


@case("sequence numbers count all creations")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    seen = [zk.create(base + "/s-", sequence=True) for _ in range(2)]
    zk.create(base + "/plain")
    seen.append(zk.create(base + "/t-", sequence=True))
    zk.delete(base + "/s-0000000000")
    seen.append(attempt(zk.create, base + "/plain"))
    seen.append(zk.create(base + "/s-", sequence=True))
    zk.delete(base, recursive=True)
    zk.create(base)
    seen.append(zk.create(base + "/s-", sequence=True))
    return seen


@case("delete")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    zk.create(base + "/a/b/c", makepath=True)
    zk.set(base + "/a/b/c", b"x")
    return [
        attempt(zk.delete, base + "/none"),
        attempt(zk.delete, base + "/a"),
        attempt(zk.delete, base + "/a/b/c", version=0),
        attempt(zk.delete, base + "/a/b/c", version=2),
        attempt(zk.delete, base + "/a/b/c", version=-2),
        attempt(zk.delete, base + "/a/b/c", version=1),
        attempt(zk.delete, base + "/a/b"),
        attempt(zk.delete, base, recursive=True),
        attempt(zk.exists, base),
        attempt(zk.delete, base, recursive=True),
    ]


@case("the system's znodes cannot be deleted")
def _(lab):
    zk = lab.client()
    paths = ("/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config")
    return [[path, attempt(zk.delete, path)] for path in paths]


@case("the system's znodes are there from the start")
def _(lab):
    zk = lab.client()
    return [
        sorted(name for name in zk.get_children("/") if name == "zookeeper"),
        sorted(zk.get_children("/zookeeper")),
        plain(zk.get_acls("/zookeeper/config")[0]),
        plain(zk.get_acls("/zookeeper")[0]),
        plain(zk.get_acls("/")[0]),
        attempt(zk.set, "/zookeeper/config", b"x"),
        attempt(zk.get, "/zookeeper"),
        attempt(zk.exists, "/zookeeper/quota"),
    ]


@case("set and its versions")
def _(lab):
    zk = lab.rooted()
    path = lab.root + "/a"
    zk.create(path, b"first")
    return [
        attempt(zk.set, path, b"second"),
        attempt(zk.set, path, b"third", version=0),
        attempt(zk.set, path, b"third", version=1),
        attempt(zk.set, path, b"fourth", version=-2),
        attempt(zk.set, path, b"", version=-1),
        attempt(zk.get, path),
        attempt(zk.set, path, None),
        attempt(zk.get, path),
        attempt(zk.set, lab.root + "/none", b"x"),
        attempt(zk.set, lab.root + "/none", b"x", version=3),
    ]


@case("a Stat through the life of a znode")
def _(lab):
    zk = lab.rooted()
    path = lab.root + "/a"
    stats = [zk.create(path, b"xyz", include_data=True)[1]]
    zk.create(path + "/1")
    stats.append(zk.exists(path))
    zk.create(path + "/2", ephemeral=True)
    stats.append(zk.exists(path))
    stats.append(zk.exists(path + "/2"))
    zk.set(path + "/1", b"x")
    stats.append(zk.exists(path))
    zk.delete(path + "/1")
    stats.append(zk.exists(path))
    stats.append(zk.set(path, b"longer"))
    stats.append(zk.set_acls(path, zk.get_acls(path)[0]))
    stats.append(zk.get(path)[1])
    stats.append(zk.get_children(path, include_data=True)[1])
    stats.append(zk.get_acls(path)[1])
    zk.delete(path, recursive=True)
    stats.append(zk.create(path, b"", include_data=True)[1])
    return [plain(stats), stats[-1].ctime == stats[-1].mtime, stats[7].mzxid == stats[6].mzxid]


@case("exists and get of what is there and what is not")
def _(lab):
    zk = lab.rooted()
    zk.create(lab.root + "/a", b"\x00\xff\x80")
    return [
        attempt(zk.exists, lab.root + "/none"),
        attempt(zk.get, lab.root + "/none"),
        attempt(zk.exists, lab.root + "/a"),
        zk.get(lab.root + "/a")[0].hex(),
        attempt(zk.get_children, lab.root + "/none"),
        attempt(zk.get_acls, lab.root + "/none"),
        attempt(zk.set_acls, lab.root + "/none", zk.get_acls(lab.root)[0]),
        attempt(zk.get_children, lab.root + "/a"),
    ]


@case("children with and without the Stat")
def _(lab):
    zk = lab.rooted()
    for name in ("c", "a", "b"):
        zk.create(lab.root + "/" + name)
    children, stat = zk.get_children(lab.root, include_data=True)
    return [sorted(zk.get_children(lab.root)), sorted(children), plain(stat)]


@case("a thousand children")
def _(lab):
    zk = lab.rooted()
    made = [zk.create_async(lab.root + "/child-%04d" % number) for number in range(1000)]
    for each in made:
        each.get(timeout=WAIT_MAX_S)
    children, stat = zk.get_children(lab.root, include_data=True)
    return [len(children), min(children), max(children), plain(stat)]


@case("answers come in the order of the requests")
def _(lab):
    zk = lab.rooted()
    path = lab.root + "/a"
    zk.create(path, b"0")
    order, results = Events(), []
    for number in range(1, 101):
        results.append(zk.set_async(path, b"%d" % number))
        results[-1].rawlink(lambda _, number=number: order.add("set %d" % number))
        results.append(zk.get_async(path))
        results[-1].rawlink(lambda _, number=number: order.add("get %d" % number))
    values = [result.get(timeout=WAIT_MAX_S) for result in results]
    order.wait(200)
    return [order.seen == [w + " %d" % n for n in range(1, 101) for w in ("set", "get")],
            [value[0].decode() for value in values[1::2]] == [str(n) for n in range(1, 101)],
            [stat.version for stat in values[0::2]] == list(range(1, 101))]


@case("sync")
def _(lab):
    zk = lab.rooted()
    return [attempt(zk.sync, lab.root), attempt(zk.sync, lab.root + "/none"), attempt(zk.sync, "/")]


@case("sync shows what another client wrote on another server")
def _(lab):
    from lab import SERVERS
    writer, reader = lab.rooted(hosts=SERVERS[0]), lab.client(hosts=SERVERS[1])
    seen = []
    for number in range(20):
        writer.create(lab.root + "/n%d" % number)
        reader.sync(lab.root)
        seen.append(reader.exists(lab.root + "/n%d" % number) is not None)
    return seen


@case("chroot")
def _(lab):
    outside = lab.rooted()
    zk = lab.client(hosts=lab.client().hosts and ",".join(_hosts()) + lab.root)
    events = Events()
    seen = [
        attempt(zk.create, "/a", b"x"),
        attempt(zk.create, "/a/s-", sequence=True),
        attempt(zk.exists, "/a", watch=events),
        attempt(zk.get_children, "/", watch=events),
        attempt(zk.delete, "/a", recursive=True),
        events.wait(2),
        attempt(zk.create, "/data", b"x", include_data=True),
        attempt(outside.sync, lab.root) and attempt(outside.get, lab.root + "/data"),
    ]
    lost = lab.client(hosts=",".join(_hosts()) + lab.root + "/nowhere")
    return seen + [
        attempt(lost.exists, "/"),
        attempt(lost.create, "/a"),
        attempt(lost.ensure_path, "/a"),
        attempt(lost.exists, "/a"),
        attempt(lost.sync, "/a"),
    ]


def _hosts():
    from lab import SERVERS
    return SERVERS


@case("unicode in paths and names")
def _(lab):
    zk = lab.rooted()
    names = {
        "latin": "ünïcödé", "cjk": "日本語", "combining": "e\u0301", "cyrillic": "мир",
        "emoji": "\U0001f642", "space": "a b", "private": "\ue000", "surrogate end": "\uf8ff",
        "after": "\uf900", "specials": "\ufff0", "replacement": "\ufffd", "nul": "a\u0000b",
        "control": "a\u0001b", "tab": "a\tb", "delete": "a\u007fb", "c1": "a\u009fb",
        "nbsp": "a\u00a0b", "three dots": "...", "dotted": "a.b", "percent": "%2F",
    }
    seen = {key: attempt(zk.create, lab.root + "/" + name) for key, name in names.items()}
    return [seen, sorted(zk.get_children(lab.root))]


@case("ensure_path")
def _(lab):
    zk = lab.client()
    return [
        attempt(zk.ensure_path, lab.root + "/a/b/c"),
        attempt(zk.ensure_path, lab.root + "/a/b/c"),
        sorted(zk.get_children(lab.root + "/a")),
    ]


def _data_for_frame(path, frame):
    """The data of a create with the open ACL whose request is so many bytes long."""
    return b"x" * (frame - (8 + 4 + len(path) + 4 + 4 + 4 + 4 + 5 + 4 + 6 + 4))


@case("the longest request is taken and one byte more ends the connection")
def _(lab):
    zk = lab.rooted(command_retry={"max_tries": 0})
    states = Events()
    zk.add_listener(states.add)
    path = lab.root + "/big"
    longest = attempt(zk.create, path, _data_for_frame(path, FRAME_MAX))
    stat = plain(zk.exists(path))
    zk.delete(path)
    too_long = attempt(zk.create, path, _data_for_frame(path, FRAME_MAX + 1))
    states.wait(2)
    wait_until(lambda: zk.connected, "the reconnect")
    return [longest, stat, too_long, states.seen, attempt(zk.retry, zk.exists, path)]


@case("a request far too long ends the connection and not the session")
def _(lab):
    zk = lab.rooted()
    session = zk.client_id
    zk.create(lab.root + "/e", ephemeral=True)
    try:
        zk.create(lab.root + "/big", b"x" * (5 << 20))
        failed = None
    except ConnectionLoss as error:
        failed = type(error).__name__
    wait_until(lambda: zk.connected, "the reconnect")
    return [failed, zk.retry(zk.exists, lab.root + "/e") is not None, session == identity(zk)]
