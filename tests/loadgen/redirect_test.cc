#include "loadgen/redirect.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/loadgen/models.h"

namespace weir::loadgen {
namespace {

std::string To(std::string_view location, std::string_view path = "/a/b?q=1",
               std::string_view host = "") {
  return ResolveLocation(location, path, tests::LocalTarget(), host).value_or("(none)");
}

// The examples of RFC 3986, 5.4 whose origin stays, on the base path "/b/c/d;p?q".
TEST(RedirectTest, ReferencesAreResolvedAsRfc3986Says) {
  constexpr std::string_view kBase = "/b/c/d;p?q";
  const std::pair<const char*, const char*> cases[] = {
      {"g", "/b/c/g"},      {"./g", "/b/c/g"},
      {"g/", "/b/c/g/"},    {"/g", "/g"},
      {"?y", "/b/c/d;p?y"}, {"g?y", "/b/c/g?y"},
      {"#s", "/b/c/d;p?q"}, {"g#s", "/b/c/g"},
      {"", "/b/c/d;p?q"},   {".", "/b/c/"},
      {"..", "/b/"},        {"../g", "/b/g"},
      {"../..", "/"},       {"../../g", "/g"},
      {"../../../g", "/g"}, {"/../g", "/g"},
      {"./g/.", "/b/c/g/"}, {"g/./h", "/b/c/g/h"},
      {"g/../h", "/b/c/h"}, {"g?y/../x", "/b/c/g?y/../x"},
  };
  for (const auto& [location, expected] : cases) {
    EXPECT_EQ(To(location, kBase), expected) << location;
  }
}

TEST(RedirectTest, AnotherOriginIsNotFollowed) {
  EXPECT_EQ(To("http://127.0.0.1:8080/x"), "/x");
  EXPECT_EQ(To("HTTP://127.0.0.1:8080"), "/");
  EXPECT_EQ(To("//127.0.0.1:8080/x?y"), "/x?y");
  EXPECT_EQ(To("http://127.0.0.1:8080?y"), "/?y");
  for (const char* other :
       {"https://127.0.0.1:8080/", "http://127.0.0.1/", "http://a@127.0.0.1:8080/",
        "//example.com/", "http:/x", "javascript:alert(1)", "mailto:a@b"}) {
    EXPECT_EQ(To(other), "(none)") << other;
  }
}

TEST(RedirectTest, TheNameInTheHostHeaderIsOursToo) {
  EXPECT_EQ(To("http://shop.example/x", "/", "shop.example"), "/x");
  EXPECT_EQ(To("http://Shop.example:80/x", "/", "shop.example"), "/x");
  EXPECT_EQ(To("http://shop.example/x", "/", "other.example"), "(none)");
}

TEST(RedirectTest, NothingGetsOutOfTheRequestLine) {
  EXPECT_EQ(To("/x y\r\nz\xC3\xA9"), "/x%20y%0D%0Az%C3%A9");
  EXPECT_EQ(To("/a%20b"), "/a%20b");
}

TEST(RedirectTest, TheMethodChangesAsRfc9110Says) {
  const auto after = [](int status, const char* method) {
    scenarios::Request request = tests::GetStep("step");
    request.method = method;
    request.body = "x";
    request.headers = {{"Content-Type", "text/plain"}, {"accept", "*/*"}};
    ChangeMethod(status, request);
    return request.method + " " + request.body + " " + std::to_string(request.headers.size());
  };
  EXPECT_EQ(after(301, "POST"), "GET  1");
  EXPECT_EQ(after(302, "POST"), "GET  1");
  EXPECT_EQ(after(302, "PUT"), "PUT x 2");
  EXPECT_EQ(after(303, "PUT"), "GET  1");
  EXPECT_EQ(after(303, "HEAD"), "HEAD x 2");
  EXPECT_EQ(after(307, "POST"), "POST x 2");
  EXPECT_EQ(after(308, "POST"), "POST x 2");
}

}  // namespace
}  // namespace weir::loadgen
