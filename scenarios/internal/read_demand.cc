#include "scenarios/internal/read_demand.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace weir::scenarios::internal {
namespace {

using Kind = GateCriterion::Kind;
using Op = Demand::Op;

constexpr std::size_t kDemandsMax = 20;
constexpr double kNsPerMs = 1e6;

struct OpName {
  std::string_view text;
  Op op;
};

// The longer ones first.
constexpr std::array<OpName, 6> kOps = {{{"<=", Op::kLessEqual},
                                         {">=", Op::kGreaterEqual},
                                         {"==", Op::kEqual},
                                         {"<", Op::kLess},
                                         {">", Op::kGreater},
                                         {"=", Op::kEqual}}};

bool IsLatency(Kind kind) {
  return kind == Kind::kResponseBody || kind == Kind::kResponseQuantile ||
         kind == Kind::kResponseMean;
}

std::string_view Example(const GateCriterion& criterion, DemandUnits units) {
  if (units == DemandUnits::kKeptn) {
    return "write, for example, '<600' (ms, percent or per second), '<=+10%' or '=0'";
  }
  switch (criterion.kind) {
    case Kind::kThroughput:
      return "write, for example, '>= 450/s' or '>= -5%'";
    case Kind::kErrorRate:
      return "write, for example, '< 1%' or '<= +10%'";
    case Kind::kApdex:
      return "write, for example, '>= 0.94' or '>= -2%'";
    case Kind::kResource:
      return "write, for example, '< 1GB', '< 2ms' or '<= +10%'";
    case Kind::kResponseBody:
    case Kind::kResponseQuantile:
    case Kind::kResponseMean:
    case Kind::kEveryStep:
    case Kind::kDistribution:
      break;
  }
  return "write, for example, '< 250ms' or '<= +10%'";
}

std::optional<double> PlainNumber(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return !text.empty() && error == std::errc() && rest == end && std::isfinite(number)
             ? std::optional(number)
             : std::nullopt;
}

template <typename T>
std::optional<double> Value(const Result<T>& parsed, double scale) {
  if (!parsed) {
    return std::nullopt;
  }
  if constexpr (std::is_same_v<T, Nanos>) {
    return static_cast<double>(parsed->count()) * scale;
  } else if constexpr (std::is_same_v<T, Rate>) {
    return parsed->per_second() * scale;
  } else {
    return static_cast<double>(*parsed) * scale;
  }
}

// A resource is a time, a size or a plain number, whatever was written.
std::optional<double> ResourceNumber(std::string_view text) {
  if (const auto plain = PlainNumber(text)) {
    return plain;
  }
  if (const auto seconds = Value(ParseDuration(text), 1e-9)) {
    return seconds;
  }
  return Value(ParseBytes(text), 1);
}

// A number without a sign in the unit of the metric.
std::optional<double> Number(std::string_view text, const GateCriterion& criterion,
                             DemandUnits units) {
  if (units == DemandUnits::kKeptn) {
    const double scale = IsLatency(criterion.kind)            ? kNsPerMs
                         : criterion.kind == Kind::kErrorRate ? 0.01
                                                              : 1;
    const auto plain = PlainNumber(text);
    return plain ? std::optional(*plain * scale) : std::nullopt;
  }
  switch (criterion.kind) {
    case Kind::kThroughput:
      return Value(ParseRate(text), 1);
    case Kind::kErrorRate:
    case Kind::kApdex:
      return Value(ParseRatio(text), 1);
    case Kind::kResource:
      return ResourceNumber(text);
    case Kind::kResponseBody:
    case Kind::kResponseQuantile:
    case Kind::kResponseMean:
    case Kind::kEveryStep:
    case Kind::kDistribution:
      break;
  }
  return Value(ParseDuration(text), 1);
}

tl::unexpected<Error> NotADemand(std::string_view text, const GateCriterion& criterion,
                                 DemandUnits units) {
  return tl::unexpected(HintedError(fmt::format("'{}' is not a demand", Printable(text, 40)),
                                    Example(criterion, units)));
}

}  // namespace

Result<Demand> ParseDemand(std::string_view text, const GateCriterion& criterion,
                           DemandUnits units) {
  const auto refuse = [&] { return NotADemand(text, criterion, units); };
  std::string_view rest = Trimmed(text);
  Demand demand;
  demand.text = std::string(rest);
  bool found = false;
  for (const OpName& name : kOps) {
    if (!found && rest.starts_with(name.text)) {
      demand.op = name.op;
      rest = Trimmed(rest.substr(name.text.size()));
      found = true;
    }
  }
  if (!found || rest.empty()) {
    return refuse();
  }
  const bool percent = rest.ends_with('%');
  const bool signed_number = rest[0] == '+' || rest[0] == '-';
  const double sign = rest[0] == '-' ? -1 : 1;
  const std::string_view digits = Trimmed(signed_number ? rest.substr(1) : rest);
  std::optional<double> number;
  if (signed_number && percent) {
    demand.of = Demand::Of::kChangeRatio;
    number = PlainNumber(Trimmed(digits.substr(0, digits.size() - 1)));
    number = number ? std::optional(*number / 100) : std::nullopt;
  } else {
    demand.of = signed_number ? Demand::Of::kChange : Demand::Of::kValue;
    // Keptn takes a percent sign without a plus or minus for decoration.
    const bool decorated = percent && units == DemandUnits::kKeptn;
    number =
        Number(decorated ? Trimmed(digits.substr(0, digits.size() - 1)) : digits, criterion, units);
  }
  if (!number) {
    return refuse();
  }
  demand.limit = sign * *number;
  return demand;
}

DemandSet ReadDemandSet(Named value, const GateCriterion& criterion, DemandUnits units,
                        Diagnostics& diagnostics) {
  DemandSet set;
  const auto add = [&](const YamlNode& node) {
    const std::optional<std::string> text = ReadText({node, value.name}, diagnostics);
    if (!text) {
      return;
    }
    Result<Demand> demand = ParseDemand(*text, criterion, units);
    if (demand) {
      set.push_back(std::move(*demand));
    } else {
      diagnostics.Add(node.span, Explained(value.name, demand.error()));
    }
  };
  if (value.node.kind != YamlNode::Kind::kSequence) {
    add(value.node);
    return set;
  }
  if (value.node.items.empty() || value.node.items.size() > kDemandsMax) {
    diagnostics.Add(value.node.span,
                    fmt::format("{} must be 1 to {} demands", value.name, kDemandsMax),
                    std::string(Example(criterion, units)));
    return set;
  }
  for (const YamlNode& item : value.node.items) {
    add(item);
  }
  return set;
}

}  // namespace weir::scenarios::internal
