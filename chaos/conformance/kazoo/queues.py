"""Recipes that count, queue, gather and mirror."""
from kazoo.recipe.cache import TreeCache, TreeEvent
from kazoo.recipe.queue import LockingQueue

from lab import Background, Events, attempt, case, plain, wait_until


@case("a barrier holds until it is removed")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    path = lab.root + "/barrier"
    barrier = one.Barrier(path)
    barrier.create()
    two.sync(lab.root)
    seen = [attempt(two.Barrier(path).wait, 0.2)]
    waiting = Background(two.Barrier(path).wait, 30)
    seen += [attempt(barrier.remove), waiting.result(), attempt(barrier.remove)]
    return seen + [attempt(two.Barrier(path).wait, 30)]


@case("a barrier while the server of one who waits is killed")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    path = lab.root + "/barrier"
    one.Barrier(path).create()
    two.sync(lab.root)
    killed = lab.server_of(two)
    lab.kill(killed)
    waiting = Background(two.retry, two.Barrier(path).wait, 30)
    seen = [attempt(one.retry, one.Barrier(path).remove)]
    seen.append(waiting.result())
    lab.start(killed)
    return seen


@case("a double barrier lets all in and all out together")
def _(lab):
    clients, order = [lab.rooted() for _ in range(3)], Events()

    def work(client, number):
        barrier = client.DoubleBarrier(lab.root + "/double", 3, identifier=str(number))
        barrier.enter()
        order.add("in")
        barrier.leave()
        order.add("out")

    workers = [Background(work, client, number) for number, client in enumerate(clients[:2])]
    wait_until(lambda: clients[2].exists(lab.root + "/double")
               and len(clients[2].get_children(lab.root + "/double")) == 2, "two who wait")
    seen = [order.settled(clients[2], lab.root)]
    workers.append(Background(work, clients[2], 2))
    seen.append([worker.result() for worker in workers])
    clients[0].sync(lab.root)
    return seen + [sorted(order.seen), clients[0].get_children(lab.root + "/double")]


@case("a queue gives by priority and then by order")
def _(lab):
    zk = lab.rooted()
    queue = zk.Queue(lab.root + "/queue")
    seen = [attempt(queue.get), len(queue)]
    for value, priority in ((b"a", 100), (b"b", 100), (b"urgent", 1), (b"late", 999)):
        queue.put(value, priority)
    seen.append(len(queue))
    return seen + [plain(queue.get()) for _ in range(5)]


@case("two consumers share a queue while a server is killed")
def _(lab):
    clients = [lab.rooted() for _ in range(2)]
    producer = clients[0].Queue(lab.root + "/queue")
    for number in range(40):
        producer.put(b"%02d" % number)
    clients[1].sync(lab.root)
    taken = Events()

    def consume(client):
        queue = client.Queue(lab.root + "/queue")
        while True:
            value = client.retry(queue.get)
            if value is None:
                return
            taken.add(plain(value))

    consumers = [Background(consume, client) for client in clients]
    taken.wait(5)
    with lab.without_server_of(clients[0]):
        results = [consumer.result() for consumer in consumers]
    # One that was taken, and whose answer was lost with the server, is gone: at most once.
    return [results, len(taken.seen) == len(set(taken.seen)), len(taken.seen) >= 36]


@case("a locking queue keeps what was not consumed")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    first, second = LockingQueue(one, lab.root + "/queue"), LockingQueue(two, lab.root + "/queue")
    first.put(b"a")
    first.put_all([b"b", b"urgent"], priority=5)
    two.sync(lab.root)
    seen = [attempt(first.get), attempt(first.holds_lock), attempt(second.get), len(first)]
    seen += [attempt(first.consume), attempt(second.release)]
    # Its server has to know that the entry is free again, or it takes the next one.
    one.sync(lab.root)
    seen += [attempt(first.get)]
    two.stop()
    seen += [attempt(first.consume), attempt(first.get), attempt(first.consume), len(first)]
    return seen + [attempt(first.get, 0.2), attempt(first.consume)]


@case("a locking queue while the server of its consumer is killed")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    first, second = LockingQueue(one, lab.root + "/queue"), LockingQueue(two, lab.root + "/queue")
    first.put_all([b"a", b"b"])
    two.sync(lab.root)
    seen = [attempt(first.get)]
    with lab.without_server_of(one):
        one.retry(one.sync, lab.root)
        seen += [attempt(one.retry, first.holds_lock), attempt(two.retry, second.get)]
        seen += [attempt(one.retry, first.consume)]
    return seen + [attempt(second.consume), len(second)]


@case("a counter counts what many add")
def _(lab):
    clients = [lab.rooted() for _ in range(3)]

    def work(client):
        counter = client.Counter(lab.root + "/counter")
        for _ in range(10):
            counter += 1

    results = [each.result() for each in [Background(work, client) for client in clients]]
    clients[0].sync(lab.root)
    counter = clients[0].Counter(lab.root + "/counter")
    counter -= 5
    real = clients[0].Counter(lab.root + "/real", default=1.0)
    real += 2.5
    curator = clients[0].Counter(lab.root + "/curator", support_curator=True)
    curator += 7
    raw = clients[0].get(lab.root + "/curator")[0].hex()
    return [results, counter.value, real.value, curator.value, raw, plain(clients[0].get(lab.root + "/counter"))]


