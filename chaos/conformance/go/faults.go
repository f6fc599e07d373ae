package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

func lock(l *lab) seen {
	one, two := zk.NewLock(l.client(), l.root+"/lock", open), zk.NewLock(l.client(), l.root+"/lock", open)
	s := seen{}
	s["unlock first"] = ok(one.Unlock())
	s["one"] = ok(one.LockWithData([]byte("who")))
	s["twice"] = ok(one.Lock())
	got := make(chan error, 1)
	go func() { got <- two.Lock() }()
	select {
	case <-got:
		s["two waits"] = false
	case <-time.After(300 * time.Millisecond):
		s["two waits"] = true
	}
	s["unlock"] = ok(one.Unlock())
	s["two"] = ok(<-got)
	s["two unlocks"] = ok(two.Unlock())
	return s
}

// counted has several clients add up under a lock while a server is killed and started again.
func counted(who string) func(l *lab) seen {
	return func(l *lab) seen {
		const clients, rounds = 3, 10
		path := l.root + "/n"
		first := l.client()
		must(first.Create(path, []byte("0"), 0, open))
		server := who
		if who == "mine" {
			server = first.Server()
		}
		conns := []*zk.Conn{first, l.client(), l.client()}
		var all sync.WaitGroup
		for _, conn := range conns[:clients] {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := 0; i < rounds; i++ {
					increment(conn, path, l.root+"/lock")
				}
			}()
		}
		l.kill(server)
		l.startAll()
		all.Wait()
		conn := l.client()
		must(conn.Sync(path))
		data, _, err := conn.Get(path)
		return seen{"sum": told(data, err)}
	}
}

// acquire takes the lock, however often that loses its connection. A Lock that failed on its way leaves
// its place in the line behind, which the next would wait for.
func acquire(conn *zk.Conn, lockPath string) *zk.Lock {
	for tries := 0; ; tries++ {
		lock := zk.NewLock(conn, lockPath, open)
		err := lock.Lock()
		if err == nil {
			return lock
		}
		if !isTransient(err) || tries == 100 {
			panic(err)
		}
		places := must(persistently(func() ([]string, error) {
			children, _, err := conn.Children(lockPath)
			if err == zk.ErrNoNode {
				return nil, nil
			}
			return children, err
		}))
		for _, place := range places {
			leave(conn, lockPath+"/"+place)
		}
	}
}

// leave removes a place in the line if it is this session's.
func leave(conn *zk.Conn, place string) {
	_, err := persistently(func() (any, error) {
		isThere, stat, err := conn.Exists(place)
		if err != nil || !isThere || stat.EphemeralOwner != conn.SessionID() {
			return nil, err
		}
		return nil, conn.Delete(place, -1)
	})
	if err != nil && err != zk.ErrNoNode {
		panic(err)
	}
}

func increment(conn *zk.Conn, path, lockPath string) {
	lock := acquire(conn, lockPath)
	data, stat := []byte{}, &zk.Stat{}
	must(persistently(func() (any, error) {
		var err error
		data, stat, err = conn.Get(path)
		return nil, err
	}))
	number := 0
	fmt.Sscan(string(data), &number)
	next := []byte(fmt.Sprint(number + 1))
	_, err := persistently(func() (any, error) { return conn.Set(path, next, stat.Version) })
	// A write whose answer was lost and that is repeated finds its own effect.
	if err != nil && err != zk.ErrBadVersion {
		panic(err)
	}
	_, err = persistently(func() (any, error) { return nil, lock.Unlock() })
	if err != nil && err != zk.ErrNoNode {
		panic(err)
	}
}

func reconnects(who string) func(l *lab) seen {
	return func(l *lab) seen {
		conn, s := l.client(), seen{}
		must(conn.Create(l.root+"/e", nil, zk.FlagEphemeral, open))
		_, _, later, _ := conn.ExistsW(l.root + "/later")
		session, server := conn.SessionID(), who
		if who == "mine" {
			server = conn.Server()
		}
		l.kill(server)
		stat, err := persistently(func() (*zk.Stat, error) {
			_, stat, err := conn.Exists(l.root + "/e")
			return stat, err
		})
		s["ephemeral"] = told(stat, err)
		s["same session"] = conn.SessionID() == session
		_, err = persistently(func() (string, error) { return conn.Create(l.root+"/later", nil, 0, open) })
		s["create"] = ok(err)
		s["watch"] = event(later)
		l.startAll()
		other := l.client(hosts[0])
		must(other.Sync("/"))
		_, stat, err = other.Exists(l.root + "/e")
		s["after the restart"] = told(stat, err)
		conn.Close()
		must(other.Sync("/"))
		isThere, _, err := other.Exists(l.root + "/e")
		s["after the close"] = told(isThere, err)
		return s
	}
}

func reconnectsAfterAll(l *lab) seen {
	conn := l.client()
	must(conn.Create(l.root+"/e", nil, zk.FlagEphemeral, open))
	l.kill("all")
	l.startAll()
	stat, err := persistently(func() (*zk.Stat, error) {
		_, stat, err := conn.Exists(l.root + "/e")
		return stat, err
	})
	return seen{"ephemeral": told(stat, err)}
}
