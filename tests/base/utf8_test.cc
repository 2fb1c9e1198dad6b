#include "base/utf8.h"

#include <string_view>

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::string_view_literals::operator""sv;

TEST(Utf8Test, EveryLengthOfCharacterIsTaken) {
  for (const std::string_view text :
       {""sv, "a\0b"sv, "\xc2\x80\xdf\xbf"sv, "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"sv,
        "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(IsUtf8(text)) << testing::PrintToString(text);
  }
  EXPECT_EQ(CharacterLength("\xf0\x9f\x98\x80x"), 4U);
}

TEST(Utf8Test, WhatIsCutOffOverlongOrNoCharacterIsNot) {
  for (const std::string_view text :
       {"\x80"sv, "a\xff"sv, "\xc3"sv, "\xc3("sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\xc0\xaf"sv,
        "\xe0\x9f\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv,
        "\xf5\x80\x80\x80"sv}) {
    EXPECT_FALSE(IsUtf8(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace weir
