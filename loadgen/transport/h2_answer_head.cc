#include "loadgen/transport/h2_answer_head.h"

#include <algorithm>
#include <charconv>

#include <nghttp2/nghttp2.h>

#include "base/check.h"

namespace weir::loadgen {
namespace {

// Entries of the static table; higher indices are those of the dynamic one.
constexpr std::size_t kStaticEntries = 61;

// What a block has to do with the dynamic table, by its form alone.
struct TableUse {
  bool inserts = false;
  bool resizes = false;
  bool refers = false;
};

// Moves past an integer with a prefix of `bits` bits (RFC 7541, 5.1) and gives its value; a value
// too large to be a length comes out as SIZE_MAX.
std::size_t TakeInteger(std::string_view& block, unsigned bits) {
  const std::size_t prefix_max = (std::size_t{1} << bits) - 1;
  std::size_t value = static_cast<unsigned char>(block.front()) & prefix_max;
  block.remove_prefix(1);
  if (value < prefix_max) {
    return value;
  }
  for (unsigned shift = 0; !block.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(block.front());
    block.remove_prefix(1);
    if (shift > 28) {
      return SIZE_MAX;
    }
    value += static_cast<std::size_t>(byte & 0x7fU) << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  return SIZE_MAX;
}

void SkipString(std::string_view& block) {
  if (!block.empty()) {
    // On its own: it shortens the block whose size bounds it.
    const std::size_t length = TakeInteger(block, 7);
    block.remove_prefix(std::min(length, block.size()));
  }
}

// For a well-formed block; of another one nghttp2 finds the fault.
TableUse UseOf(std::string_view block) {
  TableUse use;
  while (!block.empty()) {
    const auto first = static_cast<unsigned char>(block.front());
    if (first >= 0x80) {
      use.refers = TakeInteger(block, 7) > kStaticEntries || use.refers;
    } else if ((first & 0xe0U) == 0x20) {
      use.resizes = true;
      TakeInteger(block, 5);
    } else {
      use.inserts = use.inserts || first >= 0x40;
      const std::size_t name = TakeInteger(block, first >= 0x40 ? 6 : 4);
      use.refers = use.refers || name > kStaticEntries;
      if (name == 0) {
        SkipString(block);
      }
      SkipString(block);
    }
  }
  return use;
}

std::string_view TextOf(const std::uint8_t* text, std::size_t length) {
  return {reinterpret_cast<const char*>(text), length};
}

template <typename T>
bool ParseWhole(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

AnswerHeadReader::AnswerHeadReader(std::size_t bytes_max) : bytes_max_(bytes_max) {
  WEIR_CHECK(nghttp2_hd_inflate_new(&inflater_) == 0);
  WEIR_CHECK(nghttp2_hd_inflate_new(&tableless_) == 0);
}

AnswerHeadReader::~AnswerHeadReader() {
  nghttp2_hd_inflate_del(inflater_);
  nghttp2_hd_inflate_del(tableless_);
}

std::optional<AnswerHead> AnswerHeadReader::Read(std::string_view block, Lines lines) {
  Known& known = known_[block.size() % known_.size()];
  const bool wanted = known.has_lines || lines == Lines::kLeaveOut;
  if (known.block != nullptr && wanted && *known.block == block &&
      (known.stands_alone || known.table == table_)) {
    if (known.inserts) {
      Postpone(known);
    }
    return known.head;
  }
  const TableUse use = UseOf(block);
  const bool stands_alone = !use.refers && !use.resizes;
  const bool changes = use.inserts || use.resizes;
  Known& into = stands_alone || !changes ? known : unknown_;
  into.block.reset();
  if (!stands_alone && !CatchUp()) {
    return std::nullopt;
  }
  if (!Inflate(stands_alone ? tableless_ : inflater_, block, lines, into)) {
    return std::nullopt;
  }
  if (changes) {
    ++table_;
  }
  into.head.lines = into.lines;
  into.block = std::make_shared<const std::string>(block);
  into.table = table_;
  into.stands_alone = stands_alone;
  into.inserts = use.inserts;
  into.has_lines = lines == Lines::kKeep;
  if (stands_alone && use.inserts) {
    Postpone(into);
  }
  return into.head;
}

void AnswerHeadReader::Postpone(const Known& known) {
  ++table_;
  // Each of the blocks after it inserts 32 bytes or more, so the oldest has left the table.
  std::shared_ptr<const std::string>& place = postponed_[postponed_count_ % postponed_.size()];
  // Mostly it is the same one again, and counting references costs more than looking.
  if (place != known.block) {
    place = known.block;
  }
  ++postponed_count_;
}

bool AnswerHeadReader::CatchUp() {
  const std::uint64_t count = std::min<std::uint64_t>(postponed_count_, postponed_.size());
  for (std::uint64_t i = postponed_count_ - count; i < postponed_count_; ++i) {
    Known ignored;
    if (!Inflate(inflater_, *postponed_[i % postponed_.size()], Lines::kLeaveOut, ignored)) {
      return false;
    }
  }
  postponed_count_ = 0;
  return true;
}

bool AnswerHeadReader::Inflate(nghttp2_hd_inflater* inflater, std::string_view block, Lines lines,
                               Known& into) {
  into.head = AnswerHead();
  into.lines.clear();
  std::size_t total = 0;
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  const std::uint8_t* const end = at + block.size();
  for (;;) {
    nghttp2_nv field{};
    int flags = 0;
    const ssize_t used =
        nghttp2_hd_inflate_hd2(inflater, &field, &flags, at, static_cast<std::size_t>(end - at), 1);
    if (used < 0) {
      fault_ = RequestError::kMalformed;
      return false;
    }
    at += used;
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      total += field.namelen + field.valuelen;
      if (total > bytes_max_) {
        fault_ = RequestError::kTooLarge;
        return false;
      }
      if (!OnField(TextOf(field.name, field.namelen), TextOf(field.value, field.valuelen), lines,
                   into)) {
        fault_ = RequestError::kMalformed;
        return false;
      }
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater);
      return true;
    }
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && at == end) {
      fault_ = RequestError::kMalformed;
      return false;
    }
  }
}

bool AnswerHeadReader::OnField(std::string_view name, std::string_view value, Lines lines,
                               Known& into) {
  if (name == ":status") {
    return into.head.status == 0 && value.size() == 3 && ParseWhole(value, into.head.status) &&
           into.head.status >= 100;
  }
  if (name.starts_with(':')) {
    return false;
  }
  constexpr std::string_view kForbidden("\r\n\0", 3);
  if (name.find_first_of(kForbidden) != name.npos ||
      value.find_first_of(kForbidden) != value.npos) {
    return false;
  }
  if (name == "content-length") {
    std::uint64_t length = 0;
    if (!ParseWhole(value, length)) {
      return false;
    }
    into.head.content_length = length;
  }
  if (lines == Lines::kKeep) {
    into.lines.append(name).append(": ").append(value).push_back('\n');
  }
  return true;
}

}  // namespace weir::loadgen
