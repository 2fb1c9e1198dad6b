#include "loadgen/slots.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "base/percent.h"
#include "scenarios/json_text.h"

namespace weir::loadgen {
namespace {

using scenarios::Filler;

void AppendBase64(const std::string& text, std::string& out) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  out.append(encoded, 0, static_cast<std::size_t>(length));
}

void AppendHmac(const std::string& key, const std::string& text, std::string& out) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  for (unsigned i = 0; i < length; ++i) {
    fmt::format_to(std::back_inserter(out), "{:02x}", digest[i]);
  }
}

// RFC 9562, section 5.4.
void AppendUuid(Rng& rng, std::string& out) {
  constexpr std::uint64_t kVersionMask = 0xFFFFFFFFFFFF0FFFU;
  constexpr std::uint64_t kVariantMask = 0x3FFFFFFFFFFFFFFFU;
  const std::uint64_t high = (rng.Next() & kVersionMask) | 0x4000U;
  const std::uint64_t low = (rng.Next() & kVariantMask) | (std::uint64_t{1} << 63U);
  fmt::format_to(std::back_inserter(out), "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U,
                 (high >> 16U) & 0xFFFFU, high & 0xFFFFU, low >> 48U, low & 0xFFFFFFFFFFFFU);
}

// Fills the pieces of one request.
class Writer {
 public:
  Writer(std::span<const DataTable> tables, WallTime now, RoundValues& values)
      : tables_(tables), now_(now), values_(values) {}

  std::string Value(const Piece& piece) {
    std::string value;
    Append(piece, value);
    return value;
  }

  void Write(const std::vector<Piece>& pieces, std::string& out) {
    for (const Piece& piece : pieces) {
      Append(piece, out);
    }
  }

  void WritePath(const std::vector<Piece>& pieces, std::string& out) {
    for (const Piece& piece : pieces) {
      if (piece.filler == Filler::kText) {
        out += piece.text;
      } else {
        AppendPercentEncoded(Value(piece), kPathCharacters, out);
      }
    }
  }

  void WriteHeader(const std::vector<Piece>& pieces, std::string& out) {
    Write(pieces, out);
    std::replace_if(
        out.begin(), out.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  }

 private:
  void AppendCount(std::int64_t count, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{}", count);
  }

  void Append(const Piece& piece, std::string& out) {
    using std::chrono::duration_cast;
    switch (piece.filler) {
      case Filler::kText:
        out += piece.text;
        break;
      case Filler::kVariable:
        out += values_.variables[piece.index];
        break;
      case Filler::kColumn:
        tables_[piece.index].Append(values_.rows[piece.index], piece.column, out);
        break;
      case Filler::kRandom:
        AppendCount(piece.low + static_cast<std::int64_t>(values_.rng.Below(
                                    static_cast<std::uint64_t>(piece.high - piece.low) + 1)),
                    out);
        break;
      case Filler::kChoice:
        Append(piece.arguments[values_.rng.Below(piece.arguments.size())], out);
        break;
      case Filler::kUuid:
        AppendUuid(values_.rng, out);
        break;
      case Filler::kTimestamp:
        AppendCount(duration_cast<std::chrono::seconds>(now_.time_since_epoch()).count(), out);
        break;
      case Filler::kTimestampMs:
        AppendCount(duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count(), out);
        break;
      case Filler::kCounter:
        AppendCount(static_cast<std::int64_t>(values_.number + 1), out);
        break;
      case Filler::kConcat:
        Write(piece.arguments, out);
        break;
      case Filler::kBase64:
        AppendBase64(Value(piece.arguments[0]), out);
        break;
      case Filler::kHmac:
        AppendHmac(Value(piece.arguments[0]), Value(piece.arguments[1]), out);
        break;
      case Filler::kUrlEncode:
        AppendPercentEncoded(Value(piece.arguments[0]), kUnreservedCharacters, out);
        break;
      case Filler::kJson:
        scenarios::AppendJsonText(Value(piece.arguments[0]), out);
        break;
      case Filler::kNumber:
        Append(piece.arguments[0], out);
        break;
    }
  }

  std::span<const DataTable> tables_;
  WallTime now_;
  RoundValues& values_;
};

}  // namespace

