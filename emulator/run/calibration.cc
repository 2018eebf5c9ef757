#include "emulator/run/calibration.h"

#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "emulator/run/experiment_plan.h"
#include "learning/runtime.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <vector>

namespace murmur {

namespace {

/// Returns the thread CPU seconds of `work`: the median of some runs after a warm one.
template <class F>
double median_cpu_seconds(F&& work) {
    constexpr int kRuns = 7;
    work();
    std::vector<double> seconds;
    for (int run = 0; run < kRuns; ++run) {
        timespec begin{};
        timespec end{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        work();
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        seconds.push_back(static_cast<double>(end.tv_sec - begin.tv_sec) +
                          1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec));
    }
    std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
    return seconds[kRuns / 2];
}

/// A message whose only use is to be merged while the clock is calibrated.
std::vector<WeightedMessage> sample_messages(const ExperimentPlan& plan, SharingState& state) {
    const MixingMatrix::Row& row = plan.overlay.row(0, 0);
    const SharingContext context{.degree = static_cast<std::uint32_t>(row.neighbors.size())};
    const auto message = plan.sharing->encode(state, plan.initial.front(), context);
    std::vector<WeightedMessage> messages;
    for (const NeighborWeight& edge : row.neighbors) {
        messages.push_back({edge.neighbor, edge.weight, message});
    }
    return messages;
}

/// Returns the CPU seconds of a training step on a batch of this size.
double step_seconds(ExperimentPlan& plan, std::int64_t batch) {
    Learner& learner = plan.learners.of(0);
    std::vector<std::int64_t> samples;
    for (std::int64_t i = 0; i < batch; ++i) {
        samples.push_back(i % plan.data.train->size());
    }
    TrainingState state;
    const double training =
        median_cpu_seconds([&] { (void)learner.train(*plan.initial.front(), samples, state, {}); });
    return training / static_cast<double>(learner.steps_per_call(batch));
}

/// Returns the largest batch that a node trains on.
std::int64_t largest_batch(const ExperimentPlan& plan) {
    std::size_t samples = 0;
    for (const std::vector<std::int64_t>& of_node : plan.partition) {
        samples = std::max(samples, of_node.size());
    }
    const std::int64_t batch_size = plan.options.training.batch_size;
    const auto largest = static_cast<std::int64_t>(samples);
    return batch_size == 0 ? largest : std::min(batch_size, largest);
}

/// Finds what a training step costs by itself, and each sample in it: two points on the line.
void calibrate_training(ExperimentPlan& plan, ComputeCosts& costs) {
    const Learner& learner = plan.learners.any();
    const std::int64_t full = largest_batch(plan);
    if (learner.steps_per_call(full) == 0) {
        return;
    }
    const double of_full = step_seconds(plan, full);
    const std::int64_t half = full / 2;
    if (half > 0 && learner.steps_per_call(half) > 0) {
        const double slope =
            (of_full - step_seconds(plan, half)) / static_cast<double>(full - half);
        costs.seconds_per_sample = std::clamp(slope, 0.0, of_full / static_cast<double>(full));
    }
    costs.seconds_per_step = of_full - costs.seconds_per_sample * static_cast<double>(full);
}

ComputeCosts read_costs(std::span<const std::uint8_t> bytes) {
    ByteSource source(bytes);
    ComputeCosts costs;
    costs.seconds_per_sample = source.f64();
    costs.seconds_per_step = source.f64();
    costs.seconds_per_value = source.f64();
    return costs;
}

/// Measures on rank 0, whose figures are those of all; or takes what was measured when the run that
/// this one goes on with began.
ComputeCosts calibrate_once(ExperimentPlan& plan) {
    if (plan.resumed) {
        if (const auto bytes = plan.resumed->past->find({PastKind::kCosts, 0, 0})) {
            return read_costs(*bytes);
        }
    }
    if (plan.ranks == nullptr) {
        return calibrate(plan);
    }
    const Exchange::Bytes bytes = plan.ranks->share([&plan] {
        ByteSink sink;
        write_costs(calibrate(plan), sink);
        return written(sink);
    });
    return read_costs(bytes);
}

}  // namespace

ComputeCosts calibrate(ExperimentPlan& plan) {
    // As the worker threads are, also where no scenario has prepared the process.
    tune_process_for_learning();
    const Learner& learner = plan.learners.any();
    ComputeCosts costs;
    calibrate_training(plan, costs);
    const auto state = plan.sharing->initial_state(plan.initial.front(), SharingRole::kPeer);
    const std::vector<WeightedMessage> messages = sample_messages(plan, *state);
    const double merging = median_cpu_seconds([&] {
        (void)plan.sharing->merge(
            *state,
            plan.initial.front(),
            plan.overlay.row(0, 0).self,
            messages,
            [](const Parameters&) { return 0.0; });  // forward passes are charged by themselves
    });
    costs.seconds_per_value =
        merging / static_cast<double>(learner.num_parameters() * (messages.size() + 1));
    return costs;
}

void write_costs(const ComputeCosts& costs, ByteSink& sink) {
    sink.f64(costs.seconds_per_sample);
    sink.f64(costs.seconds_per_step);
    sink.f64(costs.seconds_per_value);
}

std::unique_ptr<const ComputeClock> make_clock(ExperimentPlan& plan) {
    return plan.clock({.speeds = plan.speeds,
                       .speed_traces = plan.speed_traces,
                       .seed = plan.options.seed,
                       .flops_per_sample = [&] { return plan.learners.any().flops_per_sample(); },
                       .calibrate =
                           [&] {
                               plan.measured_costs = calibrate_once(plan);
                               return *plan.measured_costs;
                           }});
}

}  // namespace murmur
