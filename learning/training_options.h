#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace murmur {

/// How a node trains between two exchanges.
struct TrainingOptions {
    std::int64_t batch_size = 8;  ///< 0: the whole partition in one batch
    std::int64_t local_steps =
        1;  ///< mini-batches per round, 0: none; unused where local_epochs > 0
    std::int64_t local_epochs = 0;
    std::string optimizer = "sgd";  ///< `optimizers()` of learning/optimizer.h holds them
    double lr = 0.05;
    std::string schedule = "constant";  ///< `schedules()` of learning/schedule.h holds them
    double clip = 0.0;  ///< largest norm of a step's gradient, over all of it; 0: any
    // Where they are set, these three stand for the optimizer's options of the same names.
    double momentum = 0.0;
    std::optional<double> weight_decay{};  ///< empty: what the optimizer does without
    bool nesterov = false;
    bool reset_optimizer = false;  ///< forget the optimizer's state at the start of each round
    std::string privacy = "none";  ///< `privacies()` of learning/privacy/dp_sgd.h holds them
    /// Rounds of the run, which schedules may end with; 0: not known.
    std::uint64_t run_rounds = 0;
};

/// Some of the steps of a round's local work: a call of `train` may do a part of it.
struct StepRange {
    std::int64_t first = 0;
    std::int64_t count = std::numeric_limits<std::int64_t>::max();  ///< at most; all that are left

    [[nodiscard]] bool is_whole() const { return *this == StepRange{}; }
    bool operator==(const StepRange&) const = default;
};

/// Refuses what no training can be.
/// @param prefix  how the caller names fields: `--` where they are options, `--batch-size`
/// @throws std::invalid_argument  `PREFIXfield-name: got X, allowed Y`
void check(const TrainingOptions& options, std::string_view prefix);

}  // namespace murmur
