// What Swift's Glibc module leaves out: epoll, eventfd, signalfd, pidfds, prctl, and calls whose C types Swift cannot
// spell.
// No feature macro here: the headers that this module shares with Glibc must come out the same in both.
#pragma once
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// prctl is variadic, which Swift cannot call. Names the calling thread, 15 bytes at most.
static inline int shim_name_thread(const char *name) { return prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0); }

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

// pipe2 is hidden too: both ends closed on exec from the beginning, whatever another thread starts meanwhile.
extern int pipe2(int ends[2], int flags);
static inline int shim_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// Hidden as well (glibc 2.34): the new process has no descriptor from `first` on.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
static inline int shim_spawn_closes_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// Hidden, too: waits until all that was written to the file system of `descriptor` is on its disk.
extern int syncfs(int descriptor);

// Only newer C libraries have a name for it. Readable once the process has ended; closed on exec.
static inline int shim_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

// The processes of `group` get `signal` when nobody has the writing end of the pipe open any more, whose reading end
// `descriptor` is, or when somebody writes there. F_SETSIG is hidden.
static inline int shim_signal_group_at_close(int descriptor, pid_t group, int signal) {
  if (fcntl(descriptor, __F_SETSIG, signal) != 0 || fcntl(descriptor, F_SETOWN, -group) != 0) return -1;
  return fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_ASYNC);
}
