// GETs on bare epoll, the floor of what a request costs: fetch_epoll PORT PATH CONNECTIONS SECONDS (127.0.0.1).
// An answer must come with a Content-Length and no other framing. Prints one line of JSON, counted after a warm-up.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
  int descriptor;
  long left;  // bytes of the body to come; -1 while the head is read
  int filled;
  char head[2048];
};

static char request[512];
static int request_bytes;
static long answers, failures;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

static double processor_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void ask(struct connection *connection) {
  connection->left = -1;
  connection->filled = 0;
  if (send(connection->descriptor, request, request_bytes, MSG_NOSIGNAL) != request_bytes) failures++;
}

static long content_length(char *head) {
  for (char *line = head; (line = strchr(line, '\n')) != NULL;) {
    line++;
    if (strncasecmp(line, "content-length:", 15) == 0) return atol(line + 15);
  }
  return -1;
}

// False when what came is no answer of the expected kind.
static int take(struct connection *connection, const char *bytes, long count) {
  while (count > 0) {
    if (connection->left < 0) {
      long room = (long)sizeof connection->head - 1 - connection->filled;
      long part = count < room ? count : room;
      if (part <= 0) return 0;
      memcpy(connection->head + connection->filled, bytes, part);
      int before = connection->filled;
      connection->filled += part;
      connection->head[connection->filled] = 0;
      char *end = strstr(connection->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
      if (end == NULL) return part == count;
      if (strncmp(connection->head + 9, "200", 3) != 0) return 0;
      connection->left = content_length(connection->head);
      if (connection->left < 0) return 0;
      long used = end + 4 - (connection->head + before);
      bytes += used;
      count -= used;
    }
    long part = count < connection->left ? count : connection->left;
    connection->left -= part;
    bytes += part;
    count -= part;
    if (connection->left == 0) {
      answers++;
      ask(connection);
    }
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int port = atoi(argv[1]), count = atoi(argv[3]);
  request_bytes = snprintf(
      request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", argv[2], port);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int loop = epoll_create1(EPOLL_CLOEXEC);
  struct connection *connections = calloc(count, sizeof *connections);
  for (int i = 0; i < count; i++) {
    struct connection *connection = &connections[i];
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0) return 1;
    int one = 1;
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(connection->descriptor, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(loop, EPOLL_CTL_ADD, connection->descriptor, &event);
    ask(connection);
  }
  static char buffer[65536];
  struct epoll_event ready[1024];
  double warm = seconds() + (count > 200 ? 2 : 0.5), end = 0, processor = 0, start = 0;
  long before = 0;
  for (;;) {
    int found = epoll_wait(loop, ready, 1024, 100);
    for (int i = 0; i < found; i++) {
      struct connection *connection = ready[i].data.ptr;
      long got = recv(connection->descriptor, buffer, sizeof buffer, 0);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0 || !take(connection, buffer, got)) return 1;
    }
    double now = seconds();
    if (end == 0 && now >= warm) {
      start = now;
      end = now + atof(argv[4]);
      before = answers;
      processor = processor_seconds();
    } else if (end > 0 && now >= end) {
      printf("{\"n\":%ld,\"secs\":%f,\"cpu\":%f,\"err\":%ld}\n", answers - before, now - start,
             processor_seconds() - processor, failures);
      return 0;
    }
  }
}
