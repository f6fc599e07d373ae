"""Watches: what triggers them, in which order, how often; DataWatch and ChildrenWatch."""
from kazoo.handlers.threading import AsyncResult, SequentialThreadingHandler
from kazoo.recipe.watchers import ChildrenWatch, DataWatch

from lab import Events, SERVERS, attempt, case, plain, wait_until


@case("a watch of exists sees the creation, the change and the end of a znode")
def _(lab):
    zk, events = lab.rooted(), Events()
    path = lab.root + "/a"
    for change in (lambda: zk.create(path), lambda: zk.set(path, b"x"), lambda: zk.delete(path)):
        zk.exists(path, watch=events)
        change()
    return events.wait(3)


@case("a watch of get sees the change and the end")
def _(lab):
    zk, events = lab.rooted(), Events()
    path = lab.root + "/a"
    zk.create(path)
    zk.get(path, watch=events)
    zk.create(path + "/child")
    zk.set(path, b"x")
    zk.get(path, watch=events)
    zk.delete(path, recursive=True)
    return events.wait(2)


@case("a watch of the children sees children come and go and the end of the parent")
def _(lab):
    zk, events = lab.rooted(), Events()
    path = lab.root + "/a"
    zk.create(path)
    for change in (lambda: zk.create(path + "/b"), lambda: zk.delete(path + "/b"),
                   lambda: zk.delete(path)):
        zk.get_children(path, watch=events)
        change()
    return events.wait(3)


@case("changes that a watch is not for do not trigger it")
def _(lab):
    zk, data, children = lab.rooted(), Events(), Events()
    path = lab.root + "/a"
    zk.create(path)
    zk.create(path + "/b")
    zk.get(path, watch=data)
    zk.create(path + "/c")
    zk.set_acls(path, zk.get_acls(path)[0])
    zk.get_children(path, watch=children)
    zk.set(path + "/b", b"x")
    zk.create(path + "/b/deeper")
    return [data.settled(zk, lab.root), children.settled(zk, lab.root)]


@case("get and get_children of nothing leave no watch")
def _(lab):
    zk, events = lab.rooted(), Events()
    path = lab.root + "/a"
    seen = [attempt(zk.get, path, watch=events), attempt(zk.get_children, path, watch=events)]
    zk.create(path)
    zk.create(path + "/b")
    zk.set(path, b"x")
    return seen + events.settled(zk, lab.root)


@case("a watch fires once")
def _(lab):
    zk, events = lab.rooted(), Events()
    path = lab.root + "/a"
    zk.create(path)
    zk.get(path, watch=events)
    zk.exists(path, watch=events)
    for value in (b"1", b"2", b"3"):
        zk.set(path, value)
    return events.settled(zk, lab.root)


@case("one deletion with watches of data and of children")
def _(lab):
    zk, data, children, parent = lab.rooted(), Events(), Events(), Events()
    path = lab.root + "/a"
    zk.create(path)
    zk.get(path, watch=data)
    zk.get_children(path, watch=children)
    zk.get_children(lab.root, watch=parent)
    zk.delete(path)
    return [data.settled(zk, lab.root), children.settled(zk, lab.root), parent.wait(1)]


@case("events of many znodes come in the order of the changes")
def _(lab):
    zk, writer, events = lab.rooted(hosts=SERVERS[0]), lab.client(hosts=SERVERS[2]), Events()
    for number in range(50):
        zk.exists("%s/%02d" % (lab.root, number), watch=events)
    for number in range(50):
        writer.create("%s/%02d" % (lab.root, number))
    return events.wait(50)


