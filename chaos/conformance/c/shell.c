/** The C client's shell, cli_mt, driven as a person would. */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL "/usr/lib/zookeeper/bin/cli_mt"
#define TIMEOUT "/usr/bin/timeout"
#define COMMAND_MAX_S "10"
#define LINES_MAX 128

/** Lines of its output that say when, which session, which zxid or which server. */
static int is_volatile(const char *line) {
  static const char *const parts[] = {"ZOO_", "time", "zxid", "Owner", "0x", "Watcher", "Got a new", "id:"};
  for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
    if (strstr(line, parts[index]) != NULL) return 1;
  }
  return 0;
}

static int by_text(const void *one, const void *other) {
  return strcmp(*(char *const *)one, *(char *const *)other);
}

/** Runs one command and adds what the shell printed on its stdout and stderr, without what is volatile. */
static void command(const char *text) {
  char output[8192];
  int out[2];
  if (pipe(out) != 0) broke("no pipe");
  pid_t child = fork();
  if (child == 0) {
    dup2(out[1], 1);
    dup2(out[1], 2);
    close(out[0]);
    close(out[1]);
    if (freopen("/dev/null", "r", stdin) == NULL) _exit(126);
    execl(TIMEOUT, TIMEOUT, COMMAND_MAX_S, SHELL, "-h", hosts(), "-c", text, (char *)NULL);
    _exit(127);
  }
  close(out[1]);
  size_t length = 0;
  ssize_t more;
  while (length + 1 < sizeof output && (more = read(out[0], output + length, sizeof output - 1 - length)) > 0) {
    length += (size_t)more;
  }
  output[length] = 0;
  close(out[0]);
  waitpid(child, NULL, 0);
  see("$ %s", text);
  const char *lines[LINES_MAX];
  size_t count = 0;
  for (char *line = strtok(output, "\n"); line != NULL && count < LINES_MAX; line = strtok(NULL, "\n")) {
    if (!is_volatile(line)) lines[count++] = line;
  }
  // Children come in any order, and what its two threads say may be either way round.
  qsort(lines, count, sizeof *lines, by_text);
  for (size_t index = 0; index < count; index++) see("%s", lines[index]);
}

static void commands(void) {
  char text[PATH_CHARS_MAX + 64];
  static const char *const lines[] = {
      "create %s", "create %s/a",     "create +e %s/e",       "create +s %s/s-", "create +c %s/c",
      "create +t=60000 %s/t", "create %s/a", "create2 %s/b",  "set %s/a hello",  "get %s/a",
      "get %s/none", "ls %s/none",    "ls %s",                "ls2 %s/a",        "sync %s/a",
      "delete %s/a", "delete %s/none", "delete %s",
  };
  for (size_t index = 0; index < sizeof lines / sizeof *lines; index++) {
    snprintf(text, sizeof text, lines[index], at(""));
    command(text);
  }
}

const struct test_case SHELL_CASES[] = {
    {"commands of the shell", commands},
    {NULL, NULL},
};
