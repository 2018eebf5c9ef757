#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace murmur::report {

/// What a number of the report measures; decides how it is written.
enum class Unit { kNumber, kSeconds, kBytes, kPercent, kJoules };

/// A written unit: a value is divided by `factor` and followed by `name` (empty: no unit).
struct UnitStep {
    double factor;
    std::string_view name;
};

/// Returns the unit in which a quantity of this size reads best: us ... d, B ... PB (powers of
/// 1000), % (of fractions).
[[nodiscard]] UnitStep readable_unit(Unit unit, double magnitude);

/// Returns the text with & < > " ' replaced by entities, so that it is plain text in HTML and XML
/// content and attributes.  What XML cannot hold (control characters, broken UTF-8) becomes U+FFFD.
[[nodiscard]] std::string escape(std::string_view text);

/// Returns the first bytes of a text in UTF-8, at most `size`, that hold whole characters.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t size);

/// Returns three significant digits: 0.0123, 45.6, 1,230 (integers below 10^7 are kept whole),
/// 1.23×10⁻⁷; "n/a" for what is not finite.
[[nodiscard]] std::string format_number(double value);

/// Returns the value with its most readable unit: "12.4 min", "1.80 GB", "61.3 %".
[[nodiscard]] std::string format_quantity(Unit unit, double value);

/// Returns an integer with thousands separated by commas: 1,234,567.
[[nodiscard]] std::string format_count(double value);

/// Returns the exponent as Unicode superscript digits: -12 gives "⁻¹²".
[[nodiscard]] std::string superscript(int exponent);

}  // namespace murmur::report
