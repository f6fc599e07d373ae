/** Every asynchronous request, many at once: what each completion is given, and in which order. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define OPEN (&ZOO_OPEN_ACL_UNSAFE)
#define MANY 200

static struct events *answers;

static void say(const void *what, int code, const char *more) {
  char line[EVENT_CHARS_MAX];
  snprintf(line, sizeof line, "%s: %s%s", (const char *)what, code_name(code), more);
  events_add(answers, line);
}

static void on_void(int code, const void *what) { say(what, code, ""); }

static void on_stat(int code, const struct Stat *stat, const void *what) {
  char more[64] = "";
  if (stat != NULL) snprintf(more, sizeof more, " version %d length %d", stat->version, stat->dataLength);
  say(what, code, more);
}

static void on_data(int code, const char *data, int length, const struct Stat *stat, const void *what) {
  char more[128] = "";
  if (stat != NULL) {
    snprintf(more, sizeof more, " %.*s version %d", length < 0 ? 0 : length, data, stat->version);
  }
  say(what, code, more);
}

static void on_strings(int code, const struct String_vector *strings, const void *what) {
  char more[32] = "";
  if (strings != NULL) snprintf(more, sizeof more, " %d children", strings->count);
  say(what, code, more);
}

static void on_strings_stat(int code, const struct String_vector *strings, const struct Stat *stat,
                            const void *what) {
  char more[64] = "";
  if (strings != NULL && stat != NULL) {
    snprintf(more, sizeof more, " %d children cversion %d", strings->count, stat->cversion);
  }
  say(what, code, more);
}

static void on_string(int code, const char *path, const void *what) {
  char more[EVENT_CHARS_MAX / 2];
  snprintf(more, sizeof more, " %s", path == NULL ? "" : path);
  say(what, code, more);
}

static void on_string_stat(int code, const char *path, const struct Stat *stat, const void *what) {
  char more[EVENT_CHARS_MAX / 2] = "";
  if (stat != NULL) snprintf(more, sizeof more, " %s length %d", path, stat->dataLength);
  say(what, code, more);
}

static void on_acl(int code, struct ACL_vector *acl, struct Stat *stat, const void *what) {
  char more[128] = "";
  if (acl != NULL && stat != NULL && acl->count > 0) {
    snprintf(more, sizeof more, " %d: %d %s %s", acl->count, acl->data[0].perms, acl->data[0].id.scheme,
             acl->data[0].id.id);
  }
  say(what, code, more);
}

static void each(void) {
  zhandle_t *zh = rooted();
  const char *a = at("/a");
  answers = events_new();
  zoo_acreate(zh, a, "x", 1, OPEN, ZOO_PERSISTENT, on_string, "create");
  zoo_acreate(zh, a, "x", 1, OPEN, ZOO_PERSISTENT, on_string, "create again");
  zoo_acreate2(zh, at("/b"), "xyz", 3, OPEN, ZOO_EPHEMERAL, on_string_stat, "create2");
  zoo_acreate_ttl(zh, at("/t"), "x", 1, OPEN, ZOO_PERSISTENT_WITH_TTL, 60000, on_string, "create ttl");
  zoo_acreate2_ttl(zh, at("/t-"), "x", 1, OPEN, ZOO_PERSISTENT_SEQUENTIAL_WITH_TTL, 60000,
                   on_string_stat, "create2 ttl");
  zoo_aexists(zh, a, 0, on_stat, "exists");
  zoo_aexists(zh, at("/none"), 0, on_stat, "exists none");
  zoo_aget(zh, a, 0, on_data, "get");
  zoo_aget(zh, at("/none"), 0, on_data, "get none");
  zoo_aset(zh, a, "yy", 2, 0, on_stat, "set");
  zoo_aset(zh, a, "yy", 2, 0, on_stat, "set old version");
  zoo_aget_children(zh, at(""), 0, on_strings, "children");
  zoo_aget_children2(zh, at(""), 0, on_strings_stat, "children2");
  zoo_aget_children(zh, at("/none"), 0, on_strings, "children none");
  zoo_async(zh, a, on_string, "sync");
  zoo_async(zh, at("/none"), on_string, "sync none");
  zoo_aget_acl(zh, a, on_acl, "get acl");
  zoo_aget_acl(zh, at("/none"), on_acl, "get acl none");
  zoo_aset_acl(zh, a, 0, &ZOO_READ_ACL_UNSAFE, on_void, "set acl");
  zoo_aget_acl(zh, a, on_acl, "get acl again");
  zoo_adelete(zh, a, 5, on_void, "delete wrong version");
  zoo_adelete(zh, a, -1, on_void, "delete");
  zoo_adelete(zh, a, -1, on_void, "delete again");
  zoo_op_t ops[2];
  zoo_op_result_t results[2];
  char made[PATH_CHARS_MAX];
  zoo_create_op_init(&ops[0], at("/m"), "x", 1, OPEN, ZOO_PERSISTENT, made, sizeof made);
  zoo_check_op_init(&ops[1], at("/m"), 0);
  zoo_amulti(zh, 2, ops, results, on_void, "multi");
  events_wait(answers, 24);
  // ZooKeeper itself judges what follows a change of the ACL without a pause by the old one or the new.
  zoo_aset_acl(zh, at("/b"), 0, &ZOO_READ_ACL_UNSAFE, on_void, "set acl of b");
  events_wait(answers, 25);
  zoo_aset_acl(zh, at("/b"), 1, &ZOO_READ_ACL_UNSAFE, on_void, "set acl of b denied");
  events_wait(answers, 26);
  see_events("answers", answers);
}

static void in_order(void) {
  zhandle_t *zh = rooted();
  static char names[MANY][2][16];
  answers = events_new();
  must(zoo_create(zh, at("/a"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), "create");
  for (int number = 0; number < MANY; number++) {
    snprintf(names[number][0], 16, "set %d", number);
    snprintf(names[number][1], 16, "get %d", number);
    zoo_aset(zh, at("/a"), names[number][0], (int)strlen(names[number][0]), -1, on_stat, names[number][0]);
    zoo_aget(zh, at("/a"), 0, on_data, names[number][1]);
  }
  events_wait(answers, 2 * MANY);
  int wrong = 0;
  for (int number = 0; number < MANY; number++) {
    char expected[EVENT_CHARS_MAX];
    snprintf(expected, sizeof expected, "get %d: ok set %d version %d", number, number, number + 1);
    if (strcmp(answers->lines[2 * number + 1], expected) != 0) wrong++;
  }
  see("%d of %d out of order", wrong, MANY);
}

const struct test_case ASYNC_CASES[] = {
    {"every asynchronous request is answered in its turn", each},
    {"two hundred writes and reads are answered in order", in_order},
    {NULL, NULL},
};