std::uint32_t SlotNames::IndexOfVariable(const std::string& name) {
  const auto found = std::find(variables_.begin(), variables_.end(), name);
  const auto index = static_cast<std::uint32_t>(found - variables_.begin());
  if (found == variables_.end()) {
    variables_.push_back(name);
  }
  return index;
}

Result<Piece> SlotNames::ResolvePiece(const scenarios::Expression& expression) {
  Piece piece{.filler = expression.filler, .low = expression.low, .high = expression.high};
  if (expression.filler == Filler::kVariable) {
    piece.index = IndexOfVariable(expression.text);
  } else if (expression.filler == Filler::kColumn) {
    const auto source = std::find_if(
        data_.begin(), data_.end(),
        [&expression](const scenarios::DataSource& one) { return one.name == expression.text; });
    WEIR_CHECK(source != data_.end());
    piece.index = static_cast<std::uint32_t>(source - data_.begin());
    const Result<std::uint32_t> column = tables_[piece.index].Column(expression.column);
    if (!column) {
      return tl::unexpected(column.error());
    }
    piece.column = *column;
  } else {
    piece.text = expression.text;
  }
  for (const scenarios::Expression& argument : expression.arguments) {
    Result<Piece> resolved = ResolvePiece(argument);
    if (!resolved) {
      return resolved;
    }
    piece.arguments.push_back(*std::move(resolved));
  }
  return piece;
}

Result<std::vector<Piece>> SlotNames::ResolveText(std::string_view text) {
  const Result<scenarios::Template> parts = scenarios::ParseTemplate(text);
  if (!parts) {
    return tl::unexpected(parts.error());
  }
  std::vector<Piece> pieces;
  for (const scenarios::Expression& part : *parts) {
    Result<Piece> piece = ResolvePiece(part);
    if (!piece) {
      return tl::unexpected(piece.error());
    }
    pieces.push_back(*std::move(piece));
  }
  return pieces;
}

Result<RequestSlots> SlotNames::Resolve(const scenarios::Request& request) {
  RequestSlots slots;
  slots.request = request;
  Result<std::vector<Piece>> path = ResolveText(request.path);
  Result<std::vector<Piece>> body = ResolveText(request.body);
  if (!path || !body) {
    return tl::unexpected((path ? body : path).error());
  }
  slots.path = *std::move(path);
  slots.body = *std::move(body);
  for (const scenarios::Header& header : request.headers) {
    Result<std::vector<Piece>> value = ResolveText(header.value);
    if (!value) {
      return tl::unexpected(value.error());
    }
    slots.headers.push_back(*std::move(value));
  }
  return slots;
}

Result<PlacedCondition> SlotNames::Resolve(const scenarios::Condition& condition) {
  Result<Piece> left = ResolvePiece(condition.left);
  Result<Piece> right = ResolvePiece(condition.right);
  if (!left || !right) {
    return tl::unexpected((left ? right : left).error());
  }
  return PlacedCondition{*std::move(left), condition.comparison, *std::move(right)};
}

bool Holds(const PlacedCondition& condition, std::span<const DataTable> tables, WallTime now,
           RoundValues& values) {
  Writer writer(tables, now, values);
  const std::string left = writer.Value(condition.left);
  return scenarios::Holds(condition.comparison, left, writer.Value(condition.right));
}

void FillRequest(const RequestSlots& slots, std::span<const DataTable> tables, WallTime now,
                 RoundValues& values, scenarios::Request& request) {
  Writer writer(tables, now, values);
  request.path.clear();
  writer.WritePath(slots.path, request.path);
  for (std::size_t i = 0; i < slots.headers.size(); ++i) {
    request.headers[i].value.clear();
    writer.WriteHeader(slots.headers[i], request.headers[i].value);
  }
  request.body.clear();
  writer.Write(slots.body, request.body);
}

}  // namespace weir::loadgen
