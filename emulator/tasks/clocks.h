#pragma once

#include "emulator/tasks/compute_clock.h"
#include "emulator/tasks/speed_traces.h"
#include "tools/text/registry.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace murmur {

/// What a compute clock may ask of a run, when it is about to begin.
struct ClockSetting {
    std::vector<double> speeds;  ///< [num_nodes], of each device beside the reference, whose is 1
    /// How they change; null: they do not.  Who does not heed this refuses what is not null.
    std::shared_ptr<const SpeedTraces> speed_traces{};
    std::uint64_t seed;
    /// Returns the floating point operations of training on one sample.
    std::function<double()> flops_per_sample;
    /// Measures what tasks cost on this machine.
    std::function<ComputeCosts()> calibrate;
};

/// Makes the clock of a run.
using ClockFactory =
    std::function<std::unique_ptr<const ComputeClock>(const ClockSetting& setting)>;

/// Reads what `--clock` says, and the files that it names, before anything of the run is made.
///
///     clocks().add({"free", "computing takes no time"}, make_free);
///
/// @throws std::invalid_argument  where an option is wrong
using ClockMake = std::function<ClockFactory(const Options& options, std::uint32_t num_nodes)>;
using ClockRegistry = Registry<ClockMake>;

/// Returns the clocks that `--clock` may name: ours, and those that a program adds.
[[nodiscard]] ClockRegistry& clocks();

/// Returns what the options of the modelled clock say that training on one sample takes at speed 1.
/// @param flops_per_sample  as `ClockSetting` has it; asked where a speed is given
/// @throws std::invalid_argument  where `work` is wrong
[[nodiscard]] double seconds_per_sample(const Options& options,
                                        const std::function<double()>& flops_per_sample);

/// Refuses speeds that change, for a clock that cannot heed them.
/// @throws std::invalid_argument  naming the clock
void refuse_speed_traces(const ClockSetting& setting, std::string_view clock);

/// Registers those of this folder's files.
void register_all(ClockRegistry& registry);

/// Returns what makes the clock that `spec` names.
/// @throws std::invalid_argument  on an unknown name or a wrong option; an empty text is refused,
///                                compute is not free
[[nodiscard]] ClockFactory plan_clock(std::string_view spec, std::uint32_t num_nodes);

}  // namespace murmur
