#pragma once

#include <optional>
#include <string_view>

/// Forms in which files of the kernel say figures. Pure.
namespace weir::monitor {

/// The number behind `key` in lines of `key number`; none when there is no such line.
std::optional<double> FieldOf(std::string_view text, std::string_view key);

/// The number that is all of the text but its end; none for words (`max`).
std::optional<double> NumberOf(std::string_view text);

/// Of pressure stall information, the total of the line `kind` ("some", "full"), in seconds:
///
///     some avg10=0.00 avg60=0.00 avg300=0.00 total=12345
std::optional<double> PressureSeconds(std::string_view text, std::string_view kind);

}  // namespace weir::monitor