@case("a counter while servers are killed")
def _(lab):
    clients, progress = [lab.rooted() for _ in range(2)], Events()

    def work(client):
        counter = client.Counter(lab.root + "/counter")
        for number in range(20):
            counter += 1
            progress.add(number)

    workers = [Background(work, client) for client in clients]
    progress.wait(4)
    with lab.without_server_of(clients[0]):
        results = [worker.result() for worker in workers]
    clients[0].sync(lab.root)
    # An addition whose answer was lost may have been made and is made again then.
    return [results, 40 <= clients[0].Counter(lab.root + "/counter").value <= 42]


@case("a party knows who is there")
def _(lab):
    clients, seen = [lab.rooted() for _ in range(3)], []
    for kind in ("Party", "ShallowParty"):
        path = lab.root + "/" + kind
        parties = [getattr(c, kind)(path, "guest-%d" % n) for n, c in enumerate(clients)]
        for party in parties:
            party.join()
        clients[0].sync(path)
        seen.append([sorted(parties[0]), len(parties[0])])
        parties[1].leave()
        clients[0].sync(path)
        seen.append(sorted(parties[0]))
    clients[2].stop()
    clients[0].sync(lab.root)
    return seen + [list(clients[0].Party(lab.root + "/Party"))]


@case("a party while the server of a guest is killed")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    parties = [one.Party(lab.root + "/party", "one"), two.Party(lab.root + "/party", "two")]
    for party in parties:
        party.join()
    with lab.without_server_of(one):
        one.retry(one.sync, lab.root)
        seen = [one.retry(lambda: sorted(parties[0]))]
    return seen + [two.retry(lambda: sorted(parties[1])), attempt(one.retry, parties[0].leave)]


def _partitions(lab, clients, path):
    return [client.SetPartitioner(path, set=tuple("abcdef"), identifier="p%d" % number,
                                  time_boundary=0.3) for number, client in enumerate(clients)]


def _acquired(partitioners):
    def all_acquired():
        for each in partitioners:
            if each.release:
                each.release_set()
            elif each.allocating:
                each.wait_for_acquire(0.05)
        return all(each.acquired for each in partitioners)
    wait_until(all_acquired, "the partition of the set")
    return [sorted(each) for each in partitioners]


@case("a set is shared out among those who are there")
def _(lab):
    clients = [lab.rooted() for _ in range(3)]
    partitioners = _partitions(lab, clients, lab.root + "/set")
    seen = [_acquired(partitioners)]
    partitioners[2].finish()
    clients[2].stop()
    wait_until(lambda: all(each.release for each in partitioners[:2]), "the change of the set")
    return seen + [_acquired(partitioners[:2])]


@case("a set stays shared out while a server is killed")
def _(lab):
    clients = [lab.rooted() for _ in range(2)]
    partitioners = _partitions(lab, clients, lab.root + "/set")
    seen = [_acquired(partitioners)]
    with lab.without_server_of(clients[0]):
        seen.append(_acquired(partitioners))
    return seen


def _names(events):
    return sorted([event.event_type, event.event_data and event.event_data.path] for event in events)


@case("a tree cache mirrors a tree")
def _(lab):
    zk, writer, events = lab.rooted(), lab.rooted(), []
    writer.create(lab.root + "/t/a/b", b"1", makepath=True)
    zk.sync(lab.root)
    cache = TreeCache(zk, lab.root + "/t")
    cache.listen(events.append)
    cache.start()
    wait_until(lambda: any(event.event_type == TreeEvent.INITIALIZED for event in events), "the first image")
    seen = [_names(events)]
    writer.set(lab.root + "/t/a/b", b"2")
    writer.create(lab.root + "/t/c", b"3")
    wait_until(lambda: cache.get_data(lab.root + "/t/c") is not None, "the new znode")
    wait_until(lambda: cache.get_data(lab.root + "/t/a/b").data == b"2", "the new value")
    writer.delete(lab.root + "/t/a", recursive=True)
    wait_until(lambda: cache.get_data(lab.root + "/t/a") is None, "the deletion")
    seen.append(sorted(cache.get_children(lab.root + "/t")))
    cache.close()
    return seen


@case("a tree cache while its server is killed")
def _(lab):
    zk, writer, events = lab.rooted(), lab.rooted(), []
    writer.create(lab.root + "/t/a", b"1", makepath=True)
    zk.sync(lab.root)
    cache = TreeCache(zk, lab.root + "/t")
    cache.listen(events.append)
    cache.start()
    wait_until(lambda: any(event.event_type == TreeEvent.INITIALIZED for event in events), "the first image")
    killed = lab.server_of(zk)
    lab.kill(killed)
    writer.retry(writer.set, lab.root + "/t/a", b"2")
    writer.retry(writer.create, lab.root + "/t/b", b"3")
    wait_until(lambda: cache.get_data(lab.root + "/t/b") is not None, "what came while away")
    wait_until(lambda: cache.get_data(lab.root + "/t/a").data == b"2", "what changed while away")
    lab.start(killed)
    writer.retry(writer.delete, lab.root + "/t/b")
    wait_until(lambda: cache.get_data(lab.root + "/t/b") is None, "the deletion afterwards")
    wait_until(lambda: any(event.event_type == TreeEvent.NODE_REMOVED for event in events), "its event")
    kinds = {event.event_type for event in events}
    cache.close()
    return [sorted(cache.get_children(lab.root + "/t")), sorted(kinds)]
