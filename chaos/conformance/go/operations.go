package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

var open = zk.WorldACL(zk.PermAll)

func creates(l *lab) seen {
	conn, s := l.client(), seen{}
	flags := map[string]int32{"persistent": 0, "ephemeral": zk.FlagEphemeral, "sequence": zk.FlagSequence,
		"both": zk.FlagEphemeral | zk.FlagSequence, "nonsense": 77}
	for _, name := range []string{"persistent", "ephemeral", "sequence", "both", "nonsense"} {
		path, err := conn.Create(l.root+"/"+name, []byte("x"), flags[name], open)
		s[name] = told(path, err)
		if err == nil {
			_, stat, err := conn.Exists(path)
			s[name+" stat"] = told(stat, err)
		}
	}
	s["again"] = told(conn.Create(l.root+"/persistent", nil, 0, open))
	s["no parent"] = told(conn.Create(l.root+"/no/x", nil, 0, open))
	s["below an ephemeral"] = told(conn.Create(l.root+"/ephemeral/x", nil, 0, open))
	s["no acl"] = told(conn.Create(l.root+"/bad", nil, 0, []zk.ACL{}))
	s["container"] = told(conn.CreateContainer(l.root+"/box", nil, zk.FlagContainer, open))
	s["ttl"] = told(conn.CreateTTL(l.root+"/ttl", nil, zk.FlagTTL, open, time.Minute))
	s["ttl sequence"] = told(conn.CreateTTL(l.root+"/ttl-", nil, zk.FlagPersistentSequentialWithTTL, open, time.Minute))
	s["ttl of nothing"] = told(conn.CreateTTL(l.root+"/ttl0", nil, zk.FlagTTL, open, 0))
	protected, err := conn.CreateProtectedEphemeralSequential(l.root+"/lock-", nil, open)
	s["protected"] = told(protected[strings.LastIndex(protected, "-"):], err)
	return s
}

func reads(l *lab) seen {
	conn, s := l.client(), seen{}
	path := l.root + "/a"
	must(conn.Create(path, []byte("one"), 0, open))
	data, stat, err := conn.Get(path)
	s["get"], s["get stat"] = told(data, err), told(stat, err)
	s["set"] = told(conn.Set(path, []byte("two"), 0))
	s["set old"] = told(conn.Set(path, []byte("three"), 0))
	s["set missing"] = told(conn.Set(path+"x", nil, -1))
	_, _, err = conn.Get(path + "x")
	s["get missing"] = ok(err)
	is, stat, err := conn.Exists(path + "x")
	s["exists missing"] = told(is, err)
	must(conn.Create(path+"/c", nil, 0, open))
	must(conn.Create(path+"/b", nil, 0, open))
	children, stat, err := conn.Children(path)
	s["children"], s["children stat"] = told(children, err), told(stat, err)
	_, _, err = conn.Children(path + "x")
	s["children missing"] = ok(err)
	s["sync"] = told(conn.Sync(path))
	s["delete with children"] = ok(conn.Delete(path, -1))
	s["delete old"] = ok(conn.Delete(path+"/b", 4))
	s["delete"] = ok(conn.Delete(path+"/b", 0))
	s["delete missing"] = ok(conn.Delete(path+"/b", 0))
	s["bad path"] = told(conn.Create("nopath", nil, 0, open))
	s["unicode"] = told(conn.Create(l.root+"/日本 größe", []byte("ü"), 0, open))
	big := make([]byte, 1_000_000)
	s["large"] = told(conn.Set(path, big, -1))
	return s
}

func acls(l *lab) seen {
	conn, other, s := l.client(), l.client(), seen{}
	path := l.root + "/a"
	must(conn.Create(path, []byte("x"), 0, open))
	acl, stat, err := conn.GetACL(path)
	s["get"], s["stat"] = told(acl, err), told(stat, err)
	s["auth without any"] = told(conn.SetACL(path, zk.AuthACL(zk.PermAll), -1))
	s["add"] = ok(conn.AddAuth("digest", []byte("ann:pw")))
	s["set"] = told(conn.SetACL(path, zk.AuthACL(zk.PermAll), 0))
	s["set old"] = told(conn.SetACL(path, open, 0))
	acl, _, err = conn.GetACL(path)
	s["get then"] = told(acl, err)
	must(other.Sync(path))
	_, _, err = other.Get(path)
	s["other"] = ok(err)
	s["other sets"] = told(other.Set(path, nil, -1))
	s["other adds"] = ok(other.AddAuth("digest", []byte("ann:pw")))
	data, _, err := other.Get(path)
	s["other then"] = told(data, err)
	s["digest"] = told(conn.Create(l.root+"/d", nil, 0, zk.DigestACL(zk.PermRead, "ann", "pw")))
	_, stat, err = conn.Get(l.root + "/d")
	s["digest read"] = told(stat, err)
	s["digest write"] = told(conn.Set(l.root+"/d", nil, -1))
	return s
}

