#pragma once

#include "learning/codec.h"
#include "tools/text/registry.h"

#include <functional>
#include <memory>
#include <string_view>

namespace murmur {

/// Makes a codec; what it does not encode is empty.
struct CodecMake {
    std::function<std::shared_ptr<const IndexCodec>(const Options&)> indices{};
    std::function<std::shared_ptr<const ValueCodec>(const Options&)> values{};
};
using CodecRegistry = Registry<CodecMake>;

/// Returns the codecs that `--codec` may name: ours, and those that a program adds.
[[nodiscard]] CodecRegistry& codecs();

/// Registers those of this folder's files.
void register_all(CodecRegistry& registry);

/// Throws std::invalid_argument: "codec NAME: what".
[[noreturn]] void refuse_codec(std::string_view name, std::string_view what);

/// Refuses an encoding of another length than its values have.
/// @throws std::invalid_argument  unless `got` is `expected`
void require_encoded_bytes(std::string_view name, std::size_t got, std::size_t expected);

}  // namespace murmur
