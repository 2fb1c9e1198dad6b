#include <algorithm>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "scenarios/reader.h"
#include "tests/support/temp_dir.h"

/// What a step sends beside its path: bodies, credentials; and how long a user thinks.
namespace weir::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLoad = "\nload: { stages: [ { users: 1, for: 1s } ] }\n";

Result<Scenario> Read(const std::string& steps, const std::string& name = "s.yaml") {
  return ReadScenario(steps + kLoad, name);
}

Request First(const Result<Scenario>& scenario) {
  if (!scenario) {
    ADD_FAILURE() << scenario.error().message;
    return {};
  }
  return std::get<Request>(scenario->flows[0].actions[0]);
}

std::string HeaderOf(const Request& request, const std::string& name) {
  const auto found = std::find_if(request.headers.begin(), request.headers.end(),
                                  [&name](const Header& header) { return header.name == name; });
  return found == request.headers.end() ? "none" : found->value;
}

std::string ErrorOf(const std::string& steps) {
  const Result<Scenario> scenario = Read(steps);
  return scenario ? "none" : scenario.error().message;
}

TEST(BodiesTest, AFormIsEncoded) {
  const Request request =
      First(Read("steps: [ { post: /, form: { name: 'a b&c', é: '100%', none: '' } } ]"));
  EXPECT_EQ(request.body, "name=a%20b%26c&%C3%A9=100%25&none=");
  EXPECT_EQ(HeaderOf(request, "content-type"), "application/x-www-form-urlencoded");
  EXPECT_FALSE(request.has_slots);
}

TEST(BodiesTest, SlotsOfAFormAreEncodedWhenTheyAreFilled) {
  const Request request = First(Read("steps: [ { post: /, form: { id: 'a={{ uuid() }}' } } ]"));
  EXPECT_EQ(request.body, "id=a%3D{{ urlencode( uuid() ) }}");
  EXPECT_TRUE(request.has_slots);
}

TEST(BodiesTest, AFileIsSentAsItIs) {
  const tests::TempDir dir;
  const std::string scenario = dir.File("s.yaml");
  const std::string bytes("a\0b{{ x }}\r\n{{", 14);
  dir.Write("upload.bin", bytes);
  const Request request =
      First(Read("steps: [ { put: /, body: { file: upload.bin } } ]", scenario));
  // What looks like a slot is text.
  EXPECT_EQ(request.body, std::string("a\0b{{ '{{' }} x }}\r\n{{ '{{' }}", 30));
  dir.Write("plain.txt", "{ \"a\": 1 }\n");
  const Request plain = First(Read("steps: [ { put: /, body: { file: plain.txt } } ]", scenario));
  EXPECT_EQ(plain.body, "{ \"a\": 1 }\n");
  EXPECT_FALSE(plain.has_slots);
}

TEST(BodiesTest, AMultipartBodyHoldsTextsAndFiles) {
  const tests::TempDir dir;
  const std::string scenario = dir.File("upload.yaml");
  dir.Write("photos/a.jpg", std::string("\xFF\0{{ x }}", 9));
  const Request request =
      First(Read("steps: [ { post: /, multipart: { 'ti\"tle': 'red {{ uuid() }}', "
                 "photo: { file: photos/a.jpg, type: image/jpeg } } } ]",
                 scenario));
  EXPECT_EQ(request.body,
            std::string("--weir-6f0c1d52b8e94a37-boundary\r\n"
                        "Content-Disposition: form-data; name=\"ti%22tle\"\r\n\r\n"
                        "red {{ uuid() }}\r\n"
                        "--weir-6f0c1d52b8e94a37-boundary\r\n"
                        "Content-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n"
                        "Content-Type: image/jpeg\r\n\r\n\xFF") +
                std::string("\0{{ '{{' }} x }}\r\n", 18) +
                "--weir-6f0c1d52b8e94a37-boundary--\r\n");
  EXPECT_EQ(HeaderOf(request, "content-type"),
            "multipart/form-data; boundary=weir-6f0c1d52b8e94a37-boundary");
  EXPECT_TRUE(request.has_slots);
}

TEST(BodiesTest, MistakesInAMultipartBodyAreNamed) {
  EXPECT_NE(ErrorOf("steps: [ { post: /, multipart: [ 1 ] } ]").find("multipart must be a map"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { post: /, multipart: { a: { type: x } } } ]")
                .find("part 'a' names no file"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { post: /, multipart: { a: { file: nowhere.bin } } } ]")
                .find("nowhere.bin"),
            std::string::npos);
}

