#include "lab.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MAX_S 30
#define POLL_US 10000
#define SESSION_MS 6000
#define CLIENTS_MAX 64
#define OBSERVED_MAX (1 << 20)
#define PATHS_KEPT 64

static const struct {
  int code;
  const char *name;
} CODES[] = {
    {ZOK, "ok"}, {ZSYSTEMERROR, "system error"}, {ZRUNTIMEINCONSISTENCY, "runtime inconsistency"},
    {ZDATAINCONSISTENCY, "data inconsistency"}, {ZCONNECTIONLOSS, "connection loss"},
    {ZMARSHALLINGERROR, "marshalling error"}, {ZUNIMPLEMENTED, "unimplemented"},
    {ZOPERATIONTIMEOUT, "operation timeout"}, {ZBADARGUMENTS, "bad arguments"},
    {ZINVALIDSTATE, "invalid state"}, {ZNEWCONFIGNOQUORUM, "new config no quorum"},
    {ZRECONFIGINPROGRESS, "reconfig in progress"}, {ZAPIERROR, "api error"}, {ZNONODE, "no node"},
    {ZNOAUTH, "no auth"}, {ZBADVERSION, "bad version"},
    {ZNOCHILDRENFOREPHEMERALS, "no children for ephemerals"}, {ZNODEEXISTS, "node exists"},
    {ZNOTEMPTY, "not empty"}, {ZSESSIONEXPIRED, "session expired"},
    {ZINVALIDCALLBACK, "invalid callback"}, {ZINVALIDACL, "invalid acl"}, {ZAUTHFAILED, "auth failed"},
    {ZCLOSING, "closing"}, {ZNOTHING, "nothing"}, {ZSESSIONMOVED, "session moved"},
    {ZNOTREADONLY, "not read-only"}, {ZEPHEMERALONLOCALSESSION, "ephemeral on local session"},
    {ZNOWATCHER, "no watcher"}, {ZRECONFIGDISABLED, "reconfig disabled"},
    {-125, "quota exceeded"}, {-127, "throttled"},
};

static char observed[OBSERVED_MAX];
static size_t observed_length;
static jmp_buf case_end;
static char case_root[PATH_CHARS_MAX];
static char case_error[1024];
static zhandle_t *clients[CLIENTS_MAX];
static int disturbed;

const char *hosts(void) { return getenv("ZK_HOSTS"); }
const char *super_credentials(void) { return getenv("ZK_SUPER"); }

const char *server(int index) {
  static char addresses[3][64];
  const char *from = hosts();
  for (int skipped = 0; skipped < index; skipped++) from = strchr(from, ',') + 1;
  snprintf(addresses[index], sizeof addresses[index], "%.*s", (int)strcspn(from, ","), from);
  return addresses[index];
}

const char *code_name(int code) {
  static char other[32];
  for (size_t index = 0; index < sizeof CODES / sizeof *CODES; index++) {
    if (CODES[index].code == code) return CODES[index].name;
  }
  snprintf(other, sizeof other, "code %d", code);
  return other;
}

/** Appends text as the inside of a JSON string. */
static size_t escape(char *to, size_t room, const char *text) {
  size_t used = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at != 0 && used + 8 < room; at++) {
    if (*at == '"' || *at == '\\') {
      to[used++] = '\\';
      to[used++] = (char)*at;
    } else if (*at < 0x20) {
      used += (size_t)snprintf(to + used, 8, "\\u%04x", *at);
    } else {
      to[used++] = (char)*at;
    }
  }
  to[used] = 0;
  return used;
}

static void add_line(const char *line) {
  observed_length += (size_t)snprintf(observed + observed_length, OBSERVED_MAX - observed_length, "%s\"",
                                      observed_length == 0 ? "" : ",");
  observed_length += escape(observed + observed_length, OBSERVED_MAX - observed_length - 2, line);
  observed[observed_length++] = '"';
  observed[observed_length] = 0;
}

void see(const char *format, ...) {
  char line[8192];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  add_line(line);
}

void see_code(const char *what, int code) { see("%s: %s", what, code_name(code)); }

void see_stat(const char *what, int code, const struct Stat *stat) {
  if (code != ZOK) return see_code(what, code);
  see("%s: version %d cversion %d aversion %d %s length %d children %d%s%s", what, stat->version,
      stat->cversion, stat->aversion,
      stat->ephemeralOwner == 0                        ? "persistent"
      : (uint64_t)stat->ephemeralOwner == 1ULL << 63   ? "container"
      : (uint64_t)stat->ephemeralOwner >> 56 == 0xff   ? "ttl"
                                                       : "ephemeral",
      stat->dataLength, stat->numChildren, stat->czxid == stat->mzxid ? " unchanged" : "",
      stat->czxid == stat->pzxid ? " childless" : "");
}

