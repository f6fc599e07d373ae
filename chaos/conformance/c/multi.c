/** Multi: each kind of operation, results, failure and rollback. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define OPEN (&ZOO_OPEN_ACL_UNSAFE)
#define OPS_MAX 10

static zoo_op_t ops[OPS_MAX];
static zoo_op_result_t results[OPS_MAX];
static char made[OPS_MAX][PATH_CHARS_MAX];
static struct Stat stats[OPS_MAX];
static int count;

static void begin(void) {
  count = 0;
  memset(results, 0, sizeof results);
  memset(made, 0, sizeof made);
}

static void create(const char *path, int mode) {
  zoo_create_op_init(&ops[count], path, "x", 1, OPEN, mode, made[count], PATH_CHARS_MAX);
  count++;
}
static void delete(const char *path, int version) { zoo_delete_op_init(&ops[count++], path, version); }
static void check(const char *path, int version) { zoo_check_op_init(&ops[count++], path, version); }
static void set(const char *path, const char *data, int version) {
  zoo_set_op_init(&ops[count], path, data, (int)strlen(data), version, &stats[count]);
  count++;
}

static void commit(zhandle_t *zh, const char *what) {
  int code = zoo_multi(zh, count, ops, results);
  see_code(what, code);
  for (int index = 0; index < count; index++) see("  %s %s", code_name(results[index].err), made[index]);
}

static void all_succeed(void) {
  zhandle_t *zh = rooted();
  begin();
  create(at("/a"), ZOO_PERSISTENT);
  create(at("/a/s-"), ZOO_PERSISTENT_SEQUENTIAL);
  create(at("/a/e"), ZOO_EPHEMERAL);
  set(at("/a"), "new", 0);
  check(at("/a"), 1);
  delete(at("/a/e"), 0);
  commit(zh, "six operations");
  see_stat("set", ZOK, &stats[3]);
  struct Stat stat;
  see_stat("a", zoo_exists(zh, at("/a"), 0, &stat), &stat);
  struct String_vector children;
  see_children("children", zoo_get_children(zh, at("/a"), 0, &children), &children);
}

static void one_fails(void) {
  zhandle_t *zh = rooted();
  must(zoo_create(zh, at("/old"), "x", 1, OPEN, ZOO_PERSISTENT, NULL, 0), "create");
  for (int place = 0; place < 3; place++) {
    begin();
    for (int index = 0; index < 3; index++) {
      if (index == place) check(at("/old"), 5);
      else if (index % 2 == 0) set(at("/old"), "y", -1);
      else create(at("/new"), ZOO_PERSISTENT);
    }
    commit(zh, "a failed check");
  }
  begin();
  create(at("/new"), ZOO_PERSISTENT);
  create(at("/new"), ZOO_PERSISTENT);
  create(at("/no/way"), ZOO_PERSISTENT);
  commit(zh, "two that would fail");
  begin();
  delete(at("/none"), -1);
  commit(zh, "delete of none");
  begin();
  delete(at(""), -1);
  commit(zh, "delete of a parent");
  struct Stat stat;
  see_stat("old", zoo_exists(zh, at("/old"), 0, &stat), &stat);
  see_stat("new", zoo_exists(zh, at("/new"), 0, &stat), &stat);
}

static void nothing(void) {
  zhandle_t *zh = rooted();
  begin();
  commit(zh, "nothing");
  begin();
  check(at(""), -1);
  commit(zh, "a check alone");
}

static void watched(void) {
  zhandle_t *zh = rooted();
  struct events *events = events_new();
  struct String_vector children;
  must(zoo_create(zh, at("/a"), "x", 1, OPEN, ZOO_PERSISTENT, NULL, 0), "create");
  zoo_wget_children(zh, at(""), record, events, &children);
  zoo_wexists(zh, at("/a"), record, events, NULL);
  zoo_wexists(zh, at("/b"), record, events, NULL);
  begin();
  create(at("/b"), ZOO_PERSISTENT);
  set(at("/a"), "y", -1);
  delete(at("/a"), -1);
  commit(zh, "three operations");
  events_settle(zh);
  see_events("events", events);
}

const struct test_case MULTI_CASES[] = {
    {"multi does each operation", all_succeed},
    {"multi rolls all back", one_fails},
    {"multi of nothing and of one check", nothing},
    {"multi triggers watches", watched},
    {NULL, NULL},
};
