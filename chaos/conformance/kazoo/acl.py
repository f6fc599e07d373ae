"""Who may do what, and how a client says who it is."""
from kazoo.security import ACL, CREATOR_ALL_ACL, Id, OPEN_ACL_UNSAFE, Permissions, READ_ACL_UNSAFE
from kazoo.security import make_acl, make_digest_acl

from lab import Events, SUPER, attempt, case, plain, wait_until

OWNER = ("digest", "owner:pw")
OTHER = ("digest", "other:pw")


def _owned(**permissions):
    return make_digest_acl("owner", "pw", **permissions)


@case("ACLs are kept as they were set")
def _(lab):
    zk = lab.rooted()
    path = lab.root + "/a"
    lists = [
        OPEN_ACL_UNSAFE,
        READ_ACL_UNSAFE,
        [_owned(read=True, write=True)],
        [_owned(all=True), make_acl("world", "anyone", read=True, admin=True)],
        [make_acl("ip", "127.0.0.1", all=True)],
        [make_acl("ip", "127.0.0.0/8", all=True)],
        [make_acl("ip", "10.0.0.1", all=True), make_acl("world", "anyone", all=True)],
    ]
    seen = []
    for acls in lists:
        seen.append(attempt(zk.create, path, b"", acl=acls))
        seen.append(attempt(zk.get_acls, path))
        seen.append(attempt(zk.delete, path))
    return seen


@case("ACLs that are none are refused")
def _(lab):
    zk = lab.rooted()
    path = lab.root + "/a"
    wrong = {
        "unknown scheme": [make_acl("nobody", "x", all=True)],
        "world someone": [make_acl("world", "someone", all=True)],
        "digest without colon": [make_acl("digest", "owner", all=True)],
        "digest with two colons": [make_acl("digest", "a:b:c", all=True)],
        "digest unhashed": [make_acl("digest", "a:b", all=True)],
        "ip nonsense": [make_acl("ip", "localhost", all=True)],
        "ip long prefix": [make_acl("ip", "127.0.0.1/33", all=True)],
        "ip negative prefix": [make_acl("ip", "127.0.0.1/-1", all=True)],
        "ip three parts": [make_acl("ip", "127.0.0", all=True)],
        "ip v6": [make_acl("ip", "::1", all=True)],
        "auth of nobody": CREATOR_ALL_ACL,
        "no permission": [ACL(0, Id("world", "anyone"))],
        "all and more": [ACL(63, Id("world", "anyone"))],
        "negative": [ACL(-1, Id("world", "anyone"))],
        "empty scheme": [make_acl("", "x", all=True)],
        "one good one bad": OPEN_ACL_UNSAFE + [make_acl("nobody", "x", all=True)],
        "twice the same": OPEN_ACL_UNSAFE + OPEN_ACL_UNSAFE,
    }
    zk.create(lab.root + "/set", b"")
    seen = {}
    for name, acls in wrong.items():
        created = attempt(zk.create, path, b"", acl=acls)
        kept = attempt(zk.get_acls, path)
        if "ok" in created:
            zk.delete(path)
        seen[name] = [created, kept, attempt(zk.set_acls, lab.root + "/set", acls)]
        if "ok" in seen[name][2]:
            zk.delete(lab.root + "/set")
            zk.create(lab.root + "/set", b"")
    seen["empty"] = [attempt(zk.set_acls, lab.root + "/set", [])]
    return seen


@case("the errors of a create come in ZooKeeper's order")
def _(lab):
    zk = lab.rooted()
    base, bad = lab.root, [make_acl("nobody", "x", all=True)]
    zk.create(base + "/closed", b"", acl=[_owned(all=True)])
    zk.create(base + "/e", b"", ephemeral=True)
    return {
        "bad ACL, no parent": attempt(zk.create, base + "/no/a", b"", acl=bad),
        "bad ACL, exists": attempt(zk.create, base, b"", acl=bad),
        "bad ACL, denied": attempt(zk.create, base + "/closed/a", b"", acl=bad),
        "denied, bad path": attempt(zk.create, base + "/closed/a\u0001", b""),
        "ephemeral parent, bad ACL": attempt(zk.create, base + "/e/a", b"", acl=bad),
        "denied, exists": attempt(zk.create, base + "/closed", b""),
        "set denied, version": attempt(zk.set, base + "/closed", b"", version=9),
        "delete with version below closed": attempt(zk.delete, base + "/closed", version=9),
        "set_acls denied, version": attempt(zk.set_acls, base + "/closed", OPEN_ACL_UNSAFE, version=9),
        "set_acls bad, missing": attempt(zk.set_acls, base + "/none", bad),
        "set_acls bad, denied": attempt(zk.set_acls, base + "/closed", bad),
    }


@case("set_acls and its versions")
def _(lab):
    zk = lab.rooted()
    path = lab.root + "/a"
    zk.create(path, b"")
    return [
        attempt(zk.set_acls, path, OPEN_ACL_UNSAFE),
        attempt(zk.set_acls, path, OPEN_ACL_UNSAFE, version=0),
        attempt(zk.set_acls, path, OPEN_ACL_UNSAFE, version=1),
        attempt(zk.set_acls, path, OPEN_ACL_UNSAFE, version=-2),
        attempt(zk.set, path, b"x", version=0),
        attempt(zk.get, path),
        attempt(zk.get_acls, path),
    ]


