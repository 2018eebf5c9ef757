// Measures one GN-LeNet step (batch 8, SGD) in `CpuLearner` against the same step in a bare
// LibTorch loop with glibc's default malloc, in thread CPU time.
//
// Each measurement runs in a child process of its own, so that neither sees the other's memory
// settings; the two alternate, so that a slow minute of the machine meets both.  Fails where the
// trained parameters disagree.

#include "learning/batch_sequence.h"
#include "learning/cpu_learner.h"
#include "learning/runtime.h"
#include "tests/bench/measured_steps.h"
#include "tests/support/plain_training.h"
#include "tests/support/tensor_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace murmur;
using namespace murmur::bench;

constexpr int kRepetitions = 7;
constexpr StepCounts kCounts{.warm_up_calls = 2, .calls = 10, .steps_per_call = 10};
const TrainingOptions kOptions{.batch_size = 8, .local_steps = kCounts.steps_per_call, .lr = 0.01};

DatasetPair images() {
    return test::random_classification(512, {3, 32, 32}, 10, 1);
}

MeasuredSteps measure_learner() {
    tune_process_for_learning();
    const DatasetPair data = images();
    CpuLearner learner("gn-lenet", data, kOptions);
    const std::vector<std::int64_t> partition = test::first_samples(data.train->size());
    TrainingState state;
    Parameters parameters = learner.initial_parameters(1);
    std::vector<float> after_warm_up;
    const double ms = time_steps(kCounts, [&](std::uint64_t call) {
        parameters = learner.train(*parameters, partition, state, {.seed = call}).parameters;
        if (call + 1 == kCounts.warm_up_calls) {
            after_warm_up.assign(parameters->values().begin(), parameters->values().end());
        }
    });
    return {ms, after_warm_up};
}

MeasuredSteps measure_plain() {
    use_single_threaded_kernels();
    const DatasetPair data = images();
    const Parameters start = CpuLearner("gn-lenet", data, kOptions).initial_parameters(1);
    const std::vector<std::int64_t> partition = test::first_samples(data.train->size());
    test::PlainTraining training("gn-lenet", *data.train, kOptions, start->values());
    std::vector<float> after_warm_up;
    const double ms = time_steps(kCounts, [&](std::uint64_t call) {
        BatchSequence batches(
            partition, kOptions.batch_size, TrainingContext{.seed = call}.stream_seed("shuffle"));
        for (int step = 0; step < kCounts.steps_per_call; ++step) {
            training.step(data.train->batch(batches.next()));
        }
        if (call + 1 == kCounts.warm_up_calls) {
            const std::vector<double> exact = training.parameters();
            after_warm_up.assign(exact.begin(), exact.end());
        }
    });
    return {ms, after_warm_up};
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) {
        throw std::runtime_error("the two trainings have models of different size");
    }
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
    }
    return largest;
}

int compare(const std::string& program) {
    std::vector<double> plain_ms;
    std::vector<double> learner_ms;
    std::vector<double> ratios;
    double difference = 0.0;
    for (int repetition = 0; repetition < kRepetitions; ++repetition) {
        const MeasuredSteps plain = run_child(program, "--plain");
        const MeasuredSteps learner = run_child(program, "--learner");
        plain_ms.push_back(plain.step_ms);
        learner_ms.push_back(learner.step_ms);
        ratios.push_back(learner.step_ms / plain.step_ms);
        difference = largest_difference(plain.parameters, learner.parameters);
    }
    constexpr double kTolerance = 5e-5;
    fmt::print(
        "training step, GN-LeNet, batch 8, SGD: CPU ms of one thread, median of {} processes\n"
        "  bare LibTorch loop  {:6.3f}\n"
        "  learner             {:6.3f}\n"
        "  ratio               {:6.3f}   (goal: at most 0.70; {:.3f} ... {:.3f})\n"
        "  largest difference of a parameter after {} steps: {:.1e} (allowed {:.0e})\n",
        kRepetitions,
        median(plain_ms),
        median(learner_ms),
        median(ratios),
        std::ranges::min(ratios),
        std::ranges::max(ratios),
        kCounts.warm_up_calls * kCounts.steps_per_call,
        difference,
        kTolerance);
    return difference <= kTolerance ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::string mode = argc > 1 ? argv[1] : "";
        if (mode == "--learner") {
            write(measure_learner());
            return EXIT_SUCCESS;
        }
        if (mode == "--plain") {
            write(measure_plain());
            return EXIT_SUCCESS;
        }
        return compare(std::filesystem::read_symlink("/proc/self/exe"));
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench-training-step: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
