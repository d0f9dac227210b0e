// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: The meshed.cassandra authors
// The process that holds a pod's namespaces: it waits, and reaps orphans.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal) {
  (void)signal;
  _exit(0);
}

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
