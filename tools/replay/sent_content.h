#pragma once

#include "learning/sharing.h"
#include "tools/replay/vector_file.h"

#include <string>

namespace murmur::replay {

/// Returns what a receiver reads from a message in raw encoding.
[[nodiscard]] SentMessage read_content(const EncodedModel& message);

/// Brings the values of both messages into ascending order of their indices.  An entry of value
/// zero that only one of them has is dropped: a difference of zero may be sent or not.
/// @return what cannot be compared: a seed, an index or a count that differs; or empty
[[nodiscard]] std::string make_comparable(SentMessage& ours, SentMessage& theirs);

}  // namespace murmur::replay
