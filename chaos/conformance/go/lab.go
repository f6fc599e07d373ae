package main

import (
	"fmt"
	"log"
	"os"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

const sessionTimeout = 10 * time.Second

var notPlain = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// lab is what one case works with: a place in the tree, clients, and an end that closes them.
type lab struct {
	root   string
	conns  []*zk.Conn
	isDead bool
}

func newLab(name string) *lab {
	return &lab{root: "/go/" + notPlain.ReplaceAllString(name, "-")}
}

// prepare makes the case's place, empty, and has every server know of it.
func (l *lab) prepare() {
	conn := l.client()
	conn.Create("/go", nil, 0, zk.WorldACL(zk.PermAll))
	remove(conn, l.root)
	must(conn.Create(l.root, nil, 0, zk.WorldACL(zk.PermAll)))
	for _, host := range hosts {
		must(l.client(host).Sync("/"))
	}
}

func remove(conn *zk.Conn, path string) {
	children, _, _ := conn.Children(path)
	for _, child := range children {
		remove(conn, path+"/"+child)
	}
	conn.Delete(path, -1)
}

// client is a connected client, of all servers when none is named.
func (l *lab) client(servers ...string) *zk.Conn {
	conn, _ := l.clientWithEvents(servers...)
	return conn
}

func (l *lab) clientWithEvents(servers ...string) (*zk.Conn, <-chan zk.Event) {
	if len(servers) == 0 {
		servers = hosts
	}
	conn, events, err := zk.Connect(servers, sessionTimeout, zk.WithLogger(log.New(os.Stderr, "zk ", 0)),
		zk.WithLogInfo(false))
	if err != nil {
		panic(err)
	}
	l.conns = append(l.conns, conn)
	until("a session", func() bool { return conn.State() == zk.StateHasSession })
	return conn, events
}

func (l *lab) kill(server string) {
	l.isDead = true
	do("kill", server)
}

func (l *lab) startAll() {
	do("start", "all")
	l.isDead = false
}

func (l *lab) close() {
	if l.isDead {
		l.startAll()
	}
	for _, conn := range l.conns {
		closed := make(chan struct{})
		go func() { conn.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			fmt.Fprintln(os.Stderr, "a client does not close")
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// isTransient tells a lost connection from an answer.
func isTransient(err error) bool {
	return err == zk.ErrConnectionClosed || err == zk.ErrNoServer || err == zk.ErrClosing
}

// persistently repeats a call that loses its connection while servers die.
func persistently[T any](call func() (T, error)) (value T, err error) {
	for tries := 0; tries < 100; tries++ {
		value, err = call()
		if !isTransient(err) {
			return value, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return value, err
}

// told is a value or, if there is one, the error.
func told(value any, err error) any {
	if err != nil {
		return "error: " + err.Error()
	}
	switch typed := value.(type) {
	case []byte:
		if typed == nil {
			return nil
		}
		return string(typed)
	case *zk.Stat:
		return stat(typed)
	case []string:
		sort.Strings(typed)
		return typed
	case []zk.ACL:
		acls := []string{}
		for _, acl := range typed {
			acls = append(acls, fmt.Sprintf("%d %s:%s", acl.Perms, acl.Scheme, acl.ID))
		}
		return acls
	}
	return value
}

func ok(err error) any { return told("ok", err) }

func stat(stat *zk.Stat) any {
	if stat == nil {
		return nil
	}
	owner := "none"
	if stat.EphemeralOwner != 0 {
		owner = "session"
	}
	return map[string]any{
		"version": stat.Version, "cversion": stat.Cversion, "aversion": stat.Aversion, "owner": owner,
		"dataLength": stat.DataLength, "numChildren": stat.NumChildren,
		"unchanged": stat.Czxid == stat.Mzxid, "childless": stat.Czxid == stat.Pzxid,
	}
}

func event(events <-chan zk.Event) any {
	select {
	case event := <-events:
		return strings.TrimSpace(event.Type.String() + " " + event.Path + " " + fmt.Sprint(told("", event.Err)))
	case <-time.After(20 * time.Second):
		return "no event"
	}
}
