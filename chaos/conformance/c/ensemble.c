/** The ensemble's configuration, and changes of it. */
#include "lab.h"

#include <stdio.h>
#include <string.h>

/** The configuration's lines without ports and version: `server.1 participant`. */
static void see_config(const char *what, int code, const char *text, int length) {
  see_code(what, code);
  if (code != ZOK || length < 0) return;
  char copy[2048];
  snprintf(copy, sizeof copy, "%.*s", length, text);
  for (char *line = strtok(copy, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char *name_end = strchr(line, '=');
    int observer = strstr(line, ":observer") != NULL, member = strstr(line, ":participant") != NULL;
    if (name_end != NULL) *name_end = 0;
    see("  %s%s%s", line, observer ? " observer" : "", member ? " participant" : "");
  }
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
  zhandle_t *zh = client_at(server(0));
  struct events *events = events_new();
  char text[2048], member[256] = "";
  int length = sizeof text;
  struct Stat stat;
  see_code("without the right", zoo_reconfig(zh, NULL, "3", NULL, -1, text, &length, &stat));
  must(add_auth(zh, "digest", super_credentials()), "add auth");
  length = sizeof text;
  must(zoo_wgetconfig(zh, record, events, text, &length, &stat), "config");
  snprintf(member, sizeof member, "%.*s", (int)strcspn(strstr(text, "server.3="), "\n"),
           strstr(text, "server.3="));
  length = sizeof text;
  int code = zoo_reconfig(zh, NULL, "3", NULL, -1, text, &length, &stat);
  see_config("without server 3", code, text, length);
  events_wait(events, 1);
  see_events("watch", events);
  length = sizeof text;
  code = zoo_reconfig(zh, member, NULL, NULL, -1, text, &length, &stat);
  see_config("with server 3", code, text, length);
  zhandle_t *third = client_at(server(2));
  length = sizeof text;
  see_code("nonsense", zoo_reconfig(zh, "server.4=nonsense", NULL, NULL, -1, text, &length, &stat));
  length = sizeof text;
  see_code("old version", zoo_reconfig(zh, NULL, "3", NULL, 1, text, &length, &stat));
  see_code("the third serves", zoo_exists(third, "/", 0, NULL));
}

const struct test_case ENSEMBLE_CASES[] = {
    {"the configuration", read},
    {"reconfig removes and adds a server", changed},
    {NULL, NULL},
};
