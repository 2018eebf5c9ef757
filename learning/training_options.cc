#include "learning/training_options.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace murmur {

void check(const TrainingOptions& options, std::string_view prefix) {
    const auto require =
        [prefix](bool ok, std::string_view field, const auto& got, std::string_view allowed) {
            if (!ok) {
                throw std::invalid_argument(
                    fmt::format("{}{}: got {}, allowed {}", prefix, field, got, allowed));
            }
        };
    require(options.batch_size >= 0, "batch-size", options.batch_size, "0 (all) and above");
    require(options.local_epochs >= 0, "local-epochs", options.local_epochs, "0 and above");
    require(options.local_steps >= 0, "local-steps", options.local_steps, "0 and above");
    require(std::isfinite(options.lr) && options.lr >= 0, "lr", options.lr, "0 and above");
    require(std::isfinite(options.clip) && options.clip >= 0, "clip", options.clip, "0 and above");
    require(options.momentum >= 0 && options.momentum < 1,
            "momentum",
            options.momentum,
            "0 and above, below 1");
    const double weight_decay = options.weight_decay.value_or(0);
    require(std::isfinite(weight_decay) && weight_decay >= 0,
            "weight-decay",
            weight_decay,
            "0 and above");
}

}  // namespace murmur
