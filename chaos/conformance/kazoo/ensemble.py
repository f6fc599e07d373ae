"""What a client sees of the ensemble itself: its words of four letters, its configuration."""
from lab import Events, SERVERS, SUPER, attempt, case, plain


@case("words of four letters")
def _(lab):
    number, leader = _follower(lab)
    follower = lab.client(hosts=SERVERS[number - 1])
    conf = follower.command(b"conf")
    return {
        "ruok": follower.command(b"ruok"),
        "isro": follower.command(b"isro"),
        "srvr": _labels(follower.command(b"srvr")),
        "srvr of the leader": _labels(leader.command(b"srvr")),
        "stat": _labels(follower.command(b"stat"))[-7:],
        "conf has": [key in conf for key in ("clientPort=", "tickTime=", "serverId=")],
        "envi": follower.command(b"envi").splitlines()[0],
        "wchs": follower.command(b"wchs").splitlines()[0].split(" ")[1:2],
    }


def _labels(text):
    return [line.split(":")[0] for line in text.splitlines() if ":" in line]


@case("mntr has the names that monitoring reads")
def _(lab):
    names = {line.split("\t")[0] for line in lab.client().command(b"mntr").splitlines()}
    wanted = (
        "zk_version", "zk_server_state", "zk_avg_latency", "zk_max_latency", "zk_min_latency",
        "zk_packets_received", "zk_packets_sent", "zk_num_alive_connections",
        "zk_outstanding_requests", "zk_znode_count", "zk_watch_count", "zk_ephemerals_count",
        "zk_approximate_data_size", "zk_open_file_descriptor_count",
        "zk_max_file_descriptor_count", "zk_global_sessions", "zk_uptime",
    )
    return {name: name in names for name in wanted}


@case("one server leads and two follow")
def _(lab):
    states = []
    for server in SERVERS:
        lines = lab.client(hosts=server).command(b"mntr").splitlines()
        states.append(next(line for line in lines if line.startswith("zk_server_state\t")))
    return sorted(states)


@case("the version of the server")
def _(lab):
    version = lab.client().server_version()
    return [len(version), version[0], all(isinstance(part, int) for part in version)]


def _follower(lab):
    """The number of a server that follows, and a client of the leader that may change the ensemble."""
    leading = []
    for number, server in enumerate(SERVERS, 1):
        lines = lab.client(hosts=server).command(b"mntr").splitlines()
        if "zk_server_state\tleader" in lines:
            leading.append(number)
    client = lab.client(hosts=SERVERS[leading[0] - 1], auth_data=[("digest", SUPER)])
    return leading[0] % 3 + 1, client


def _config(text, removed=0):
    """The configuration without ports, version and numbers: the one that is removed, and the others."""
    lines = []
    for line in text.decode().splitlines():
        name, _, value = line.partition("=")
        if name.startswith("server."):
            address, _, client = value.partition(";")
            who = "the removed one" if name == "server.%d" % removed else "another"
            lines.append([who, address.split(":")[-1], client in SERVERS])
        else:
            lines.append([name])
    return sorted(lines)


@case("the configuration names every server")
def _(lab):
    zk = lab.client()
    data, stat = zk.get("/zookeeper/config")
    return [_config(data), plain(zk.get_acls("/zookeeper/config")[0]), stat.ephemeralOwner]


def _without_length(stat):
    """The text holds ports, which have more or fewer digits."""
    return {key: value for key, value in plain(stat).items() if key != "dataLength"}


@case("reconfig is for the super user")
def _(lab):
    return attempt(lab.client().reconfig, joining=None, leaving="3", new_members=None)


@case("reconfig removes and adds a server and tells those who watch")
def _(lab):
    (removed, zk), events = _follower(lab), Events()
    before = zk.get("/zookeeper/config", watch=events)[0]
    name = "server.%d=" % removed
    member = [line for line in before.decode().splitlines() if line.startswith(name)][0]
    data, stat = zk.reconfig(joining=None, leaving=str(removed), new_members=None)
    seen = [_config(data, removed), _without_length(stat), events.wait(1)]
    seen.append(_config(zk.get("/zookeeper/config")[0], removed))
    data, stat = zk.reconfig(joining=member, leaving=None, new_members=None)
    seen.append(_config(data, removed))
    # The server that was put back serves again.
    back = lab.client(hosts=SERVERS[removed - 1])
    back.retry(back.sync, "/")
    seen.append(_config(back.retry(back.get, "/zookeeper/config")[0], removed))
    return seen


@case("reconfigs that cannot be are refused")
def _(lab):
    removed, zk = _follower(lab)
    return {
        "unknown server": attempt(lambda: _config(
            zk.reconfig(joining=None, leaving="9", new_members=None)[0])),
        "nonsense": attempt(zk.reconfig, joining="server.4=nonsense", leaving=None, new_members=None),
        "all leave": attempt(zk.reconfig, joining=None, leaving="1,2,3", new_members=None),
        "old version": attempt(zk.reconfig, joining=None, leaving=str(removed), new_members=None,
                               from_config=1),
    }