class Arrivals(SequentialThreadingHandler):
    """Notes events and answers in the connection's own thread: kazoo calls back from one thread each."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def dispatch_callback(self, callback):
        if callback.type == "watch":
            self.seen.append("event")
        super().dispatch_callback(callback)

    def async_result(self):
        seen = self.seen

        class Noted(AsyncResult):
            def set(self, value=None):
                seen.append("answer")
                super().set(value)

        return Noted(self)


@case("an event comes before an answer that shows the change")
def _(lab):
    arrivals = Arrivals()
    zk, writer = lab.rooted(hosts=SERVERS[0], handler=arrivals), lab.client(hosts=SERVERS[1])
    early, path = [], lab.root + "/a"
    zk.create(path, b"0")
    for number in range(1, 31):
        zk.get(path, watch=lambda event: None)
        before = len(arrivals.seen)
        writer.set(path, b"%d" % number)
        # Its answer may show the change or not; the one of the read behind it must.
        zk.sync(path)
        value = zk.get(path)[0]
        order = arrivals.seen[before:]
        early.append(value == b"%d" % number and order.count("event") == 1 and order[-1] == "answer")
    return early


@case("a client's own change triggers its watch")
def _(lab):
    zk, events = lab.rooted(), Events()
    zk.create(lab.root + "/a", b"0")
    zk.get(lab.root + "/a", watch=events)
    zk.set(lab.root + "/a", b"1")
    return events.wait(1)


@case("the end of a session triggers watches on its ephemerals")
def _(lab):
    zk, events = lab.rooted(), Events()
    other = lab.client()
    other.create(lab.root + "/e", ephemeral=True)
    other.create(lab.root + "/f", ephemeral=True)
    zk.sync(lab.root)
    zk.exists(lab.root + "/e", watch=events)
    zk.get(lab.root + "/f", watch=events)
    other.stop()
    return sorted(events.wait(2))


@case("DataWatch")
def _(lab):
    zk, seen = lab.rooted(), Events()
    path = lab.root + "/a"

    @DataWatch(zk, path)
    def _watch(data, stat, event):
        seen.add(plain([data, stat and stat.version, event]))
        return data != b"stop"

    for step, change in enumerate((
        lambda: zk.create(path, b"1"), lambda: zk.set(path, b"2"), lambda: zk.delete(path),
        lambda: zk.create(path, b"3"), lambda: zk.set(path, b"stop"),
    )):
        seen.wait(step + 1)
        change()
    seen.wait(6)
    zk.set(path, b"unseen")
    return seen.settled(zk, lab.root)


@case("ChildrenWatch")
def _(lab):
    zk, seen = lab.rooted(), Events()
    path = lab.root + "/a"
    zk.create(path)

    @ChildrenWatch(zk, path, send_event=True)
    def _watch(children, event):
        seen.add(plain([sorted(children), event]))
        return "stop" not in children

    for step, change in enumerate((
        lambda: zk.create(path + "/x"), lambda: zk.create(path + "/y"),
        lambda: zk.delete(path + "/x"), lambda: zk.create(path + "/stop"),
    )):
        seen.wait(step + 1)
        change()
    seen.wait(5)
    zk.create(path + "/unseen")
    return seen.settled(zk, lab.root)


@case("ChildrenWatch on what is deleted")
def _(lab):
    zk, seen = lab.rooted(), Events()
    path = lab.root + "/a"
    zk.create(path)
    ChildrenWatch(zk, path, func=lambda children: seen.add(sorted(children)))
    zk.create(path + "/x")
    seen.wait(2)
    zk.delete(path, recursive=True)
    return seen.settled(zk, lab.root)[:2]


@case("many clients watch one znode")
def _(lab):
    zk, events, path = lab.rooted(), Events(), lab.root + "/a"
    zk.create(path)
    for number in range(15):
        client = lab.client(hosts=SERVERS[number % 3])
        client.sync(path)
        client.get(path, watch=events)
    zk.set(path, b"x")
    return events.wait(15)


@case("watches outlive the server that they were set on")
def _(lab):
    zk, writer, seen = lab.rooted(), lab.client(), Events()
    path = lab.root + "/a"
    zk.create(path, b"0")

    @DataWatch(zk, path)
    def _watch(data, _stat):
        seen.add(plain(data))

    @ChildrenWatch(zk, lab.root)
    def _children(children):
        seen.add(sorted(children))

    seen.wait(2)
    killed = lab.server_of(zk)
    lab.kill(killed)
    writer.retry(writer.set, path, b"while away")
    wait_until(lambda: "while away" in seen.seen, "the change during the absence")
    zk.retry(zk.create, lab.root + "/b")
    wait_until(lambda: ["a", "b"] in seen.seen, "the children after the absence")
    lab.start(killed)
    writer.retry(writer.set, path, b"back")
    wait_until(lambda: "back" in seen.seen, "the change after the restart")
    changes = [each for each in seen.seen if isinstance(each, str)]
    return [each for index, each in enumerate(changes) if index == 0 or changes[index - 1] != each]
