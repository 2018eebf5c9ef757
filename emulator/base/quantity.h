#pragma once

#include "learning/random_stream.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Parses a whole number, all of the text.
/// @throws std::invalid_argument  `where: ... got TEXT, allowed ...`
[[nodiscard]] std::uint64_t parse_count(std::string_view where, std::string_view text);
/// Parses a finite number without a unit.
[[nodiscard]] double parse_number(std::string_view where, std::string_view text);
/// Parses a time with its unit (ns, us, ms, s, min, h) into seconds; at least 0.
[[nodiscard]] double parse_time(std::string_view where, std::string_view text);
/// Parses such a time that is above 0.
[[nodiscard]] double parse_positive_time(std::string_view where, std::string_view text);
/// Parses a data rate with its unit (bps, kbps, Mbps, Gbps; Bps, kBps, MBps, GBps) into bits per
/// second; above 0.
[[nodiscard]] double parse_rate(std::string_view where, std::string_view text);
/// Parses a speed in FLOPS, MFLOPS, GFLOPS or TFLOPS into operations per second; above 0.
[[nodiscard]] double parse_flops(std::string_view where, std::string_view text);
/// Parses a power with its unit (kW, W, mW, uW, nW, pW) into watts; 0 to 1e15.
[[nodiscard]] double parse_power(std::string_view where, std::string_view text);
/// Parses an energy with its unit (kJ, J, mJ, uJ, nJ, pJ) into joules; 0 to 1e15.
[[nodiscard]] double parse_energy(std::string_view where, std::string_view text);
/// Parses a relative speed such as 0.5; above 0.
[[nodiscard]] double parse_speed(std::string_view where, std::string_view text);

/// One of the parsers above.
using QuantityParser = double (*)(std::string_view where, std::string_view text);

/// A quantity that differs between nodes: a value or a distribution.
class Distribution {
  public:
    /// Parses VALUE, `uniform:LOW:HIGH`, `loguniform:LOW:HIGH`, `lognormal:MEDIAN:SIGMA`,
    /// `choice:A:B[:...]` or `file:PATH` (one value a line), where every value is read by `parser`;
    /// or `first:COUNT:WHAT[,next:COUNT:WHAT...],rest:WHAT`, with any of these for the first COUNT
    /// items, the next ones and all others.
    /// @throws std::invalid_argument  naming `where`
    Distribution(std::string_view where, std::string_view text, QuantityParser parser);

    /// Returns the value of item `index`, drawn with `stream` (a file gives its line `index`,
    /// starting again at its end).
    [[nodiscard]] double draw(RandomStream& stream, std::size_t index) const;

    /// Returns whether every draw is the same.
    [[nodiscard]] bool is_constant() const { return form_ == Form::kValue; }

  private:
    enum class Form { kValue, kUniform, kLogUniform, kLogNormal, kChoice, kInTurn };

    /// Items up to `end`, those of earlier parts apart.
    struct Part;

    void read_parts(std::string_view where, std::string_view text, QuantityParser parser);

    Form form_ = Form::kValue;
    bool in_order_ = false;  ///< a file: values in turn, not by chance
    std::vector<double> values_;
    std::vector<Part> parts_;
};

struct Distribution::Part {
    std::size_t end;
    Distribution what;
};

}  // namespace murmur
