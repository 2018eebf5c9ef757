#pragma once

#include "learning/sharing.h"
#include "tools/text/registry.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace murmur {

/// Makes a strategy.
/// @param codec  as `make_codec` takes it; empty for the strategy's own
/// @throws std::invalid_argument  on a wrong option, or a codec that does not fit
using StrategyMake =
    std::function<std::unique_ptr<const Sharing>(const Options& options, std::string_view codec)>;
using StrategyRegistry = Registry<StrategyMake>;

/// Returns the strategies that `--sharing` may name: ours, and those that a program adds.
[[nodiscard]] StrategyRegistry& strategies();

/// Registers those of this folder's files.
void register_all(StrategyRegistry& registry);

/// The option of a strategy that sends a fraction of the entries.
[[nodiscard]] OptionForm alpha_option(std::string fallback = "0.1");

}  // namespace murmur
