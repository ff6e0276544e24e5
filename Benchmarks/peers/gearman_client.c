// Submits background jobs to gearmand, a thousand to a round trip, and waits until the workers have counted all of
// them: gearman_client PORT JOBS COUNTER. Prints the seconds.
#include <fcntl.h>
#include <libgearman/gearman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  long jobs = atol(arguments[2]);
  int file = open(arguments[3], O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 4096) != 0) return 1;
  volatile long *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (done == MAP_FAILED) return 1;
  gearman_client_st *client = gearman_client_create(NULL);
  gearman_client_add_server(client, "127.0.0.1", (in_port_t)atoi(arguments[1]));
  gearman_client_add_options(client, GEARMAN_CLIENT_FREE_TASKS);
  char payload[100];
  memset(payload, 'x', sizeof payload);
  double start = seconds();
  for (long job = 0; job < jobs; job += 1000) {
    for (long place = job; place < job + 1000 && place < jobs; place++) {
      gearman_return_t result;
      gearman_client_add_task_background(client, NULL, NULL, "echo", NULL, payload, sizeof payload, &result);
      if (gearman_failed(result)) return 1;
    }
    if (gearman_failed(gearman_client_run_tasks(client))) return 1;
  }
  while (*done < jobs) {
    usleep(200);
    if (seconds() - start > 300) return 1;
  }
  printf("%.6f\n", seconds() - start);
  return 0;
}
