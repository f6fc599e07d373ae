/** The ensemble's configuration, and changes of it. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

/** The one that a case removes, a follower; 0 for none: who leads differs from run to run. */
static int removed_id;

/** The configuration's lines without ports and version, and how many members it has besides. */
static void see_config(const char *what, int code, const char *text, int length) {
  see_code(what, code);
  if (code != ZOK || length < 0) return;
  char copy[2048], removed[32];
  int others = 0;
  snprintf(copy, sizeof copy, "%.*s", length, text);
  snprintf(removed, sizeof removed, "server.%d=", removed_id);
  for (char *line = strtok(copy, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    if (strncmp(line, removed, strlen(removed)) == 0) see("  the removed one");
    else if (strstr(line, ":participant;127.0.0.1:") != NULL) others++;
    else see("  %.*s", (int)strcspn(line, "="), line);
  }
  see("  %d others", others);
}

static void read(void) {
  zhandle_t *zh = client();
  char text[2048];
  int length = sizeof text;
  struct Stat stat;
  int code = zoo_getconfig(zh, 0, text, &length, &stat);
  see_config("config", code, text, length);
}

static void changed(void) {
  int leader = leader_index(), removed = (leader + 1) % 3;
  zhandle_t *zh = client_at(server(leader));
  struct events *events = events_new();
  char text[2048], member[256], line[32], leaving[8];
  int length = sizeof text;
  struct Stat stat;
  removed_id = removed + 1;
  snprintf(leaving, sizeof leaving, "%d", removed_id);
  snprintf(line, sizeof line, "server.%d=", removed_id);
  see_code("without the right", zoo_reconfig(zh, NULL, leaving, NULL, -1, text, &length, &stat));
  must(add_auth(zh, "digest", super_credentials()), "add auth");
  length = sizeof text;
  must(zoo_wgetconfig(zh, record, events, text, &length, &stat), "config");
  const char *found = strstr(text, line);
  if (found == NULL) broke("no %s in the configuration", line);
  snprintf(member, sizeof member, "%.*s", (int)strcspn(found, "\n"), found);
  length = sizeof text;
  int code = zoo_reconfig(zh, NULL, leaving, NULL, -1, text, &length, &stat);
  see_config("without it", code, text, length);
  events_wait(events, 1);
  see_events("watch", events);
  length = sizeof text;
  code = zoo_reconfig(zh, member, NULL, NULL, -1, text, &length, &stat);
  see_config("with it", code, text, length);
  zhandle_t *back = client_at(server(removed));
  see_code("it serves", zoo_exists(back, "/", 0, NULL));
  length = sizeof text;
  see_code("nonsense", zoo_reconfig(zh, "server.4=nonsense", NULL, NULL, -1, text, &length, &stat));
  length = sizeof text;
  see_code("old version", zoo_reconfig(zh, NULL, leaving, NULL, 1, text, &length, &stat));
}

const struct test_case ENSEMBLE_CASES[] = {
    {"the configuration", read},
    {"reconfig removes and adds a server", changed},
    {NULL, NULL},
};
