#include "scenarios/schema.h"

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scenarios/internal/record_files.h"
#include "scenarios/reader.h"
#include "tests/support/temp_dir.h"

namespace weir::scenarios {
namespace {

using internal::Json;

const Json& Schema() {
  static const Json schema = Json::parse(ScenarioSchema());
  return schema;
}

/// Judges by the keywords that the schema uses. YAML scalars come as texts, so a type that a text
/// can be read as is that type.
class Validator {
 public:
  bool Fits(const Json& value, const Json& schema) const {
    if (schema.contains("$ref")) {
      const std::string name = schema["$ref"].get<std::string>().substr(8);  // "#/$defs/"
      return Fits(value, Schema()["$defs"].at(name));
    }
    return FitsAny(value, schema) && FitsType(value, schema) && FitsText(value, schema) &&
           FitsObject(value, schema) && FitsArray(value, schema);
  }

 private:
  bool FitsAny(const Json& value, const Json& schema) const {
    return !schema.contains("anyOf") ||
           std::any_of(schema["anyOf"].begin(), schema["anyOf"].end(),
                       [&](const Json& one) { return Fits(value, one); });
  }

  static bool IsOfType(const Json& value, const std::string& type) {
    static const std::regex number("-?[0-9]+(\\.[0-9]+)?");
    static const std::regex integer("-?[0-9]+");
    if (type == "object" || type == "array") {
      return type == "object" ? value.is_object() : value.is_array();
    }
    if (!value.is_string()) {
      return false;
    }
    const std::string& text = value.get_ref<const std::string&>();
    return type == "string" || (type == "integer" && std::regex_match(text, integer)) ||
           (type == "number" && std::regex_match(text, number)) ||
           (type == "boolean" && (text == "true" || text == "false"));
  }

  static bool FitsType(const Json& value, const Json& schema) {
    if (!schema.contains("type")) {
      return true;
    }
    const Json& types = schema["type"];
    if (types.is_string()) {
      return IsOfType(value, types.get<std::string>());
    }
    return std::any_of(types.begin(), types.end(),
                       [&](const Json& type) { return IsOfType(value, type.get<std::string>()); });
  }

  static bool FitsText(const Json& value, const Json& schema) {
    if (!value.is_string()) {
      return true;
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
      return false;
    }
    return !schema.contains("pattern") ||
           std::regex_search(value.get<std::string>(),
                             std::regex(schema["pattern"].get<std::string>()));
  }

  bool FitsObject(const Json& value, const Json& schema) const {
    if (!value.is_object()) {
      return true;
    }
    if (const auto required = schema.find("required"); required != schema.end()) {
      for (const Json& key : *required) {
        if (!value.contains(key.get<std::string>())) {
          return false;
        }
      }
    }
    for (const auto& entry : value.items()) {
      if (!FitsMember(entry.key(), entry.value(), schema)) {
        return false;
      }
    }
    return true;
  }

  bool FitsMember(const std::string& key, const Json& value, const Json& schema) const {
    if (schema.contains("properties") && schema["properties"].contains(key)) {
      return Fits(value, schema["properties"][key]);
    }
    if (const auto patterns = schema.find("patternProperties"); patterns != schema.end()) {
      for (const auto& entry : patterns->items()) {
        if (std::regex_search(key, std::regex(entry.key()))) {
          return Fits(value, entry.value());
        }
      }
    }
    const auto extra = schema.find("additionalProperties");
    return extra == schema.end() ||
           (extra->is_boolean() ? extra->get<bool>() : Fits(value, *extra));
  }

  bool FitsArray(const Json& value, const Json& schema) const {
    return !value.is_array() || (value.size() >= schema.value("minItems", std::size_t{0}) &&
                                 (!schema.contains("items") ||
                                  std::all_of(value.begin(), value.end(), [&](const Json& item) {
                                    return Fits(item, schema["items"]);
                                  })));
  }
};

bool Fits(std::string_view yaml) {
  const Result<Json> value = internal::ReadJsonOrYaml(yaml, "scenario");
  EXPECT_TRUE(value) << (value ? "" : value.error().message);
  return value && Validator().Fits(*value, Schema());
}

TEST(SchemaTest, FitsEveryScenarioOfTheLibrary) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios/library")) {
    if (entry.path().extension() == ".yaml") {
      ++count;
      EXPECT_TRUE(Fits(tests::ReadFile(entry.path()))) << entry.path();
    }
  }
  EXPECT_EQ(count, 15);
}

