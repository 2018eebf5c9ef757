#pragma once

#include "learning/codec.h"

#include <memory>
#include <string_view>

namespace murmur {

/// Returns the codec of an encoder that sends indices and values; raw where `codec` is empty.
/// @throws std::invalid_argument  where `make_codec` refuses it
[[nodiscard]] Codec choose_codec(std::string_view codec);

/// Returns the codec of an encoder that sends values alone; null for raw ones.
/// @param encoder  for messages: "full"
/// @throws std::invalid_argument  on a codec that would encode indices
[[nodiscard]] std::shared_ptr<const ValueCodec> choose_value_codec(std::string_view encoder,
                                                                   std::string_view codec);

/// Returns the codec of an encoder that sends indices, but packs what belongs to them itself.
/// @throws std::invalid_argument  on a codec that would encode values
[[nodiscard]] std::shared_ptr<const IndexCodec> choose_index_codec(std::string_view encoder,
                                                                   std::string_view codec);

}  // namespace murmur