TEST(BodiesTest, MistakesAreNamed) {
  EXPECT_NE(ErrorOf("steps: [ { put: /, body: { file: nowhere.bin } } ]").find("nowhere.bin"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { put: /, body: { a: 1 } } ]").find("body is a map without 'file'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { put: /, form: { a: 1 }, json: { b: 2 } } ]")
                .find("step has both 'form' and 'json'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { put: /, form: [ 1 ] } ]").find("form must be a map"),
            std::string::npos);
}

// The example of RFC 7617, section 2.
TEST(AuthTest, BasicIsEncodedOnce) {
  const Request request =
      First(Read("steps: [ { get: /, auth: { basic: 'Aladdin:open sesame' } } ]"));
  EXPECT_EQ(HeaderOf(request, "authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_FALSE(request.has_slots);
  const Request two = First(Read("steps: [ { get: /, auth: { basic: 'a:bc' } } ]"));
  EXPECT_EQ(HeaderOf(two, "authorization"), "Basic YTpiYw==");
  const Request three = First(Read("steps: [ { get: /, auth: { basic: 'a:b' } } ]"));
  EXPECT_EQ(HeaderOf(three, "authorization"), "Basic YTpi");
}

TEST(AuthTest, BasicWithSlotsIsEncodedWhenTheyAreFilled) {
  const Request request =
      First(Read("data: { u: { file: u.csv } }\n"
                 "steps: [ { get: /, auth: { basic: '{{ u.name }}:{{ u.password }}' } } ]"));
  EXPECT_EQ(HeaderOf(request, "authorization"),
            "Basic {{ base64(concat( u.name , \":\",  u.password )) }}");
  EXPECT_TRUE(request.has_slots);
}

TEST(AuthTest, DefaultsHoldForStepsWithoutTheirOwn) {
  const Result<Scenario> scenario = Read(
      "defaults: { auth: { bearer: abc } }\n"
      "steps: [ { get: / }, { get: /b, auth: { bearer: xyz } } ]");
  EXPECT_EQ(HeaderOf(First(scenario), "authorization"), "Bearer abc");
  EXPECT_EQ(HeaderOf(std::get<Request>(scenario->flows[0].actions[1]), "authorization"),
            "Bearer xyz");
}

TEST(AuthTest, MistakesAreNamed) {
  EXPECT_NE(ErrorOf("steps: [ { get: /, auth: { basic: ann } } ]").find("no ':'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { get: /, auth: { digest: 'a:b' } } ]").find("unknown key 'digest'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { get: /, auth: {} } ]").find("one of 'basic' and 'bearer'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { get: /, auth: { bearer: \"a\\r\\nb: c\" } } ]").find("error"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { get: /, headers: { Authorization: x }, auth: { bearer: y } } ]")
                .find("both 'auth' and a header"),
            std::string::npos);
  EXPECT_NE(ErrorOf("steps: [ { get: /, auth: { bearer: '{{ token }}' } } ]")
                .find("no earlier step of this flow extracts 'token'"),
            std::string::npos);
}

Think ThinkOf(const std::string& text) {
  const Result<Scenario> scenario = Read("steps: [ { get: / }, { think: '" + text + "' } ]");
  if (!scenario) {
    ADD_FAILURE() << scenario.error().message;
    return {};
  }
  return std::get<Think>(scenario->flows[0].actions[1]);
}

TEST(ThinkTest, HasTailsOfTwoKinds) {
  using Distribution = Think::Distribution;
  EXPECT_EQ(ThinkOf("lognormal(800ms, 0.5)"),
            (Think{Distribution::kLognormal, 800ms, 0ns, 0ns, 0.5}));
  EXPECT_EQ(ThinkOf("pareto(1s, 2.5)"), (Think{Distribution::kPareto, 0ns, 1s, 0ns, 2.5}));
}

TEST(ThinkTest, MistakesAreNamed) {
  for (const char* text : {"lognormal(1s)", "lognormal(1s, 9)", "pareto(1s, 0)", "pareto(1s, x)",
                           "uniform(3s, 1s)", "uniform(1s, 2s, 3s)", "normal(1s, 1)"}) {
    EXPECT_NE(ErrorOf(std::string("steps: [ { get: / }, { think: '") + text + "' } ]")
                  .find("is not a think time"),
              std::string::npos)
        << text;
  }
}

}  // namespace
}  // namespace weir::scenarios