TEST(SchemaTest, RefusesWhatTheReaderRefuses) {
  EXPECT_TRUE(Fits("steps: [ { get: / } ]\nload: { stages: [ { rate: 1/s, for: 1s } ] }"));
  EXPECT_TRUE(
      Fits("scenarios: [ { name: a, start: 2s, steps: [ { get: / } ],\n"
           "  load: { stages: [ { rate: 1/s, for: 1s } ] } } ]\nload: { warm_up: 1s }"));
  for (const char* yaml : {
           "steps: [ { get: / } ]",
           "stepz: []\nload: { stages: [ { rate: 1/s, for: 1s } ] }",
           "steps: [ { get: /, chek: {} } ]\nload: { stages: [ { rate: 1/s, for: 1s } ] }",
           "steps: [ { get: / } ]\nload: { stages: [ { rate: 1/s } ] }",
           "steps: [ { get: / } ]\nload: { stages: [ { rate: 1/s, for: soon } ] }",
           "steps: [ { while: 1 == 1, steps: [ { get: / } ] } ]\n"
           "load: { stages: [ { rate: 1/s, for: 1s } ] }",
           "cookies: yes\nsteps: [ { get: / } ]\nload: { stages: [ { rate: 1/s, for: 1s } ] }",
           "steps: [ { get: /, extract: { a: xpath / } } ]\n"
           "load: { stages: [ { rate: 1/s, for: 1s } ] }",
           "scenarios: []",
           "scenarios: [ { name: a, steps: [ { get: / } ] } ]",
           "scenarios: [ { name: a b, steps: [ { get: / } ],\n"
           "  load: { stages: [ { rate: 1/s, for: 1s } ] } } ]",
           "scenarios: [ { name: a, steps: [ { get: / } ],\n"
           "  load: { warm_up: 1s, stages: [ { rate: 1/s, for: 2s } ] } } ]",
       }) {
    EXPECT_FALSE(Fits(yaml)) << yaml;
    EXPECT_FALSE(ReadScenario(yaml, "a.yaml")) << yaml;
  }
}

std::set<std::string> KeysOf(const Json& object) {
  std::set<std::string> keys;
  for (const auto& entry : object["properties"].items()) {
    keys.insert(entry.key());
  }
  return keys;
}

/// What the reader lists when it meets a key that it does not know.
std::set<std::string> KnownTo(const std::string& yaml) {
  const Result<Scenario> scenario = ReadScenario(yaml, "a.yaml");
  EXPECT_FALSE(scenario);
  const std::string& message = scenario.error().message;
  constexpr std::string_view kLead = "known keys: ";
  const std::size_t begin = message.find(kLead) + kLead.size();
  std::string list = message.substr(begin, message.find('\n', begin) - begin);
  std::set<std::string> keys;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    keys.insert(list.substr(at, end - at));
    at = end + 2;
  }
  return keys;
}

TEST(SchemaTest, HasTheKeysThatTheReaderKnows) {
  const std::string load = "\nload: { stages: [ { rate: 1/s, for: 1s } ] }";
  const std::string steps = "steps: [ { get: / } ]\n";
  const Json& defs = Schema()["$defs"];
  EXPECT_EQ(KnownTo("zzzzzzzz: 1\n" + steps + load), KeysOf(Schema()));
  std::set<std::string> step = KeysOf(defs["step"]["anyOf"][0]);
  step.insert({"repeat", "if", "while"});
  EXPECT_EQ(KnownTo("steps: [ { get: /, zzzzzzzz: 1 } ]" + load), step);
  EXPECT_EQ(KnownTo("defaults: { zzzzzzzz: 1 }\n" + steps + load), KeysOf(defs["defaults"]));
  EXPECT_EQ(KnownTo("data: { a: { file: x.csv, zzzzzzzz: 1 } }\n" + steps + load),
            KeysOf(defs["data"]["additionalProperties"]));
  EXPECT_EQ(KnownTo(steps + "load: { zzzzzzzz: 1, stages: [ { rate: 1/s, for: 1s } ] }"),
            KeysOf(defs["load"]));
  EXPECT_EQ(KnownTo(steps + "tls: { zzzzzzzz: 1 }" + load), KeysOf(defs["tls"]));
  EXPECT_EQ(KnownTo("flows: [ { zzzzzzzz: 1, steps: [ { get: / } ] } ]" + load),
            KeysOf(defs["flow"]));
  EXPECT_EQ(KnownTo("scenarios: [ { zzzzzzzz: 1, name: a, " + steps.substr(0, steps.size() - 1) +
                    "," + load + " } ]"),
            KeysOf(defs["scenarios"]["items"]));
  EXPECT_EQ(
      KnownTo(steps + "load: { connections: { zzzzzzzz: 1 }, stages: [ { rate: 1/s, for: 1s } ] }"),
      KeysOf(defs["connections"]["anyOf"][1]));
}

}  // namespace
}  // namespace weir::scenarios