static int by_name(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

void see_children(const char *what, int code, struct String_vector *children) {
  if (code != ZOK) return see_code(what, code);
  char line[4096] = "";
  if (children->count > 0) qsort(children->data, (size_t)children->count, sizeof(char *), by_name);
  for (int index = 0; index < children->count; index++) {
    snprintf(line + strlen(line), sizeof line - strlen(line), " %s", children->data[index]);
  }
  see("%s:%s", what, line);
  deallocate_String_vector(children);
}

void broke(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(case_error, sizeof case_error, format, arguments);
  va_end(arguments);
  longjmp(case_end, 1);
}

void must(int code, const char *what) {
  if (code != ZOK) broke("%s: %s", what, code_name(code));
}

const char *at(const char *below) {
  static char paths[PATHS_KEPT][PATH_CHARS_MAX];
  static int next;
  char *path = paths[next++ % PATHS_KEPT];
  snprintf(path, PATH_CHARS_MAX, "%s%s", case_root, below);
  return path;
}

void await(int (*condition)(void *), void *context, const char *what) {
  for (int polls = 0; polls < WAIT_MAX_S * 1000000 / POLL_US; polls++) {
    if (condition(context)) return;
    usleep(POLL_US);
  }
  broke("waited %d s for %s", WAIT_MAX_S, what);
}

struct events *events_new(void) {
  struct events *events = calloc(1, sizeof *events);
  pthread_mutex_init(&events->lock, NULL);
  pthread_cond_init(&events->changed, NULL);
  return events;
}

void events_add(struct events *events, const char *line) {
  pthread_mutex_lock(&events->lock);
  if (events->count < EVENTS_MAX) {
    snprintf(events->lines[events->count++], EVENT_CHARS_MAX, "%s", line);
  }
  pthread_cond_broadcast(&events->changed);
  pthread_mutex_unlock(&events->lock);
}

static const char *state_name(int state) {
  if (state == ZOO_CONNECTED_STATE) return "connected";
  if (state == ZOO_CONNECTING_STATE) return "connecting";
  if (state == ZOO_READONLY_STATE) return "read-only";
  if (state == ZOO_EXPIRED_SESSION_STATE) return "expired";
  if (state == ZOO_AUTH_FAILED_STATE) return "auth failed";
  return "other";
}

void record(zhandle_t *zh, int type, int state, const char *path, void *context) {
  (void)zh;
  char line[EVENT_CHARS_MAX];
  const char *name = type == ZOO_CREATED_EVENT       ? "created"
                     : type == ZOO_DELETED_EVENT     ? "deleted"
                     : type == ZOO_CHANGED_EVENT     ? "changed"
                     : type == ZOO_CHILD_EVENT       ? "children"
                     : type == ZOO_NOTWATCHING_EVENT ? "not watching"
                                                     : "session";
  if (type == ZOO_SESSION_EVENT) {
    snprintf(line, sizeof line, "session %s", state_name(state));
  } else {
    snprintf(line, sizeof line, "%s %s", name, path);
  }
  events_add(context, line);
}

void events_wait(struct events *events, int count) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += WAIT_MAX_S;
  int late = 0;
  pthread_mutex_lock(&events->lock);
  while (events->count < count && !late) {
    late = pthread_cond_timedwait(&events->changed, &events->lock, &deadline) != 0;
  }
  int came = events->count;
  pthread_mutex_unlock(&events->lock);
  if (came < count) broke("waited for %d events, %d came", count, came);
}

void events_settle(zhandle_t *zh) {
  static int fences;
  char path[64];
  snprintf(path, sizeof path, "/fence-%d", ++fences);
  struct events *fence = events_new();
  zoo_wexists(zh, path, record, fence, NULL);
  must(zoo_create(zh, path, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, NULL, 0), "fence");
  events_wait(fence, 1);
  must(zoo_delete(zh, path, -1), "fence");
}

void see_events(const char *what, struct events *events) {
  pthread_mutex_lock(&events->lock);
  see("%s: %d events", what, events->count);
  for (int index = 0; index < events->count; index++) see("  %s", events->lines[index]);
  pthread_mutex_unlock(&events->lock);
}

zhandle_t *client_started(const char *where, const clientid_t *id, int flags, int timeout_ms,
                          struct events *events) {
  zhandle_t *zh = zookeeper_init(where, events == NULL ? NULL : record, timeout_ms, id, events, flags);
  if (zh == NULL) broke("no client for %s", where);
  for (int index = 0; index < CLIENTS_MAX; index++) {
    if (clients[index] != NULL) continue;
    clients[index] = zh;
    return zh;
  }
  broke("more than %d clients in a case", CLIENTS_MAX);
}

struct awaited {
  zhandle_t *zh;
  int state;
};

static int in_state(void *context) {
  struct awaited *awaited = context;
  return zoo_state(awaited->zh) == awaited->state;
}

void await_state(zhandle_t *zh, int state) {
  struct awaited awaited = {zh, state};
  await(in_state, &awaited, state_name(state));
}

