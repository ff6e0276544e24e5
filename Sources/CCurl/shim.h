// libcurl's variadic setters as typed functions: Swift cannot call C varargs. One function for each type of argument
// that an option can have; libcurl reads the wrong bytes where the type does not match the option's.
#pragma once
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <string.h>

// Easy handle: plain options.
static inline CURLcode shim_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode shim_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode shim_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode shim_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode shim_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

// Easy handle: callbacks, each with the pointer that it is given back.
typedef size_t (*shim_bytes_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*shim_seek_callback)(void *context, curl_off_t offset, int origin);
typedef int (*shim_prerequest_callback)(void *context, char *peer, char *local, int peer_port, int local_port);
typedef curl_socket_t (*shim_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
typedef int (*shim_close_callback)(void *context, curl_socket_t descriptor);

static inline void shim_on_body(CURL *easy, shim_bytes_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}
static inline void shim_on_header(CURL *easy, shim_bytes_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}
static inline void shim_on_read(CURL *easy, shim_bytes_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_READDATA, context);
}
static inline void shim_on_seek(CURL *easy, shim_seek_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
}
static inline void shim_on_prerequest(CURL *easy, shim_prerequest_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}
static inline void shim_on_open(CURL *easy, shim_open_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}
static inline void shim_on_close(CURL *easy, shim_close_callback callback, void *context) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context);
}

// Makes libcurl dial a local address instead of the one that it was about to. `bytes` is the kernel's form of it and no
// longer than a `struct sockaddr`.
static inline void shim_set_local_address(struct curl_sockaddr *target, const void *bytes, unsigned length) {
  target->family = AF_UNIX;
  target->protocol = 0;
  target->addrlen = length;
  memcpy(&target->addr, bytes, length);
}

// Easy handle: what a transfer can be asked. 0 or NULL when libcurl does not know.
static inline long shim_get_long(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
static inline curl_off_t shim_get_offset(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}
static inline const char *shim_get_string(CURL *easy, CURLINFO info) {
  char *value = NULL;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : NULL;
}
static inline void *shim_get_pointer(CURL *easy, CURLINFO info) {
  void *value = NULL;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : NULL;
}
static inline struct curl_slist *shim_get_list(CURL *easy, CURLINFO info) {
  struct curl_slist *value = NULL;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : NULL;
}

// Multi handle.
typedef int (*shim_socket_callback)(CURL *easy, curl_socket_t descriptor, int what, void *context, void *unused);
typedef int (*shim_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline void shim_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  curl_multi_setopt(multi, option, value);
}
static inline void shim_multi_on_socket(CURLM *multi, shim_socket_callback callback, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
}
static inline void shim_multi_on_timer(CURLM *multi, shim_timer_callback callback, void *context) {
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}

// What this libcurl was built with: CURL_VERSION_ bits.
static inline int shim_features(void) { return curl_version_info(CURLVERSION_NOW)->features; }

// Share handle.
static inline CURLSHcode shim_share(CURLSH *share, curl_lock_data data) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, data);
}
