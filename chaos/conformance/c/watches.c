/** Watches of each kind, their removal, and their life after a reconnect. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define OPEN (&ZOO_OPEN_ACL_UNSAFE)

static void make(zhandle_t *zh, const char *path) {
  must(zoo_create(zh, path, "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), path);
}

static void kinds(void) {
  zhandle_t *zh = rooted();
  struct events *exists = events_new(), *data = events_new(), *children = events_new();
  struct String_vector names;
  char buffer[8];
  int length = sizeof buffer;
  struct Stat stat;
  see_code("exists of none", zoo_wexists(zh, at("/a"), record, exists, NULL));
  make(zh, at("/a"));
  zoo_wexists(zh, at("/a"), record, exists, NULL);
  zoo_wget(zh, at("/a"), record, data, buffer, &length, &stat);
  zoo_wget_children(zh, at("/a"), record, children, &names);
  make(zh, at("/a/b"));
  zoo_wget_children2(zh, at("/a"), record, children, &names, &stat);
  zoo_set(zh, at("/a/b"), "x", 1, -1);
  zoo_set(zh, at("/a"), "x", 1, -1);
  zoo_wexists(zh, at("/a"), record, exists, NULL);
  zoo_delete(zh, at("/a/b"), -1);
  zoo_wget_children(zh, at("/a"), record, children, &names);
  zoo_delete(zh, at("/a"), -1);
  events_settle(zh);
  see_events("exists", exists);
  see_events("data", data);
  see_events("children", children);
}

static void default_watcher(void) {
  struct events *events = events_new();
  zhandle_t *zh = client_started(hosts(), NULL, 0, 6000, events);
  await_state(zh, ZOO_CONNECTED_STATE);
  events_wait(events, 1);
  struct String_vector names;
  make(zh, at(""));
  zoo_exists(zh, at("/a"), 1, NULL);
  zoo_get_children(zh, at(""), 1, &names);
  make(zh, at("/a"));
  zoo_exists(zh, at("/a"), 1, NULL);
  zoo_delete(zh, at("/a"), -1);
  events_settle(zh);
  see_events("all", events);
}

static void removed(void) {
  zhandle_t *zh = rooted();
  struct events *data = events_new(), *children = events_new(), *both = events_new();
  struct String_vector names;
  make(zh, at("/a"));
  zoo_wexists(zh, at("/a"), record, data, NULL);
  zoo_wexists(zh, at("/a"), record, both, NULL);
  zoo_wget_children(zh, at("/a"), record, children, &names);
  see_code("remove one", zoo_remove_watches(zh, at("/a"), ZWATCHTYPE_DATA, record, both, 0));
  see_code("remove it again", zoo_remove_watches(zh, at("/a"), ZWATCHTYPE_DATA, record, both, 0));
  see_code("remove children", zoo_remove_all_watches(zh, at("/a"), ZWATCHTYPE_CHILD, 0));
  see_code("remove none", zoo_remove_all_watches(zh, at("/none"), ZWATCHTYPE_ANY, 0));
  make(zh, at("/a/b"));
  zoo_set(zh, at("/a"), "x", 1, -1);
  events_settle(zh);
  see_events("kept", data);
  see_events("removed", both);
  see_events("children", children);
  zoo_wexists(zh, at("/a"), record, data, NULL);
  zoo_wget_children(zh, at("/a"), record, data, &names);
  see_code("remove any", zoo_remove_all_watches(zh, at("/a"), ZWATCHTYPE_ANY, 0));
  zoo_set(zh, at("/a"), "y", 1, -1);
  make(zh, at("/a/c"));
  events_settle(zh);
  see_events("after remove any", data);
}

static void reconnected(void) {
  zhandle_t *zh = rooted(), *writer = client_at(server(1));
  struct events *data = events_new(), *children = events_new(), *created = events_new(),
                *deleted = events_new(), *still = events_new();
  struct String_vector names;
  char buffer[8];
  int length = sizeof buffer;
  client_close(zh);
  zh = client_at(server(0));
  static char both[256];
  snprintf(both, sizeof both, "%s,%s", server(0), server(2));
  client_close(zh);
  zoo_deterministic_conn_order(1);
  zh = client_at(both);
  zoo_deterministic_conn_order(0);
  char place[64];
  server_of(zh, place);
  see("on the first server: %d", strcmp(place, server(0)) == 0);
  make(zh, at("/data"));
  make(zh, at("/parent"));
  make(zh, at("/doomed"));
  make(zh, at("/still"));
  zoo_wget(zh, at("/data"), record, data, buffer, &length, NULL);
  zoo_wget_children(zh, at("/parent"), record, children, &names);
  zoo_wexists(zh, at("/created"), record, created, NULL);
  zoo_wexists(zh, at("/doomed"), record, deleted, NULL);
  zoo_wexists(zh, at("/still"), record, still, NULL);
  kill_server(place);
  int code = ZCONNECTIONLOSS;
  for (int tries = 0; code != ZOK && tries < 100; tries++) {
    await_state(writer, ZOO_CONNECTED_STATE);
    code = zoo_set(writer, at("/data"), "x", 1, -1);
  }
  must(code, "set");
  make(writer, at("/parent/child"));
  make(writer, at("/created"));
  must(zoo_delete(writer, at("/doomed"), -1), "delete");
  events_wait(data, 1);
  events_wait(children, 1);
  events_wait(created, 1);
  events_wait(deleted, 1);
  must(zoo_set(writer, at("/still"), "x", 1, -1), "set");
  events_wait(still, 1);
  start_server(place);
  see_events("data", data);
  see_events("children", children);
  see_events("created", created);
  see_events("deleted", deleted);
  see_events("still", still);
}

const struct test_case WATCH_CASES[] = {
    {"watches of each kind", kinds},
    {"the default watcher", default_watcher},
    {"watches are removed", removed},
    {"what was missed during a reconnect is told after it", reconnected},
    {NULL, NULL},
};
