/** ACLs and authentication. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define OPEN (&ZOO_OPEN_ACL_UNSAFE)

/** Base64 of sha1("owner:pw"), as the server keeps it. */
#define OWNER_ID "owner:PJ7/0V9QHH2wYqNNM7dGJHMnOa8="

static struct ACL_vector one(struct ACL *acl, int perms, const char *scheme, const char *id) {
  acl->perms = perms;
  acl->id.scheme = (char *)(uintptr_t)scheme;
  acl->id.id = (char *)(uintptr_t)id;
  struct ACL_vector list = {1, acl};
  return list;
}

static void see_acl(zhandle_t *zh, const char *what, const char *path) {
  struct ACL_vector acl = {0, NULL};
  struct Stat stat;
  int code = zoo_get_acl(zh, path, &acl, &stat);
  see("%s: %s", what, code_name(code));
  if (code != ZOK) return;
  for (int index = 0; index < acl.count; index++) {
    see("  %d %s %s", acl.data[index].perms, acl.data[index].id.scheme, acl.data[index].id.id);
  }
  see("  aversion %d version %d", stat.aversion, stat.version);
  deallocate_ACL_vector(&acl);
}

static void kept(void) {
  zhandle_t *zh = rooted();
  struct ACL acl;
  struct ACL_vector list = one(&acl, ZOO_PERM_ALL, "digest", OWNER_ID);
  see_code("create", zoo_create(zh, at("/a"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0));
  see_acl(zh, "open", at("/a"));
  see_code("set, wrong version", zoo_set_acl(zh, at("/a"), 3, &list));
  see_code("set", zoo_set_acl(zh, at("/a"), 0, &list));
  see_acl(zh, "closed", at("/a"));
  see_code("set without the right", zoo_set_acl(zh, at("/a"), -1, OPEN));
  see_code("of none", zoo_set_acl(zh, at("/none"), -1, OPEN));
}

static void refused(void) {
  zhandle_t *zh = rooted();
  struct ACL acl;
  static const struct {
    int perms;
    const char *scheme, *id;
  } wrong[] = {{31, "nobody", "x"}, {31, "world", "someone"}, {31, "digest", "nocolon"},
               {31, "ip", "host"},  {0, "world", "anyone"},   {99, "world", "anyone"},
               {31, "auth", ""},    {31, "x509", "CN=a"},     {31, "sasl", "a"}};
  for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
    struct ACL_vector list = one(&acl, wrong[index].perms, wrong[index].scheme, wrong[index].id);
    int code = zoo_create(zh, at("/a"), "", 0, &list, ZOO_PERSISTENT, NULL, 0);
    see("%d %s %s: %s", wrong[index].perms, wrong[index].scheme, wrong[index].id, code_name(code));
    if (code == ZOK) zoo_delete(zh, at("/a"), -1);
  }
  struct ACL_vector none = {0, NULL};
  see_code("empty", zoo_create(zh, at("/a"), "", 0, &none, ZOO_PERSISTENT, NULL, 0));
}

static void denied(void) {
  zhandle_t *owner = rooted(), *other = client();
  struct String_vector children;
  see_code("add auth", add_auth(owner, "digest", "owner:pw"));
  see_code("create", zoo_create(owner, at("/a"), "x", 1, &ZOO_CREATOR_ALL_ACL, ZOO_PERSISTENT, NULL, 0));
  see_code("child", zoo_create(owner, at("/a/b"), "x", 1, &ZOO_CREATOR_ALL_ACL, ZOO_PERSISTENT, NULL, 0));
  see_acl(owner, "owner's", at("/a"));
  zhandle_t *both[] = {other, owner};
  for (int index = 0; index < 2; index++) {
    zhandle_t *zh = both[index];
    char data[8];
    int length = sizeof data;
    if (index == 0) must(zoo_create(other, at("/fence"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0), "fence");
    see("%s", index == 0 ? "another" : "the owner");
    see_code("exists", zoo_exists(zh, at("/a"), 0, NULL));
    see_code("get", zoo_get(zh, at("/a"), 0, data, &length, NULL));
    int code = zoo_get_children(zh, at("/a"), 0, &children);
    see_children("children", code, &children);
    see_code("set", zoo_set(zh, at("/a"), "y", 1, -1));
    see_code("create", zoo_create(zh, at("/a/c"), "", 0, OPEN, ZOO_PERSISTENT, NULL, 0));
    see_code("delete", zoo_delete(zh, at("/a/b"), -1));
    see_acl(zh, "get acl", at("/a"));
    see_code("set acl", zoo_set_acl(zh, at("/a"), -1, &ZOO_CREATOR_ALL_ACL));
  }
  see_code("another authenticates", add_auth(other, "digest", "owner:pw"));
  see_code("and may", zoo_set(other, at("/a"), "y", 1, -1));
}

static void super(void) {
  zhandle_t *owner = rooted(), *root = client();
  must(add_auth(owner, "digest", "owner:pw"), "add auth");
  must(zoo_create(owner, at("/a"), "x", 1, &ZOO_CREATOR_ALL_ACL, ZOO_PERSISTENT, NULL, 0), "create");
  see_code("super", add_auth(root, "digest", super_credentials()));
  see_code("set", zoo_set(root, at("/a"), "y", 1, -1));
  see_acl(root, "get acl", at("/a"));
  see_code("set acl", zoo_set_acl(root, at("/a"), -1, OPEN));
}

static void failed(void) {
  struct events *events = events_new();
  zhandle_t *zh = client_started(hosts(), NULL, 0, 6000, events);
  await_state(zh, ZOO_CONNECTED_STATE);
  see_code("unknown scheme", add_auth(zh, "nobody", "x"));
  await_state(zh, ZOO_AUTH_FAILED_STATE);
  events_wait(events, 2);
  see_events("session", events);
  see_code("afterwards", zoo_exists(zh, "/", 0, NULL));
}

static void survives(void) {
  zhandle_t *zh = rooted();
  char killed[64];
  must(add_auth(zh, "digest", "owner:pw"), "add auth");
  must(zoo_create(zh, at("/a"), "x", 1, &ZOO_CREATOR_ALL_ACL, ZOO_PERSISTENT, NULL, 0), "create");
  server_of(zh, killed);
  kill_server(killed);
  int code = ZCONNECTIONLOSS;
  for (int tries = 0; code == ZCONNECTIONLOSS && tries < 100; tries++) {
    await_state(zh, ZOO_CONNECTED_STATE);
    code = zoo_set(zh, at("/a"), "y", 1, -1);
  }
  see_code("set through another server", code);
  start_server(killed);
}

const struct test_case ACL_CASES[] = {
    {"ACLs are kept as they were set", kept},
    {"ACLs that are none are refused", refused},
    {"who may do what", denied},
    {"the super user may do all", super},
    {"a failed authentication ends the session", failed},
    {"credentials go along to another server", survives},
    {NULL, NULL},
};