def _everything(zk, base):
    """Each operation on a znode with a child, in an order in which one does not hide the next."""
    return {
        "exists": attempt(zk.exists, base),
        "get": attempt(zk.get, base),
        "get_children": attempt(zk.get_children, base),
        "get_children2": attempt(zk.get_children, base, include_data=True),
        "get_acls": attempt(zk.get_acls, base),
        "set": attempt(zk.set, base, b"y"),
        "create": attempt(zk.create, base + "/new", b""),
        "delete": attempt(zk.delete, base + "/child"),
        "set_acls": attempt(zk.set_acls, base, zk.default_acl or [_owned(all=True)]),
        "sync": attempt(zk.sync, base),
    }


@case("each permission allows what it is for and nothing else")
def _(lab):
    owner, other = lab.rooted(auth_data=[OWNER]), lab.client()
    seen = {}
    for name in ("read", "write", "create", "delete", "admin"):
        base = lab.root + "/" + name
        owner.create(base, b"x", acl=[_owned(all=True), make_acl("world", "anyone", **{name: True})])
        owner.create(base + "/child", b"", acl=[_owned(all=True)])
        other.sync(base)
        seen[name] = _everything(other, base)
    return seen


@case("a client without credentials is denied and with them is not")
def _(lab):
    owner, other = lab.rooted(auth_data=[OWNER]), lab.client()
    base = lab.root + "/a"
    owner.create(base, b"x", acl=[_owned(all=True)])
    owner.create(base + "/child", b"", acl=[_owned(all=True)])
    other.sync(base)
    denied = _everything(other, base)
    wrong = attempt(other.add_auth, "digest", "owner:wrong")
    still = attempt(other.get, base)
    right = attempt(other.add_auth, *OWNER)
    return [denied, wrong, still, right, _everything(other, base)]


@case("the creator's ACL holds all of its identities")
def _(lab):
    zk = lab.rooted(auth_data=[OWNER])
    zk.add_auth(*OTHER)
    zk.create(lab.root + "/a", b"", acl=CREATOR_ALL_ACL)
    acls = zk.get_acls(lab.root + "/a")[0]
    mixed = CREATOR_ALL_ACL + [make_acl("world", "anyone", read=True)]
    zk.create(lab.root + "/b", b"", acl=mixed)
    return [sorted(plain(acls)), sorted(plain(zk.get_acls(lab.root + "/b")[0]))]


@case("digests are masked for those who may not administer")
def _(lab):
    owner, other = lab.rooted(auth_data=[OWNER]), lab.client()
    path = lab.root + "/a"
    owner.create(path, b"", acl=[_owned(all=True), make_acl("world", "anyone", read=True),
                                 make_acl("ip", "10.1.2.3", read=True)])
    other.sync(path)
    return [plain(other.get_acls(path)[0]), plain(owner.get_acls(path)[0])]


@case("the ip scheme allows the addresses that it names")
def _(lab):
    zk = lab.rooted(auth_data=[OWNER])
    seen = {}
    for ip in ("127.0.0.1", "127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0", "127.1.0.0/16", "10.0.0.0/8"):
        path = lab.root + "/" + ip.replace("/", "_")
        created = attempt(zk.create, path, b"x", acl=[make_acl("ip", ip, read=True)])
        seen[ip] = [created, attempt(zk.get, path), attempt(zk.set, path, b"y")]
    return seen


@case("the super user may do all")
def _(lab):
    owner, root = lab.rooted(auth_data=[OWNER]), lab.client(auth_data=[("digest", SUPER)])
    base = lab.root + "/a"
    owner.create(base, b"x", acl=[_owned(all=True)])
    owner.create(base + "/child", b"", acl=[_owned(all=True)])
    root.sync(base)
    denied = attempt(lab.client(auth_data=[("digest", "super:wrong")]).get, base)
    return [_everything(root, base), denied]


@case("an unknown scheme of authentication ends the session")
def _(lab):
    zk = lab.rooted(command_retry={"max_tries": 0})
    states = Events()
    zk.add_listener(states.add)
    seen = [attempt(zk.add_auth, "nobody", "x:y")]
    wait_until(lambda: zk.client_state == "CLOSED", "the end of the client")
    return seen + [plain(states.seen), attempt(zk.exists, lab.root)]


@case("credentials of odd forms")
def _(lab):
    seen = {}
    for text in ("nocolon", "", "a:b:c", ":pw", "user:", "ü:ö"):
        zk = lab.client(command_retry={"max_tries": 0})
        answer = attempt(zk.add_auth, "digest", text)
        if "error" in answer:
            wait_until(lambda zk=zk: zk.client_state == "CLOSED", "the end of the client")
        seen[text] = [answer,
                      attempt(zk.create, "%s-%d" % (lab.root, len(seen)), b"", acl=CREATOR_ALL_ACL),
                      attempt(zk.get_acls, "%s-%d" % (lab.root, len(seen)))]
    return seen


@case("permissions of a create are the parent's and those of a delete too")
def _(lab):
    owner, other = lab.rooted(auth_data=[OWNER]), lab.client()
    base = lab.root
    owner.create(base + "/open", b"", acl=OPEN_ACL_UNSAFE)
    owner.create(base + "/open/closed", b"", acl=[_owned(all=True)])
    owner.create(base + "/closed", b"", acl=[_owned(all=True)])
    owner.create(base + "/closed/open", b"", acl=OPEN_ACL_UNSAFE)
    other.sync(base)
    return [
        attempt(other.delete, base + "/open/closed"),
        attempt(other.delete, base + "/closed/open"),
        attempt(other.create, base + "/closed/new", b""),
        attempt(other.set, base + "/closed/open", b"x"),
        attempt(other.create, base + "/closed/open/new", b""),
        int(Permissions.ALL),
    ]
