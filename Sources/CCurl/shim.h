// libcurl's variadic setters as typed functions: Swift cannot call C varargs.
#pragma once
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
