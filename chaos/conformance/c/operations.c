/** Every synchronous request about one znode, and its errors. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define OPEN (&ZOO_OPEN_ACL_UNSAFE)
#define TTL_MS 60000

static void create(zhandle_t *zh, const char *what, const char *path, const char *data, int mode) {
  char made[PATH_CHARS_MAX] = "";
  int length = data == NULL ? -1 : (int)strlen(data);
  int code = zoo_create(zh, path, data, length, OPEN, mode, made, sizeof made);
  see("create %s: %s %s", what, code_name(code), made);
}

static void create2(zhandle_t *zh, const char *what, const char *path, int mode, int64_t ttl) {
  char made[PATH_CHARS_MAX] = "", title[64];
  struct Stat stat;
  int code = ttl == 0 ? zoo_create2(zh, path, "12345", 5, OPEN, mode, made, sizeof made, &stat)
                      : zoo_create2_ttl(zh, path, "12345", 5, OPEN, mode, ttl, made, sizeof made, &stat);
  snprintf(title, sizeof title, "create2 %s", what);
  see_stat(title, code, &stat);
  see("  %s", made);
}

static void get(zhandle_t *zh, const char *path) {
  char data[256];
  int length = sizeof data;
  struct Stat stat;
  int code = zoo_get(zh, path, 0, data, &length, &stat);
  see_stat("get", code, &stat);
  if (code == ZOK) see("  %d bytes: %.*s", length, length < 0 ? 0 : length, data);
}

static void creates(void) {
  zhandle_t *zh = rooted();
  create(zh, "plain", at("/plain"), "x", ZOO_PERSISTENT);
  create(zh, "again", at("/plain"), "x", ZOO_PERSISTENT);
  create(zh, "null", at("/null"), NULL, ZOO_PERSISTENT);
  create(zh, "empty", at("/empty"), "", ZOO_PERSISTENT);
  create(zh, "ephemeral", at("/ephemeral"), "x", ZOO_EPHEMERAL);
  create(zh, "below ephemeral", at("/ephemeral/x"), "x", ZOO_PERSISTENT);
  create(zh, "sequential", at("/s-"), "x", ZOO_PERSISTENT_SEQUENTIAL);
  create(zh, "ephemeral sequential", at("/es-"), "x", ZOO_EPHEMERAL_SEQUENTIAL);
  create(zh, "number alone", at("/"), "x", ZOO_PERSISTENT_SEQUENTIAL);
  create(zh, "container", at("/container"), "x", ZOO_CONTAINER);
  create(zh, "without parent", at("/no/way"), "x", ZOO_PERSISTENT);
  create(zh, "root", "/", "x", ZOO_PERSISTENT);
  create(zh, "relative", "relative", "x", ZOO_PERSISTENT);
  create(zh, "double slash", at("//x"), "x", ZOO_PERSISTENT);
  create(zh, "dot", at("/./x"), "x", ZOO_PERSISTENT);
  create(zh, "dot dot", at("/../x"), "x", ZOO_PERSISTENT);
  create(zh, "trailing slash", at("/x/"), "x", ZOO_PERSISTENT);
  create(zh, "control character", at("/a\x01"), "x", ZOO_PERSISTENT);
  create(zh, "unicode", at("/\xc3\xbc\xe6\x97\xa5"), "x", ZOO_PERSISTENT);
  create(zh, "emoji", at("/\xf0\x9f\x99\x82"), "x", ZOO_PERSISTENT);
  create(zh, "mode 99", at("/mode"), "x", 99);
  get(zh, at("/plain"));
  get(zh, at("/null"));
  get(zh, at("/empty"));
  get(zh, at("/ephemeral"));
  get(zh, at("/container"));
}

static void creates_with_stat(void) {
  zhandle_t *zh = rooted();
  create2(zh, "plain", at("/plain"), ZOO_PERSISTENT, 0);
  create2(zh, "ephemeral", at("/ephemeral"), ZOO_EPHEMERAL, 0);
  create2(zh, "sequential", at("/s-"), ZOO_PERSISTENT_SEQUENTIAL, 0);
  create2(zh, "container", at("/container"), ZOO_CONTAINER, 0);
  create2(zh, "ttl", at("/ttl"), ZOO_PERSISTENT_WITH_TTL, TTL_MS);
  create2(zh, "sequential ttl", at("/t-"), ZOO_PERSISTENT_SEQUENTIAL_WITH_TTL, TTL_MS);
  create2(zh, "again", at("/plain"), ZOO_PERSISTENT, 0);
}

static void creates_with_ttl(void) {
  zhandle_t *zh = rooted();
  static const int64_t ttls[] = {1, TTL_MS, 0xffffffffffLL, 0x10000000000LL, 0, -1, -TTL_MS};
  for (size_t index = 0; index < sizeof ttls / sizeof *ttls; index++) {
    char made[PATH_CHARS_MAX] = "", path[64];
    snprintf(path, sizeof path, "/ttl-%zu-", index);
    int code = zoo_create_ttl(zh, at(path), "x", 1, OPEN, ZOO_PERSISTENT_SEQUENTIAL_WITH_TTL,
                              ttls[index], made, sizeof made);
    see("ttl %lld: %s %s", (long long)ttls[index], code_name(code), made);
  }
  int code = zoo_create_ttl(zh, at("/plain"), "x", 1, OPEN, ZOO_PERSISTENT, TTL_MS, NULL, 0);
  see_code("a ttl without its mode", code);
  code = zoo_create(zh, at("/mode"), "x", 1, OPEN, ZOO_PERSISTENT_WITH_TTL, NULL, 0);
  see_code("the mode without a ttl", code);
}

static int is_gone(void *context) {
  return zoo_exists(context, at("/a"), 0, NULL) == ZNONODE;
}

static void ttl_ends(void) {
  zhandle_t *zh = rooted();
  struct events *events = events_new();
  must(zoo_create_ttl(zh, at("/a"), "x", 1, OPEN, ZOO_PERSISTENT_WITH_TTL, 300, NULL, 0), "create");
  must(zoo_wexists(zh, at("/a"), record, events, NULL), "exists");
  must(zoo_create(zh, at("/a/child"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), "create");
  must(zoo_create_ttl(zh, at("/other"), "x", 1, OPEN, ZOO_PERSISTENT_WITH_TTL, 1, NULL, 0), "create");
  struct events *other = events_new();
  if (zoo_wexists(zh, at("/other"), record, other, NULL) == ZOK) events_wait(other, 1);
  see_code("a parent stays", zoo_exists(zh, at("/a"), 0, NULL));
  must(zoo_delete(zh, at("/a/child"), -1), "delete");
  await(is_gone, zh, "the end of the ttl");
  /* The answer wakes this thread, the event comes by the client's own. */
  events_settle(zh);
  see_events("of the ttl node", events);
}

