// The conformance suite of github.com/go-zookeeper/zk: every operation of its Conn, its lock, and
// both while servers are killed and started again.
package main

import "os"

func main() {
	if os.Getenv("ZK_HOSTS") == "" {
		panic("ZK_HOSTS is not set: expected 127.0.0.1:P1,127.0.0.1:P2,127.0.0.1:P3")
	}
	run("create", creates)
	run("read, write, delete", reads)
	run("acls", acls)
	run("multi", multis)
	run("watches", watches)
	run("four-letter words", fourLetters)
	run("lock", lock)
	run("reconnects when its server is killed", reconnects("mine"))
	run("reconnects when the leader is killed", reconnects("leader"))
	run("reconnects when all servers are killed", reconnectsAfterAll)
	run("counts under a lock while a server is killed", counted("mine"))
	run("counts under a lock while the leader is killed", counted("leader"))
	run("reconfig", reconfigs)
}
