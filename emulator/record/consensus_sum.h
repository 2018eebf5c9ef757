#pragma once

#include "learning/byte_stream.h"
#include "learning/parameters.h"
#include "learning/value_bytes.h"
#include "learning/value_io.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace murmur {

/// The mean squared distance of models from their mean, (1/N) sum ||x_i - mean x||^2, added up one
/// model at a time so that none has to be kept.
///
/// Added up in whole numbers, so that neither the order of models shows nor who has added which:
/// several ranks have the same sum as one.
class ConsensusSum {
  public:
    /// What several have added up, each its own.
    using Shared = std::shared_ptr<const ConsensusSum>;

    /// @param reference  x_0: the same for all models, near to them, so that what is added is small
    void add(const ParameterVector& model, const ParameterVector& reference);
    /// Adds what was added to another sum, with the same reference.
    void add(const ConsensusSum& other);
    /// Returns the distance over what was added, to 2^-60; NaN without any model; infinite where
    /// some parameter of a model is 2^22 or more away from the reference, or is no number.
    [[nodiscard]] double distance() const;
    /// Returns the same over what was added to several sums, with the same reference.
    /// @param sums  none is null
    [[nodiscard]] static double distance(std::span<const Shared> sums);

    /// Writes each stretch of numbers with as few bytes a number as the largest needs: differences
    /// are small, and all zero where all models are one.
    void write(ByteSink& sink) const;
    /// @throws std::invalid_argument  on damaged bytes
    [[nodiscard]] static ConsensusSum read(ByteSource& source);
    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    void add_squares(double squares, bool is_within);
    [[nodiscard]] static double distance_of(std::span<const ConsensusSum* const> sums);

    // Of x_i - x_0, [num_params]: in units of 2^-24, and the rest in units of 2^-64.  Empty while
    // all of it is zero.
    std::vector<std::int64_t> high_;
    std::vector<std::int64_t> low_;
    unsigned __int128 squares_ = 0;  ///< sum ||x_i - x_0||^2, in units of 2^-60
    std::uint64_t count_ = 0;
    bool is_beyond_ = false;  ///< what these can hold
};

inline void write_value(const ConsensusSum::Shared& sum, ByteSink& sink) {
    sum->write(sink);
}
template <>
struct ValueReader<ConsensusSum::Shared> {
    static ConsensusSum::Shared read(ByteSource& source) {
        return std::make_shared<const ConsensusSum>(ConsensusSum::read(source));
    }
};
inline void write_value(const ConsensusSum& sum, ByteSink& sink) {
    sum.write(sink);
}
template <>
struct ValueReader<ConsensusSum> {
    static ConsensusSum read(ByteSource& source) { return ConsensusSum::read(source); }
};
[[nodiscard]] inline ValueBytes value_bytes(const ConsensusSum::Shared& sum) {
    const std::size_t bytes = sum->memory_bytes();
    return {bytes, bytes};
}

}  // namespace murmur