static void container_ends(void) {
  zhandle_t *zh = rooted();
  struct events *events = events_new();
  must(zoo_create(zh, at("/a"), "", 0, OPEN, ZOO_CONTAINER, NULL, 0), "create");
  must(zoo_create(zh, at("/never"), "", 0, OPEN, ZOO_CONTAINER, NULL, 0), "create");
  must(zoo_create(zh, at("/a/child"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), "create");
  must(zoo_wexists(zh, at("/a"), record, events, NULL), "exists");
  must(zoo_delete(zh, at("/a/child"), -1), "delete");
  await(is_gone, zh, "the end of the container");
  /* The answer wakes this thread, the event comes by the client's own. */
  events_settle(zh);
  see_events("of the container", events);
  see_code("one that had no child stays", zoo_exists(zh, at("/never"), 0, NULL));
}

static void deletes(void) {
  zhandle_t *zh = rooted();
  create(zh, "a", at("/a"), "x", ZOO_PERSISTENT);
  create(zh, "b", at("/a/b"), "x", ZOO_PERSISTENT);
  see_code("not empty", zoo_delete(zh, at("/a"), -1));
  see_code("version 1", zoo_delete(zh, at("/a/b"), 1));
  see_code("version -2", zoo_delete(zh, at("/a/b"), -2));
  see_code("version 0", zoo_delete(zh, at("/a/b"), 0));
  see_code("missing", zoo_delete(zh, at("/a/b"), -1));
  see_code("missing parent", zoo_delete(zh, at("/x/y"), -1));
  see_code("root", zoo_delete(zh, "/", -1));
  see_code("last", zoo_delete(zh, at("/a"), -1));
}

static void sets(void) {
  zhandle_t *zh = rooted();
  struct Stat stat;
  create(zh, "a", at("/a"), "x", ZOO_PERSISTENT);
  see_code("set", zoo_set(zh, at("/a"), "yy", 2, -1));
  see_code("version 0", zoo_set(zh, at("/a"), "yy", 2, 0));
  see_code("version -2", zoo_set(zh, at("/a"), "yy", 2, -2));
  see_stat("set2 version 1", zoo_set2(zh, at("/a"), "zzz", 3, 1, &stat), &stat);
  see_stat("null", zoo_set2(zh, at("/a"), NULL, -1, -1, &stat), &stat);
  get(zh, at("/a"));
  see_code("missing", zoo_set(zh, at("/none"), "x", 1, -1));
  see_code("missing with version", zoo_set(zh, at("/none"), "x", 1, 4));
}

static void exists_and_children(void) {
  zhandle_t *zh = rooted();
  struct Stat stat;
  struct String_vector children;
  create(zh, "a", at("/a"), "x", ZOO_PERSISTENT);
  create(zh, "c", at("/c"), "x", ZOO_EPHEMERAL);
  create(zh, "b", at("/b"), "x", ZOO_PERSISTENT);
  see_stat("exists", zoo_exists(zh, at(""), 0, &stat), &stat);
  see_stat("exists ephemeral", zoo_exists(zh, at("/c"), 0, &stat), &stat);
  see_stat("exists none", zoo_exists(zh, at("/none"), 0, &stat), &stat);
  int code = zoo_get_children(zh, at(""), 0, &children);
  see_children("children", code, &children);
  code = zoo_get_children2(zh, at(""), 0, &children, &stat);
  see_children("children2", code, &children);
  see_stat("children2", code, &stat);
  code = zoo_get_children2(zh, at("/a"), 0, &children, &stat);
  see_children("no children", code, &children);
  see_code("children of none", zoo_get_children(zh, at("/none"), 0, &children));
  see_code("get of none", zoo_get(zh, at("/none"), 0, NULL, NULL, NULL));
}

static void chroot(void) {
  zhandle_t *outside = rooted();
  char where[512], made[PATH_CHARS_MAX] = "";
  snprintf(where, sizeof where, "%s%s", hosts(), at(""));
  zhandle_t *zh = client_at(where);
  struct events *events = events_new();
  struct String_vector children;
  see_code("exists", zoo_wexists(zh, "/a", record, events, NULL));
  int code = zoo_create(zh, "/a", "x", 1, OPEN, ZOO_PERSISTENT, made, sizeof made);
  see("create: %s %s", code_name(code), made);
  events_wait(events, 1);
  see_events("in the chroot", events);
  code = zoo_create(zh, "/a/s-", "x", 1, OPEN, ZOO_PERSISTENT_SEQUENTIAL, made, sizeof made);
  see("create: %s %s", code_name(code), made);
  code = zoo_get_children(zh, "/", 0, &children);
  see_children("root", code, &children);
  zoo_op_t op;
  zoo_op_result_t result;
  zoo_create_op_init(&op, "/m", "x", 1, OPEN, ZOO_PERSISTENT, made, sizeof made);
  code = zoo_multi(zh, 1, &op, &result);
  see("multi: %s %s", code_name(code), result.value == NULL ? "" : result.value);
  see_code("from outside", zoo_exists(outside, at("/a/s-0000000000"), 0, NULL));
  snprintf(where, sizeof where, "%s%s/nowhere", hosts(), at(""));
  zhandle_t *lost = client_at(where);
  see_code("lost exists", zoo_exists(lost, "/", 0, NULL));
  see_code("lost create", zoo_create(lost, "/a", "x", 1, OPEN, ZOO_PERSISTENT, NULL, 0));
}

const struct test_case OPERATION_CASES[] = {
    {"create in all modes", creates},
    {"create2 answers with the Stat", creates_with_stat},
    {"create with a time to live", creates_with_ttl},
    {"a ttl node ends when its time is over and it has no children", ttl_ends},
    {"a container ends with its last child", container_ends},
    {"delete", deletes},
    {"set and set2", sets},
    {"exists and children", exists_and_children},
    {"chroot", chroot},
    {NULL, NULL},
};
