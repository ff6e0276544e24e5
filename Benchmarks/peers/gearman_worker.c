// Answers gearmand's jobs `echo` and counts them in a shared file: gearman_worker PORT COUNTER.
#include <fcntl.h>
#include <libgearman/gearman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile long *done;

static void *echo(gearman_job_st *job, void *context, size_t *size, gearman_return_t *result) {
  (void)context;
  *size = gearman_job_workload_size(job);
  void *answer = malloc(*size + 1);
  memcpy(answer, gearman_job_workload(job), *size);
  *result = GEARMAN_SUCCESS;
  __sync_fetch_and_add(done, 1);
  return answer;
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  int file = open(arguments[2], O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 4096) != 0) return 1;
  done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (done == MAP_FAILED) return 1;
  gearman_worker_st *worker = gearman_worker_create(NULL);
  gearman_worker_add_server(worker, "127.0.0.1", (in_port_t)atoi(arguments[1]));
  gearman_worker_add_options(worker, GEARMAN_WORKER_GRAB_UNIQ);
  gearman_worker_add_function(worker, "echo", 0, echo, NULL);
  for (;;)
    if (gearman_failed(gearman_worker_work(worker))) usleep(1000);
}
