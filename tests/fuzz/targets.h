#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// One decoder or reader under attack.
struct Target {
    std::string name;
    /// Reads the input.  It may throw std::invalid_argument, and nothing else.
    std::function<void(std::span<const std::uint8_t>)> read;
    /// Returns inputs that are right, from which others are made.
    std::function<std::vector<Bytes>()> seeds;
};

// The targets of one room, or of one kind of reader in it.
[[nodiscard]] std::vector<Target> codec_targets();
[[nodiscard]] std::vector<Target> message_targets();
[[nodiscard]] std::vector<Target> data_targets();
[[nodiscard]] std::vector<Target> leaf_targets();
[[nodiscard]] std::vector<Target> model_targets();
[[nodiscard]] std::vector<Target> topology_targets();
[[nodiscard]] std::vector<Target> emulator_targets();
[[nodiscard]] std::vector<Target> scenario_targets();
[[nodiscard]] std::vector<Target> value_targets();

[[nodiscard]] std::vector<Target> all_targets();

/// Returns the target that the argument `--target=NAME` names.
/// @throws std::invalid_argument  listing all names, where there is no such argument or target
[[nodiscard]] Target chosen_target(int argc, const char* const* argv);

/// Returns the value of the argument `--name=VALUE`, or `fallback` where there is none.
[[nodiscard]] std::string argument(int argc,
                                   const char* const* argv,
                                   std::string_view name,
                                   std::string_view fallback);

/// Reads the input as the target does, and takes a refusal for an answer.
void read(const Target& target, std::span<const std::uint8_t> input);

/// Writes the seeds of a target into a folder, a file each.
void write_seeds(const Target& target, const std::string& folder);

[[nodiscard]] Bytes as_bytes(std::string_view text);

}  // namespace murmur::fuzz
