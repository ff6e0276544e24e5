// What Swift's Glibc module leaves out: epoll, eventfd, signalfd, prctl, and calls whose C types Swift cannot spell.
// No feature macro here: the headers that this module shares with Glibc must come out the same in both.
#pragma once
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

// prctl is variadic, which Swift cannot call. Names the calling thread, 15 bytes at most.
static inline int shim_name_thread(const char *name) { return prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0); }

// The calling process gets `signal` when the thread that started it ends.
static inline int shim_signal_on_parent_death(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

// accept4 is hidden behind a feature macro.
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
static inline int shim_accept(int descriptor, struct sockaddr *address, socklen_t *length) {
  return accept4(descriptor, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// The process at the other end of a local socket; 0 where the kernel does not say. (struct ucred is hidden, too.)
static inline int shim_peer_process(int descriptor) {
  struct { int pid; unsigned user, group; } credentials = {0, 0, 0};
  socklen_t length = sizeof credentials;
  return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 ? credentials.pid : 0;
}
