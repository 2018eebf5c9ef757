#pragma once

#include "learning/codec.h"
#include "learning/spec.h"

#include <memory>
#include <string_view>

namespace murmur {

/// Makes the codec of one file of this folder; `spec` names it.
/// @throws std::invalid_argument  where the argument of `spec` is wrong
using IndexCodecFactory = std::shared_ptr<const IndexCodec>(const Spec& spec);
using ValueCodecFactory = std::shared_ptr<const ValueCodec>(const Spec& spec);

IndexCodecFactory make_raw_indices;
IndexCodecFactory make_elias_indices;
IndexCodecFactory make_lz4_indices;
IndexCodecFactory make_zstd_indices;

ValueCodecFactory make_raw_values;
ValueCodecFactory make_float16_values;
ValueCodecFactory make_bfloat16_values;
ValueCodecFactory make_fpzip_values;
ValueCodecFactory make_qsgd_values;
ValueCodecFactory make_uniform_values;
ValueCodecFactory make_lz4_values;
ValueCodecFactory make_zstd_values;

/// Refuses an argument of a codec that takes none.
/// @throws std::invalid_argument  if `spec` has one
void require_no_codec_argument(const Spec& spec);

/// Throws std::invalid_argument: "codec NAME: what".
[[noreturn]] void refuse_codec(std::string_view name, std::string_view what);

/// Refuses an encoding of another length than its values have.
/// @throws std::invalid_argument  unless `got` is `expected`
void require_encoded_bytes(std::string_view name, std::size_t got, std::size_t expected);

}  // namespace murmur
