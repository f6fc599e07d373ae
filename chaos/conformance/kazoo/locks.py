"""Recipes of mutual exclusion: locks, semaphores, elections, leases."""
import datetime

from lab import Background, Events, WAIT_MAX_S, attempt, case, plain, wait_until


def _queued(lock, names):
    wait_until(lambda: [n for n in lock.contenders() if n] == names, "%r in the queue" % (names,))


@case("a lock goes through its contenders in the order in which they came")
def _(lab):
    path, order = lab.root + "/lock", Events()
    clients = [lab.rooted() for _ in range(4)]
    locks = [client.Lock(path, "client-%d" % number) for number, client in enumerate(clients)]
    seen, waiting = [attempt(locks[0].acquire)], []
    for number in (1, 2, 3):
        def work(lock=locks[number], number=number):
            with lock:
                order.add(number)
        waiting.append(Background(work))
        _queued(locks[0], ["client-%d" % n for n in range(number + 1)])
    seen.append(attempt(clients[3].Lock(path, "late").acquire, blocking=False))
    seen.append(attempt(clients[3].Lock(path, "late").acquire, timeout=0.2))
    seen.append(attempt(locks[0].release))
    seen.append([each.result() for each in waiting])
    return seen + [order.seen, locks[0].contenders()]


@case("a lock is cancelled while it waits")
def _(lab):
    first, second = lab.rooted(), lab.rooted()
    one, two = first.Lock(lab.root + "/lock", "one"), second.Lock(lab.root + "/lock", "two")
    one.acquire()
    waiting = Background(two.acquire)
    _queued(one, ["one", "two"])
    two.cancel()
    seen = [waiting.result(), attempt(one.release)]
    wait_until(lambda: one.contenders() == [], "an empty queue")
    return seen


@case("a lock falls to the next when its holder's session ends")
def _(lab):
    first, second = lab.rooted(), lab.rooted()
    one, two = first.Lock(lab.root + "/lock", "one"), second.Lock(lab.root + "/lock", "two")
    one.acquire()
    waiting = Background(two.acquire)
    _queued(one, ["one", "two"])
    first.stop()
    return [waiting.result(), two.contenders()]


@case("a lock is held and handed on while the server of its holder is killed")
def _(lab):
    first, second = lab.rooted(), lab.rooted()
    one, two = first.Lock(lab.root + "/lock", "one"), second.Lock(lab.root + "/lock", "two")
    one.acquire()
    waiting = Background(two.acquire)
    _queued(one, ["one", "two"])
    with lab.without_server_of(first):
        first.retry(first.sync, lab.root)
        seen = [first.retry(one.contenders), waiting.running]
        one.release()
        seen.append(waiting.result())
    return seen + [attempt(two.release)]


@case("a lock is handed on while the server of the next is killed")
def _(lab):
    first, second = lab.rooted(), lab.rooted()
    one, two = first.Lock(lab.root + "/lock", "one"), second.Lock(lab.root + "/lock", "two")
    one.acquire()
    waiting = Background(two.acquire)
    _queued(one, ["one", "two"])
    killed = lab.server_of(second)
    lab.kill(killed)
    first.retry(one.release)
    seen = [waiting.result()]
    lab.start(killed)
    return seen + [attempt(second.retry, two.release)]


@case("a lock excludes while servers are killed and started")
def _(lab):
    clients, inside, seen = [lab.rooted() for _ in range(3)], [], Events()

    def work(client, number):
        for _ in range(5):
            with client.Lock(lab.root + "/lock", str(number)):
                inside.append(number)
                seen.add(len(inside))
                inside.remove(number)

    workers = [Background(work, client, number) for number, client in enumerate(clients)]
    seen.wait(2)
    lab.kill(lab.server_of(clients[0]) if clients[0].connected else "leader")
    lab.start()
    lab.kill("leader")
    lab.start()
    results = [worker.result() for worker in workers]
    return [results, set(seen.seen) == {1}, len(seen.seen) >= 15]


@case("readers share and writers do not")
def _(lab):
    clients, path, order = [lab.rooted() for _ in range(4)], lab.root + "/rw", Events()
    first, second = clients[0].ReadLock(path, "r1"), clients[1].ReadLock(path, "r2")
    writer, late = clients[2].WriteLock(path, "w"), clients[3].ReadLock(path, "r3")
    seen = [attempt(first.acquire), attempt(second.acquire), attempt(writer.acquire, timeout=0.2)]

    def write():
        with writer:
            order.add("write")

    def read():
        with late:
            order.add("read")

    writing = Background(write)
    wait_until(lambda: len(writer.contenders()) == 3, "the writer in the queue")
    reading = Background(read)
    wait_until(lambda: len(writer.contenders()) == 4, "the late reader in the queue")
    first.release()
    seen.append(order.settled(clients[0], lab.root))
    second.release()
    return seen + [writing.result(), reading.result(), order.seen]


