/** Sessions: negotiation, moving, expiry, read-only clients, servers that die. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define OPEN (&ZOO_OPEN_ACL_UNSAFE)

static void negotiated(void) {
  static const int asked_ms[] = {100, 1000, 3333, 10000, 100000};
  for (size_t index = 0; index < sizeof asked_ms / sizeof *asked_ms; index++) {
    zhandle_t *zh = client_with(hosts(), NULL, 0, asked_ms[index]);
    see("%d ms: %d ms", asked_ms[index], zoo_recv_timeout(zh));
    client_close(zh);
  }
}

static void ephemerals_go(void) {
  zhandle_t *zh = rooted(), *other = client();
  struct events *events = events_new();
  must(zoo_create(other, at("/e"), "", 0, OPEN, ZOO_EPHEMERAL, NULL, 0), "create");
  must(zoo_create(zh, at("/fence"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), "fence");
  see_code("exists", zoo_wexists(zh, at("/e"), record, events, NULL));
  client_close(other);
  events_wait(events, 1);
  see_events("after the close", events);
}

static void taken_over(void) {
  zhandle_t *zh = rooted();
  must(zoo_create(zh, at("/e"), "", 0, OPEN, ZOO_EPHEMERAL, NULL, 0), "create");
  clientid_t id = *zoo_client_id(zh);
  // Nowhere to go, so that it does not take its session back.
  must(zoo_set_servers(zh, "127.0.0.1:1"), "set servers");
  zhandle_t *taken = client_with(hosts(), &id, 0, 6000);
  see("the same session: %d", zoo_client_id(taken)->client_id == id.client_id);
  see_code("its ephemeral", zoo_exists(taken, at("/e"), 0, NULL));
  client_close(taken);
  zhandle_t *third = client();
  must(zoo_create(third, at("/fence"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), "fence");
  see_code("after its close", zoo_exists(third, at("/e"), 0, NULL));
}

static void expired(const char *what, clientid_t id) {
  struct events *events = events_new();
  zhandle_t *zh = client_started(hosts(), &id, 0, 6000, events);
  await_state(zh, ZOO_EXPIRED_SESSION_STATE);
  events_wait(events, 1);
  see("%s", what);
  see_events("session", events);
  see("unrecoverable: %s", code_name(is_unrecoverable(zh)));
  see_code("a request", zoo_exists(zh, "/", 0, NULL));
}

static void cannot_be_taken_over(void) {
  zhandle_t *zh = client(), *closed = client();
  clientid_t id = *zoo_client_id(zh), gone = *zoo_client_id(closed), never = {12345, "passwordpasswor"};
  client_close(closed);
  id.passwd[3] ^= 0x55;
  expired("a wrong password", id);
  expired("a closed session", gone);
  expired("a session that never was", never);
  see_code("the first one lives", zoo_exists(zh, "/", 0, NULL));
}

static void moves(void) {
  struct events *events = events_new();
  zhandle_t *zh = rooted();
  client_close(zh);
  zh = client_started(hosts(), NULL, 0, 6000, events);
  await_state(zh, ZOO_CONNECTED_STATE);
  int64_t session = zoo_client_id(zh)->client_id;
  char killed[64], now[64];
  must(zoo_create(zh, at("/e"), "", 0, OPEN, ZOO_EPHEMERAL, NULL, 0), "create");
  server_of(zh, killed);
  kill_server(killed);
  events_wait(events, 3);
  server_of(zh, now);
  see("on another server: %d", strcmp(killed, now) != 0);
  see("the same session: %d", zoo_client_id(zh)->client_id == session);
  see_code("its ephemeral", zoo_exists(zh, at("/e"), 0, NULL));
  see_events("session", events);
  start_server(killed);
  see_code("after the restart", zoo_set(zh, at("/e"), "x", 1, 0));
}

static void leader_dies(void) {
  zhandle_t *zh = rooted();
  int64_t session = zoo_client_id(zh)->client_id;
  must(zoo_create(zh, at("/e"), "x", 1, OPEN, ZOO_EPHEMERAL, NULL, 0), "create");
  kill_server("leader");
  int code = ZCONNECTIONLOSS;
  for (int tries = 0; code != ZOK && code != ZNODEEXISTS && tries < 100; tries++) {
    await_state(zh, ZOO_CONNECTED_STATE);
    code = zoo_create(zh, at("/after"), "x", 1, OPEN, ZOO_PERSISTENT, NULL, 0);
  }
  see("created: %d", code == ZOK || code == ZNODEEXISTS);
  see_code("its ephemeral", zoo_exists(zh, at("/e"), 0, NULL));
  see("the same session: %d", zoo_client_id(zh)->client_id == session);
  start_server("all");
}

const struct test_case SESSION_CASES[] = {
    {"the session timeout is negotiated", negotiated},
    {"the end of a session takes its ephemerals along", ephemerals_go},
    {"another client takes a session over", taken_over},
    {"what cannot be taken over is expired", cannot_be_taken_over},
    {"a session moves when its server is killed", moves},
    {"a session survives the death of the leader", leader_dies},
    {NULL, NULL},
};