zhandle_t *client_with(const char *where, const clientid_t *id, int flags, int timeout_ms) {
  zhandle_t *zh = client_started(where, id, flags, timeout_ms, NULL);
  await_state(zh, ZOO_CONNECTED_STATE);
  return zh;
}

zhandle_t *client_at(const char *where) { return client_with(where, NULL, 0, SESSION_MS); }
zhandle_t *client(void) { return client_at(hosts()); }

zhandle_t *rooted(void) {
  zhandle_t *zh = client();
  int code = zoo_create(zh, case_root, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, NULL, 0);
  if (code != ZNODEEXISTS) must(code, case_root);
  return zh;
}

void client_close(zhandle_t *zh) {
  for (int index = 0; index < CLIENTS_MAX; index++) {
    if (clients[index] == zh) clients[index] = NULL;
  }
  zookeeper_close(zh);
}

static void auth_done(int code, const void *context) {
  events_add((struct events *)(uintptr_t)context, code_name(code));
}

int add_auth(zhandle_t *zh, const char *scheme, const char *credentials) {
  struct events *answer = events_new();
  int code = zoo_add_auth(zh, scheme, credentials, (int)strlen(credentials), auth_done, answer);
  if (code != ZOK) return code;
  events_wait(answer, 1);
  return strcmp(answer->lines[0], "ok") == 0 ? ZOK : ZAUTHFAILED;
}

int try_server_of(zhandle_t *zh, char address[64]) {
  struct sockaddr_in6 place;
  socklen_t length = sizeof place;
  if (zookeeper_get_connected_host(zh, (struct sockaddr *)&place, &length) == NULL) return 0;
  snprintf(address, 64, "127.0.0.1:%d", ntohs(((struct sockaddr_in *)&place)->sin_port));
  return 1;
}

void server_of(zhandle_t *zh, char address[64]) {
  if (!try_server_of(zh, address)) broke("not connected to any server");
}

/** Whether the server says so when it is asked with the word `srvr`. */
static int leads(const char *address) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  place.sin_port = htons((uint16_t)atoi(strchr(address, ':') + 1));
  char answer[2048];
  size_t length = 0;
  ssize_t more;
  int connection = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection, (struct sockaddr *)&place, sizeof place) == 0 && write(connection, "srvr", 4) == 4) {
    while (length + 1 < sizeof answer &&
           (more = read(connection, answer + length, sizeof answer - 1 - length)) > 0) {
      length += (size_t)more;
    }
  }
  close(connection);
  answer[length] = 0;
  return strstr(answer, "Mode: leader") != NULL;
}

static int some_leads(void *found) {
  for (int index = 0; index < 3; index++) {
    if (!leads(server(index))) continue;
    *(int *)found = index;
    return 1;
  }
  return 0;
}

int leader_index(void) {
  int found = -1;
  await(some_leads, &found, "a leader");
  return found;
}

static int deed(const char *what, const char *who) {
  char answer[64] = "";
  printf("@do {\"%s\": \"%s\"}\n", what, who);
  fflush(stdout);
  return fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "ok\n") == 0;
}

void kill_server(const char *who) {
  disturbed = 1;
  if (!deed("kill", who)) broke("kill %s was not done", who);
}

void start_server(const char *who) {
  if (!deed("start", who)) broke("start %s was not done", who);
}

static void run_case(const struct test_case *test) {
  observed_length = 0;
  observed[0] = 0;
  disturbed = 0;
  snprintf(case_root, sizeof case_root, "/%s", test->name);
  for (char *each = case_root + 1; *each != 0; each++) {
    if (*each == ' ' || *each == '/') *each = '-';
  }
  int failed = setjmp(case_end);
  if (!failed) test->run();
  for (int index = 0; index < CLIENTS_MAX; index++) {
    if (clients[index] != NULL) zookeeper_close(clients[index]);
    clients[index] = NULL;
  }
  if (disturbed) deed("start", "all");
  if (failed) {
    static char escaped[4096];
    escape(escaped, sizeof escaped, case_error);
    printf("@error {\"name\": \"%s\", \"error\": \"%s\"}\n", test->name, escaped);
  } else {
    printf("@case {\"name\": \"%s\", \"observed\": [%s]}\n", test->name, observed);
  }
  fflush(stdout);
}

int main(void) {
  const struct test_case *const parts[] = {OPERATION_CASES, ASYNC_CASES,   MULTI_CASES, ACL_CASES,
                                           WATCH_CASES,     SESSION_CASES, SHELL_CASES, ENSEMBLE_CASES};
  const char *pattern = getenv("ZK_CASES");
  zoo_set_debug_level(0);
  for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
    for (const struct test_case *test = parts[part]; test->name != NULL; test++) {
      if (pattern == NULL || strstr(test->name, pattern) != NULL) run_case(test);
    }
  }
  return 0;
}
