#include "loadgen/transport/libcurl.h"

#include <cstdarg>

#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

// In C++ too these are macros of the same name, which check the number of arguments.
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

namespace weir::loadgen {
namespace {

// The ABI of the header; it has been the same since 2006.
constexpr const char* kFile = "libcurl.so.4";

struct Loaded {
  void* library = nullptr;
  Status status;
};

Loaded Load() {
  Loaded made;
  made.library = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (made.library == nullptr) {
    const char* reason = dlerror();
    made.status = Unavailable(
        fmt::format("cannot load libcurl: {}\n  hint: install it (Debian: libcurl4)",
                    reason != nullptr ? Printable(reason, 300) : std::string("unknown reason")));
  }
  return made;
}

const Loaded& Library() {
  // Never closed: what it has started in this process cannot be undone.
  static const Loaded loaded = Load();
  return loaded;
}

/// The library's function of this name; F is its type.
template <typename F>
F* Find(const char* name) {
  WEIR_CHECK(Library().library != nullptr);
  void* found = dlsym(Library().library, name);
  WEIR_CHECK(found != nullptr);
  return reinterpret_cast<F*>(found);
}

// The one argument behind the named ones, whatever it is: libcurl takes pointers, long and
// curl_off_t, which are passed alike where they have one size.
static_assert(sizeof(void*) == sizeof(long) && sizeof(void*) == sizeof(curl_off_t));

}  // namespace

Status LoadLibcurl() {
  if (Library().library == nullptr) {
    return Library().status;
  }
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  WEIR_CHECK(initialised == CURLE_OK);
  return {};
}

}  // namespace weir::loadgen

// NOLINTBEGIN(readability-identifier-naming): the names are libcurl's.
namespace {

using weir::loadgen::Find;

}  // namespace

CURLcode curl_global_init(long flags) {
  static auto* const real = Find<decltype(curl_global_init)>("curl_global_init");
  return real(flags);
}

CURL* curl_easy_init() {
  static auto* const real = Find<decltype(curl_easy_init)>("curl_easy_init");
  return real();
}

void curl_easy_cleanup(CURL* easy) {
  static auto* const real = Find<decltype(curl_easy_cleanup)>("curl_easy_cleanup");
  real(easy);
}

void curl_easy_reset(CURL* easy) {
  static auto* const real = Find<decltype(curl_easy_reset)>("curl_easy_reset");
  real(easy);
}

CURLcode curl_easy_perform(CURL* easy) {
  static auto* const real = Find<decltype(curl_easy_perform)>("curl_easy_perform");
  return real(easy);
}

CURLcode curl_easy_setopt(CURL* easy, CURLoption option, ...) {
  static auto* const real = Find<decltype(curl_easy_setopt)>("curl_easy_setopt");
  va_list arguments;
  va_start(arguments, option);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return real(easy, option, argument);
}

CURLcode curl_easy_getinfo(CURL* easy, CURLINFO info, ...) {
  static auto* const real = Find<decltype(curl_easy_getinfo)>("curl_easy_getinfo");
  va_list arguments;
  va_start(arguments, info);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return real(easy, info, argument);
}

const char* curl_easy_strerror(CURLcode code) {
  static auto* const real = Find<decltype(curl_easy_strerror)>("curl_easy_strerror");
  return real(code);
}

CURLM* curl_multi_init() {
  static auto* const real = Find<decltype(curl_multi_init)>("curl_multi_init");
  return real();
}

CURLMcode curl_multi_cleanup(CURLM* multi) {
  static auto* const real = Find<decltype(curl_multi_cleanup)>("curl_multi_cleanup");
  return real(multi);
}

CURLMcode curl_multi_setopt(CURLM* multi, CURLMoption option, ...) {
  static auto* const real = Find<decltype(curl_multi_setopt)>("curl_multi_setopt");
  va_list arguments;
  va_start(arguments, option);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return real(multi, option, argument);
}

CURLMcode curl_multi_add_handle(CURLM* multi, CURL* easy) {
  static auto* const real = Find<decltype(curl_multi_add_handle)>("curl_multi_add_handle");
  return real(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* easy) {
  static auto* const real = Find<decltype(curl_multi_remove_handle)>("curl_multi_remove_handle");
  return real(multi, easy);
}

CURLMcode curl_multi_assign(CURLM* multi, curl_socket_t socket, void* known) {
  static auto* const real = Find<decltype(curl_multi_assign)>("curl_multi_assign");
  return real(multi, socket, known);
}

CURLMcode curl_multi_socket_action(CURLM* multi, curl_socket_t socket, int mask, int* running) {
  static auto* const real = Find<decltype(curl_multi_socket_action)>("curl_multi_socket_action");
  return real(multi, socket, mask, running);
}

CURLMsg* curl_multi_info_read(CURLM* multi, int* left) {
  static auto* const real = Find<decltype(curl_multi_info_read)>("curl_multi_info_read");
  return real(multi, left);
}

curl_slist* curl_slist_append(curl_slist* list, const char* text) {
  static auto* const real = Find<decltype(curl_slist_append)>("curl_slist_append");
  return real(list, text);
}

void curl_slist_free_all(curl_slist* list) {
  static auto* const real = Find<decltype(curl_slist_free_all)>("curl_slist_free_all");
  real(list);
}

CURLU* curl_url() {
  static auto* const real = Find<decltype(curl_url)>("curl_url");
  return real();
}

void curl_url_cleanup(CURLU* url) {
  static auto* const real = Find<decltype(curl_url_cleanup)>("curl_url_cleanup");
  real(url);
}

CURLUcode curl_url_set(CURLU* url, CURLUPart part, const char* text, unsigned flags) {
  static auto* const real = Find<decltype(curl_url_set)>("curl_url_set");
  return real(url, part, text, flags);
}

// NOLINTEND(readability-identifier-naming)
