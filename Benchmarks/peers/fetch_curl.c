// GETs with libcurl's multi-socket interface on epoll: fetch_curl URL CONNECTIONS SECONDS kept|usual.
// kept: a socket stays in epoll between two transfers; usual: as libcurl says it. One line of JSON, after a warm-up.
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { descriptors = 65536 };

static int loop, keeps_sockets;
static CURLM *multi;
static double timer = -1;
static long answers, failures;
static unsigned char wanted[descriptors], registered[descriptors];

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

static size_t body(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes, (void)context;
  return size * count;
}

static int closes(void *context, curl_socket_t descriptor) {
  (void)context;
  wanted[descriptor] = registered[descriptor] = 0;
  return close(descriptor);
}

static int wants(CURL *easy, curl_socket_t descriptor, int what, void *context, void *unused) {
  (void)easy, (void)context, (void)unused;
  int interest = 0;
  if (what != CURL_POLL_REMOVE) {
    if (what & CURL_POLL_IN) interest |= EPOLLIN;
    if (what & CURL_POLL_OUT) interest |= EPOLLOUT;
  }
  wanted[descriptor] = interest;
  if (registered[descriptor] == interest || (keeps_sockets && interest == 0)) return 0;
  struct epoll_event event = {.events = interest, .data.fd = descriptor};
  int operation = interest == 0 ? EPOLL_CTL_DEL : registered[descriptor] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  epoll_ctl(loop, operation, descriptor, &event);
  registered[descriptor] = interest;
  return 0;
}

static int wakes(CURLM *unused, long milliseconds, void *context) {
  (void)unused, (void)context;
  timer = milliseconds < 0 ? -1 : seconds() + milliseconds * 1e-3;
  return 0;
}

static void take_messages(void) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
    if (message->msg != CURLMSG_DONE) continue;
    long status = 0;
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    if (message->data.result == CURLE_OK && status == 200) answers++; else failures++;
    CURL *easy = message->easy_handle;
    curl_multi_remove_handle(multi, easy);
    curl_multi_add_handle(multi, easy);
  }
}

static void act(int descriptor, int bits) {
  int running;
  curl_multi_socket_action(multi, descriptor, bits, &running);
  take_messages();
}

static int wait_milliseconds(void) {
  if (timer < 0) return 100;
  double left = (timer - seconds()) * 1e3;
  return left <= 0 ? 0 : left > 100 ? 100 : (int)left + 1;
}

static void turn(void) {
  struct epoll_event ready[1024];
  int found = epoll_wait(loop, ready, 1024, wait_milliseconds());
  for (int i = 0; i < found; i++) {
    int descriptor = ready[i].data.fd, bits = 0;
    if (!wanted[descriptor]) {
      epoll_ctl(loop, EPOLL_CTL_DEL, descriptor, NULL);
      registered[descriptor] = 0;
      continue;
    }
    if (ready[i].events & (EPOLLIN | EPOLLHUP)) bits |= CURL_CSELECT_IN;
    if (ready[i].events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
    if (ready[i].events & EPOLLERR) bits |= CURL_CSELECT_ERR;
    act(descriptor, bits);
  }
  if (timer >= 0 && seconds() >= timer) {
    timer = -1;
    act(CURL_SOCKET_TIMEOUT, 0);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int count = atoi(argv[2]);
  keeps_sockets = strcmp(argv[4], "kept") == 0;
  curl_global_init(CURL_GLOBAL_ALL);
  loop = epoll_create1(EPOLL_CLOEXEC);
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, wants);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, wakes);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)count + 16);
  for (int i = 0; i < count; i++) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, closes);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_multi_add_handle(multi, easy);
  }
  act(CURL_SOCKET_TIMEOUT, 0);
  double warm = seconds() + (count > 200 ? 2 : 0.5);
  while (seconds() < warm) turn();
  double start = seconds(), processor = processor_seconds(), end = start + atof(argv[3]);
  long before = answers;
  while (seconds() < end) turn();
  printf("{\"n\":%ld,\"secs\":%f,\"cpu\":%f,\"err\":%ld,\"libcurl\":\"%s\"}\n", answers - before, seconds() - start,
         processor_seconds() - processor, failures, curl_version_info(CURLVERSION_NOW)->version);
  return 0;
}