func multis(l *lab) seen {
	conn, s := l.client(), seen{}
	at := l.root
	responses := func(responses []zk.MultiResponse, err error) any {
		all := []any{}
		for _, each := range responses {
			all = append(all, []any{each.String, stat(each.Stat), fmt.Sprint(each.Error)})
		}
		return []any{fmt.Sprint(err), all}
	}
	s["commits"] = responses(conn.Multi(
		&zk.CreateRequest{Path: at + "/a", Data: []byte("x"), Acl: open},
		&zk.CreateRequest{Path: at + "/s-", Acl: open, Flags: zk.FlagSequence},
		&zk.SetDataRequest{Path: at + "/a", Data: []byte("yy"), Version: 0},
		&zk.CheckVersionRequest{Path: at + "/a", Version: 1},
		&zk.DeleteRequest{Path: at + "/a", Version: 1}))
	s["rolls back"] = responses(conn.Multi(
		&zk.CreateRequest{Path: at + "/b", Acl: open},
		&zk.CheckVersionRequest{Path: at, Version: 55},
		&zk.CreateRequest{Path: at + "/c", Acl: open}))
	s["nothing"] = responses(conn.Multi())
	children, stat, err := conn.Children(at)
	s["children"], s["stat"] = told(children, err), told(stat, err)
	return s
}

func watches(l *lab) seen {
	conn, s := l.client(), seen{}
	path := l.root + "/a"
	_, _, created, _ := conn.ExistsW(path)
	_, _, children, _ := conn.ChildrenW(l.root)
	must(conn.Create(path, nil, 0, open))
	s["created"], s["children"] = event(created), event(children)
	_, _, data, _ := conn.GetW(path)
	must(conn.Set(path, nil, -1))
	s["data"] = event(data)
	_, _, data, _ = conn.GetW(path)
	_, _, deleted, _ := conn.ExistsW(path)
	_, _, children, _ = conn.ChildrenW(path)
	conn.Delete(path, -1)
	s["deleted data"], s["deleted"], s["deleted children"] = event(data), event(deleted), event(children)
	_, _, _, err := conn.GetW(path)
	s["missing"] = ok(err)
	return s
}

func fourLetters(l *lab) seen {
	s := seen{}
	s["ruok"] = zk.FLWRuok(hosts, time.Second)
	servers, isFine := zk.FLWSrvr(hosts, time.Second)
	leaders, followers := 0, 0
	for _, server := range servers {
		switch server.Mode {
		case zk.ModeLeader:
			leaders++
		case zk.ModeFollower:
			followers++
		}
		s["srvr error"] = fmt.Sprint(server.Error)
	}
	s["srvr"] = []any{isFine, leaders, followers}
	conn := l.client(hosts[0])
	clients, isFine := zk.FLWCons(hosts[:1], time.Second)
	mine := 0
	for _, client := range clients[0].Clients {
		if client.SessionID == conn.SessionID() {
			mine++
		}
	}
	s["cons"] = []any{isFine, mine}
	return s
}

func reconfigs(l *lab) seen {
	conn, s := l.client(), seen{}
	_, err := conn.IncrementalReconfig(nil, []string{"3"}, -1)
	s["without permission"] = ok(err)
	s["super"] = ok(conn.AddAuth("digest", []byte(os.Getenv("ZK_SUPER"))))
	_, err = conn.IncrementalReconfig(nil, []string{"3"}, 77)
	s["old version"] = ok(err)
	_, err = conn.IncrementalReconfig([]string{"server.9=nonsense"}, nil, -1)
	s["nonsense"] = ok(err)
	_, err = conn.Reconfig([]string{"server.7=127.0.0.1:1:2;3", "server.8=127.0.0.1:4:5;6"}, -1)
	s["without a quorum"] = ok(err)
	config, _, _ := conn.Get("/zookeeper/config")
	third := ""
	for _, line := range strings.Split(string(config), "\n") {
		if strings.HasPrefix(line, "server.3=") {
			third = line
		}
	}
	_, err = persistently(func() (*zk.Stat, error) { return conn.IncrementalReconfig(nil, []string{"3"}, -1) })
	s["leaves"] = ok(err)
	_, err = persistently(func() (*zk.Stat, error) { return conn.IncrementalReconfig([]string{third}, nil, -1) })
	s["joins"] = ok(err)
	_, err = persistently(func() (string, error) { return l.client(hosts[2]).Sync("/") })
	s["serves again"] = ok(err)
	return s
}
