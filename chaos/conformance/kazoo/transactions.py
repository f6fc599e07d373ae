"""Transactions: each operation in one, each way to fail, and what is left then."""
from kazoo.security import make_digest_acl

from lab import Events, attempt, case, plain


def _commit(zk, *steps):
    transaction = zk.transaction()
    for name, *args in steps:
        options = args.pop() if args and isinstance(args[-1], dict) else {}
        getattr(transaction, name)(*args, **options)
    return attempt(transaction.commit)


@case("multi does each operation and answers for each")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    zk.create(base + "/old", b"x")
    seen = _commit(
        zk,
        ("check", base + "/old", 0),
        ("create", base + "/a", b"1"),
        ("create", base + "/a/s-", b"2", {"sequence": True}),
        ("create", base + "/a/s-", b"2", {"sequence": True}),
        ("create", base + "/a/e", b"3", {"ephemeral": True}),
        ("set_data", base + "/a", b"4"),
        ("set_data", base + "/a", b"5", 1),
        ("check", base + "/a", 2),
        ("delete", base + "/old"),
        ("delete", base + "/a/s-0000000000", 0),
    )
    return [seen, sorted(zk.get_children(base)), sorted(zk.get_children(base + "/a")),
            plain(zk.get(base + "/a")), plain(zk.get(base + "/a/e"))]


@case("multi has one zxid for all")
def _(lab):
    zk = lab.rooted()
    transaction = zk.transaction()
    transaction.create(lab.root + "/a")
    transaction.create(lab.root + "/b")
    transaction.commit()
    a, b, root = (zk.exists(lab.root + name) for name in ("/a", "/b", ""))
    return [a.czxid == b.czxid, a.ctime == b.ctime, root.pzxid == a.czxid]


@case("multi rolls all back at the first failure")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    zk.create(base + "/old", b"x")
    failures = {
        "create existing": ("create", base + "/old", b""),
        "create without parent": ("create", base + "/no/way", b""),
        "create below ephemeral": ("create", base + "/e/x", b""),
        "delete missing": ("delete", base + "/none"),
        "delete not empty": ("delete", base),
        "delete version": ("delete", base + "/old", 7),
        "set missing": ("set_data", base + "/none", b""),
        "set version": ("set_data", base + "/old", b"", 7),
        "check missing": ("check", base + "/none", -1),
        "check version": ("check", base + "/old", 7),
        "delete root": ("delete", "/"),
    }
    zk.create(base + "/e", ephemeral=True)
    seen = {}
    for name, step in failures.items():
        before, after = ("create", base + "/new", b""), ("set_data", base + "/old", b"y")
        seen[name] = [_commit(zk, step, before, after), _commit(zk, before, step, after),
                      _commit(zk, before, after, step)]
    return [seen, sorted(zk.get_children(base)), plain(zk.get(base + "/old"))]


@case("multi with nothing in it")
def _(lab):
    return _commit(lab.rooted())


@case("multi of one")
def _(lab):
    zk = lab.rooted()
    return [_commit(zk, ("create", lab.root + "/a", b"")), _commit(zk, ("check", lab.root + "/a", 0)),
            _commit(zk, ("check", lab.root + "/a", 1)), _commit(zk, ("check", lab.root + "/a", -1)),
            _commit(zk, ("delete", lab.root + "/a"))]


@case("multi sees what its earlier operations did")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    return [
        _commit(zk, ("create", base + "/a", b""), ("delete", base + "/a"), ("create", base + "/a", b"2")),
        plain(zk.get(base + "/a")),
        _commit(zk, ("create", base + "/p", b""), ("create", base + "/p/c", b""), ("delete", base + "/p")),
        _commit(zk, ("create", base + "/p", b""), ("create", base + "/p/c", b""),
                ("delete", base + "/p/c"), ("delete", base + "/p")),
        _commit(zk, ("create", base + "/f", b"", {"ephemeral": True}), ("create", base + "/f/c", b"")),
        _commit(zk, ("set_data", base + "/a", b""), ("check", base + "/a", 0)),
        _commit(zk, ("set_data", base + "/a", b""), ("check", base + "/a", 1)),
        sorted(zk.get_children(base)),
    ]


@case("a rolled back multi uses no sequence number and no version")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    zk.create(base + "/a", b"")
    _commit(zk, ("create", base + "/s-", b"", {"sequence": True}), ("set_data", base + "/a", b"x"),
            ("check", base + "/none", -1))
    return [zk.create(base + "/s-", sequence=True), plain(zk.get(base + "/a")), plain(zk.exists(base))]


@case("multi and ACLs")
def _(lab):
    owner, other = lab.rooted(auth_data=[("digest", "owner:pw")]), lab.client()
    base = lab.root
    owner.create(base + "/p", b"", acl=[make_digest_acl("owner", "pw", all=True)])
    owner.create(base + "/p/c", b"", acl=[make_digest_acl("owner", "pw", all=True)])
    other.sync(base)
    steps = [("create", base + "/p/x", b""), ("delete", base + "/p/c"),
             ("set_data", base + "/p/c", b"y"), ("check", base + "/p/c", 0)]
    return [[_commit(other, ("create", base + "/t", b""), step) for step in steps],
            [_commit(owner, step) for step in steps], sorted(owner.get_children(base))]


@case("multi triggers the watches of each operation after all is done")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    zk.create(base + "/a", b"")
    zk.create(base + "/b", b"")
    events = Events()
    zk.get(base + "/a", watch=events)
    zk.exists(base + "/c", watch=events)
    zk.get(base + "/b", watch=events)
    zk.get_children(base, watch=events)
    seen = _commit(zk, ("create", base + "/c", b""), ("set_data", base + "/a", b"x"),
                   ("delete", base + "/b"))
    return [seen, events.settled(zk, base)]


@case("a rolled back multi triggers nothing")
def _(lab):
    zk = lab.rooted()
    base = lab.root
    zk.create(base + "/a", b"")
    events = Events()
    zk.get(base + "/a", watch=events)
    zk.get_children(base, watch=events)
    _commit(zk, ("set_data", base + "/a", b"x"), ("create", base + "/c", b""), ("check", "/none", -1))
    return events.settled(zk, base)


@case("a multi as long as the limit")
def _(lab):
    zk = lab.rooted()
    transaction = zk.transaction()
    for number in range(900):
        transaction.create("%s/%03d" % (lab.root, number), b"x" * 1000)
    return [len([each for each in transaction.commit() if isinstance(each, str)]),
            len(zk.get_children(lab.root))]