@case("readers and writers while the server of the writer is killed")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    writer, reader = one.WriteLock(lab.root + "/rw", "w"), two.ReadLock(lab.root + "/rw", "r")
    seen = [attempt(writer.acquire)]
    waiting = Background(reader.acquire)
    wait_until(lambda: len(writer.contenders()) == 2, "the reader in the queue")
    with lab.without_server_of(one):
        seen.append(waiting.running)
        writer.release()
        seen.append(waiting.result())
    return seen + [attempt(two.retry, reader.release)]


@case("a semaphore has as many leases as it says")
def _(lab):
    clients, path = [lab.rooted() for _ in range(3)], lab.root + "/semaphore"
    semaphores = [c.Semaphore(path, "s%d" % n, max_leases=2) for n, c in enumerate(clients)]
    seen = [attempt(semaphores[0].acquire), attempt(semaphores[1].acquire),
            attempt(semaphores[2].acquire, blocking=False),
            attempt(semaphores[2].acquire, timeout=0.2), sorted(semaphores[0].lease_holders())]
    waiting = Background(semaphores[2].acquire)
    semaphores[0].release()
    seen += [waiting.result(), sorted(semaphores[1].lease_holders())]
    wrong = clients[0].Semaphore(path, "wrong", max_leases=3)
    return seen + [attempt(wrong.acquire)]


@case("a semaphore while the server of a holder is killed")
def _(lab):
    clients, path = [lab.rooted() for _ in range(2)], lab.root + "/semaphore"
    one, two = (c.Semaphore(path, "s%d" % n, max_leases=1) for n, c in enumerate(clients))
    one.acquire()
    waiting = Background(two.acquire)
    with lab.without_server_of(clients[0]):
        seen = [clients[0].retry(one.lease_holders), waiting.running]
        clients[0].retry(one.release)
        seen.append(waiting.result())
    return seen + [clients[1].retry(two.lease_holders)]


def _candidate(client, path, name, led, leave):
    def lead():
        led.add(name)
        leave.wait(1)
    return Background(client.Election(path, name).run, lead)


@case("an election goes from leader to leader")
def _(lab):
    clients, path, led = [lab.rooted() for _ in range(3)], lab.root + "/election", Events()
    leave, terms = [Events() for _ in clients], []
    for number, client in enumerate(clients):
        terms.append(_candidate(client, path, "c%d" % number, led, leave[number]))
        wait_until(lambda: len(client.Election(path).contenders()) == number + 1, "the candidate")
    seen = [clients[0].Election(path).contenders()]
    for number in range(3):
        led.wait(number + 1)
        leave[number].add("enough")
        seen.append(terms[number].result())
    return seen + [led.seen]


@case("an election while the server of the leader is killed")
def _(lab):
    clients, path, led = [lab.rooted() for _ in range(2)], lab.root + "/election", Events()
    leave = [Events(), Events()]
    first = _candidate(clients[0], path, "c0", led, leave[0])
    led.wait(1)
    second = _candidate(clients[1], path, "c1", led, leave[1])
    wait_until(lambda: len(clients[1].Election(path).contenders()) == 2, "the candidate")
    with lab.without_server_of(clients[0]):
        seen = [clients[0].retry(clients[0].Election(path).contenders), list(led.seen)]
        leave[0].add("enough")
        seen.append(first.result())
        led.wait(2)
    leave[1].add("enough")
    return seen + [second.result(), led.seen]


@case("an election falls to the next when the leader's session ends")
def _(lab):
    clients, path, led = [lab.rooted() for _ in range(2)], lab.root + "/election", Events()
    leave = [Events(), Events()]
    _candidate(clients[0], path, "c0", led, leave[0])
    led.wait(1)
    second = _candidate(clients[1], path, "c1", led, leave[1])
    wait_until(lambda: len(clients[1].Election(path).contenders()) == 2, "the candidate")
    clients[0].stop()
    leave[0].add("gone")
    led.wait(2)
    leave[1].add("enough")
    return [second.result(), led.seen]


@case("a lease is for one at a time")
def _(lab):
    one, two = lab.rooted(), lab.rooted()
    path, hour = lab.root + "/lease", datetime.timedelta(hours=1)
    seen = [bool(one.NonBlockingLease(path, hour, identifier="one"))]
    two.sync(lab.root)
    seen.append(bool(two.NonBlockingLease(path, hour, identifier="two")))
    seen.append(bool(one.NonBlockingLease(path, hour, identifier="one")))
    many = [bool(c.MultiNonBlockingLease(2, lab.root + "/leases", hour, identifier=i))
            for c, i in ((one, "one"), (two, "two"), (one, "three"))]
    assert WAIT_MAX_S > 0
    return plain([seen, many])
