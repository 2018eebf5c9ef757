#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace murmur {

/// Walks through a pickle of a TorchScript archive as LibTorch's unpickler would, and makes
/// nothing of it: names what it builds from, and sees that each tensor lies within its storage and
/// each storage within its record.  LibTorch checks neither, and reads whatever stands behind.
///
/// - [PyTorch 1.13] torch/csrc/jit/serialization/unpickler.cpp; the format is Python's pickle,
///   protocol 2, less what LibTorch never writes.
/// @param record_bytes  returns the size of the record of a storage's key, or nothing
/// @throws std::invalid_argument  on anything that LibTorch's pickler would not write
void check_pickle(
    std::span<const std::uint8_t> pickle,
    const std::function<std::optional<std::uint64_t>(const std::string& key)>& record_bytes);

}  // namespace murmur
