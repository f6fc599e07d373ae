package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// seen is what a case observed, by label.
type seen map[string]any

const caseTimeout = 60 * time.Second

var (
	hosts   = strings.Split(os.Getenv("ZK_HOSTS"), ",")
	answers = bufio.NewScanner(os.Stdin)
	saying  sync.Mutex
)

// say tells the harness one line; JSON keeps it one.
func say(word string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	saying.Lock()
	defer saying.Unlock()
	fmt.Printf("@%s %s\n", word, text)
}

// do has the harness kill or start a server ("leader" and "all" are servers too) and waits until it has.
func do(what, server string) {
	say("do", map[string]string{what: server})
	if !answers.Scan() || answers.Text() != "ok" {
		panic(fmt.Sprintf("%s %s: %s", what, server, answers.Text()))
	}
}

// run runs a case with a place of its own in the tree and tells what came out of it.
func run(name string, body func(l *lab) seen) {
	if !strings.Contains(name, os.Getenv("ZK_CASES")) {
		return
	}
	done := make(chan func(), 1)
	l := newLab(name)
	go func() {
		defer func() {
			if broke := recover(); broke != nil {
				done <- func() { failed(name, fmt.Sprint(broke)) }
			}
		}()
		l.prepare()
		observed := body(l)
		done <- func() { say("case", map[string]any{"name": name, "observed": observed}) }
	}()
	select {
	case tell := <-done:
		l.close()
		tell()
	case <-time.After(caseTimeout):
		l.close()
		failed(name, fmt.Sprintf("not done after %v", caseTimeout))
	}
}

func failed(name, reason string) {
	say("error", map[string]string{"name": name, "error": reason})
}

// until waits for what tells nobody when it happens.
func until(what string, holds func() bool) {
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			panic("never: " + what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
