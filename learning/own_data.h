#pragma once

#include "learning/dataset.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace murmur {

// What datasets of a user's own files have in common.

/// The most classes that own data may have.
inline constexpr std::int64_t kMaxOwnClasses = 100'000;

/// The most bytes of memory that the samples of one source may have, and their labels.
inline constexpr std::uint64_t kMaxOwnBytes = std::uint64_t{16} << 30;

/// The option of the share of samples that are held back for testing.
[[nodiscard]] OptionForm test_share_option();

/// Refuses a share where there are samples for testing already, which it would not change.
/// @param source  where these are
void refuse_test_share(const Options& options, std::string_view source);

/// Splits the samples of one source for training and testing by that option.
/// @throws std::invalid_argument  where there are less than two samples
[[nodiscard]] DatasetPair split_by_option(const Options& options,
                                          std::shared_ptr<const Dataset> data,
                                          std::uint64_t seed);

}  // namespace murmur
