/** What the cases stand on: what a case saw, clients that are closed after it, servers to kill. */
#ifndef LAB_H
#define LAB_H

#include <zookeeper/zookeeper.h>

#define EVENTS_MAX 512
#define EVENT_CHARS_MAX 256
#define PATH_CHARS_MAX 512

struct test_case {
  const char *name;
  void (*run)(void);
};

extern const struct test_case OPERATION_CASES[];
extern const struct test_case ASYNC_CASES[];
extern const struct test_case MULTI_CASES[];
extern const struct test_case ACL_CASES[];
extern const struct test_case WATCH_CASES[];
extern const struct test_case SESSION_CASES[];
extern const struct test_case SHELL_CASES[];
extern const struct test_case ENSEMBLE_CASES[];

/** Adds a line to what this case observed; printf's format. */
void see(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Adds the name of a call's result code, and the Stat when it was a success. */
void see_code(const char *what, int code);
void see_stat(const char *what, int code, const struct Stat *stat);
void see_children(const char *what, int code, struct String_vector *children);
/** `ZNONODE` for -101, and the number for what has no name. */
const char *code_name(int code);
/** Ends the case as broken. */
void broke(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** The case's own znode, and a path below it (valid until 64 more were asked for). */
const char *at(const char *below);

/** Events, collected by `record` with an instance as the watcher's context. */
struct events {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int count;
  char lines[EVENTS_MAX][EVENT_CHARS_MAX];
};
struct events *events_new(void);
void record(zhandle_t *zh, int type, int state, const char *path, void *context);
void events_add(struct events *events, const char *line);
/** Waits for so many; the case breaks when they do not come within 30 s. */
void events_wait(struct events *events, int count);
/** Waits until all that was sent to this client has been delivered. */
void events_settle(zhandle_t *zh);
/** Adds all, in their order. */
void see_events(const char *what, struct events *events);

/** A client of any server, of those given, or one that goes on with a session; connected. */
zhandle_t *client(void);
zhandle_t *client_at(const char *hosts);
zhandle_t *client_with(const char *hosts, const clientid_t *id, int flags, int timeout_ms);
/** The same without waiting for the connection; session events go to `events` (may be null). */
zhandle_t *client_started(const char *hosts, const clientid_t *id, int flags, int timeout_ms,
                          struct events *events);
/** A client, and the case's own znode made. */
zhandle_t *rooted(void);
void client_close(zhandle_t *zh);
/** The case breaks when the client is not in that state within 30 s. */
void await_state(zhandle_t *zh, int state);
void must(int code, const char *what);
/** Adds credentials and waits for the answer. */
int add_auth(zhandle_t *zh, const char *scheme, const char *credentials);

const char *hosts(void);
/** One of the three, from 0. */
const char *server(int index);
const char *super_credentials(void);
void server_of(zhandle_t *zh, char address[64]);
/** The same; 0 when it is not connected to any. */
int try_server_of(zhandle_t *zh, char address[64]);
/** Which of the three leads, from 0; waits for it. */
int leader_index(void);
void kill_server(const char *who);
void start_server(const char *who);
/** Polls every 10 ms; the case breaks when it does not come true within 30 s. */
void await(int (*condition)(void *), void *context, const char *what);

#endif
