// What the sharing strategies cost: CPU time of encoding a GN-LeNet (89,834 parameters) and of
// merging it with the messages of five neighbors, as a share of a training task of three steps
// (batch 8, SGD) measured just before each; and the bytes that they send, beside DecentralizePy's.
//
// Goal: at most 5 % of the training task, but for fpzip, whose cost is stated.  Trained models are
// the initial one plus normal changes of standard deviation 0.001, new in each round.

#include "learning/sharing.h"

#include "learning/cpu_learner.h"
#include "learning/model_change.h"
#include "learning/permuted_fragments.h"
#include "learning/random_stream.h"
#include "learning/runtime.h"
#include "tests/bench/cpu_clock.h"
#include "tests/bench/distribution.h"
#include "tests/support/tensor_dataset.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace murmur;

constexpr std::uint32_t kNeighbors = 5;
constexpr std::uint64_t kRounds = 21;

struct Strategy {
    const char* sharing;
    const char* codec;
    const char* aggregation = "mean";
};

constexpr std::array kTimed{
    Strategy{"full", ""},
    Strategy{"plain-average", ""},
    Strategy{"full", "", "median"},
    Strategy{"full", "", "trimmed-mean"},
    Strategy{"full", "", "clipped-gossip:tau=1"},
    Strategy{"full", "", "cs-plus:b=1/6"},
    Strategy{"full", "", "gts:b=1/6"},
    Strategy{"full", "", "ios:f=1"},
    Strategy{"full", "", "krum:f=1"},
    Strategy{"full", "", "multi-krum:f=1"},
    Strategy{"full", "", "geometric-median"},
    Strategy{"full", "", "centered-clipping"},
    Strategy{"full", "", "monna:f=1"},
    Strategy{"full", "", "nnm:f=1,then=trimmed-mean:f=1"},
    Strategy{"full", "float16"},
    Strategy{"full", "uniform"},
    Strategy{"top-k", ""},
    Strategy{"top-k:accumulation=changes", ""},
    Strategy{"top-k:accumulation=averaging", ""},
    Strategy{"top-k", "", "median"},
    Strategy{"top-k", "elias"},
    Strategy{"top-k", "elias+fpzip"},
    Strategy{"random", ""},
    Strategy{"choco", ""},
    Strategy{"wavelet", ""},
    Strategy{"wavelet:accumulation=averaging", ""},
    Strategy{"jwins", "elias+raw"},
    Strategy{"jwins", ""},
    Strategy{"fft", ""},
    Strategy{"stc", ""},
    Strategy{"stc", "elias"},
    Strategy{"qsgd", ""},
};

/// A row of DecentralizePy's own accounting: bytes per node and round with five neighbors.
struct KnownBytes {
    Strategy strategy;
    double bytes;
    const char* remark;
};

constexpr std::array kKnown{
    KnownBytes{{"full", ""}, 1'797'770, ""},
    KnownBytes{{"random:alpha=0.1", ""}, 180'889, "how many a mask keeps is random"},
    KnownBytes{{"top-k:alpha=0.1", ""}, 360'993, ""},
    KnownBytes{{"top-k:alpha=0.1", "elias+fpzip"}, 186'147, "depends on the values"},
    KnownBytes{{"top-k:alpha=0.1", "lz4+raw"}, 263'918, "gaps instead of indices are compressed"},
    KnownBytes{{"fft:alpha=0.1", ""}, 271'148, ""},
    KnownBytes{{"choco:alpha=0.1", ""}, 540'568, "its indices have 64 bits, ours 32"},
    KnownBytes{{"jwins", ""}, 686'383, "depends on the values; mean of the seven budgets"},
};

/// Returns `start` plus normal changes.
Parameters trained_from(const ParameterVector& start, std::uint64_t node, std::uint64_t round) {
    RandomStream stream(stream_seed(1, "bench", node, round));
    auto trained = std::make_shared<ParameterVector>(start.size());
    for (std::size_t i = 0; i < start.size(); ++i) {
        trained->values()[i] = start.values()[i] + static_cast<float>(1e-3 * stream.normal());
    }
    return trained;
}

SharingContext context_of(std::uint32_t node, std::uint64_t round) {
    return {.node = node,
            .round = round,
            .degree = kNeighbors,
            .stream_seed = stream_seed(1, "sharing", node, round)};
}

/// Returns the microseconds of `work`, in CPU time of this thread.
template <class Work>
double microseconds(const Work& work) {
    const double begin = bench::cpu_seconds();
    work();
    return 1e6 * (bench::cpu_seconds() - begin);
}

struct Cost {
    double encode_us;
    double merge_us;
};

/// Measures one node, whose neighbors' messages are new in each round.
Cost measure(const Strategy& strategy, const Parameters& start) {
    const auto sharing = make_sharing(strategy.sharing, strategy.codec, strategy.aggregation);
    std::vector<std::unique_ptr<SharingState>> states;
    for (std::uint32_t node = 0; node <= kNeighbors; ++node) {
        states.push_back(sharing->initial_state(start, SharingRole::kPeer));
    }
    constexpr double kWeight = 1.0 / (kNeighbors + 1);
    std::vector<double> encoding;
    std::vector<double> merging;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        std::vector<WeightedMessage> neighbors;
        for (std::uint32_t node = 1; node <= kNeighbors; ++node) {
            neighbors.push_back(
                {node,
                 kWeight,
                 sharing->encode(
                     *states[node], trained_from(*start, node, round), context_of(node, round))});
        }
        const Parameters trained = trained_from(*start, 0, round);
        std::shared_ptr<const EncodedModel> message;
        encoding.push_back(microseconds(
            [&] { message = sharing->encode(*states[0], trained, context_of(0, round)); }));
        merging.push_back(microseconds(
            [&] { static_cast<void>(sharing->merge(*states[0], trained, kWeight, neighbors)); }));
    }
    return {bench::summarize(encoding).median, bench::summarize(merging).median};
}

double training_task_us(Learner& learner, const Dataset& data, Parameters parameters) {
    std::vector<std::int64_t> partition(static_cast<std::size_t>(data.size()));
    std::iota(partition.begin(), partition.end(), 0);
    TrainingState state;
    std::vector<double> times;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        times.push_back(microseconds([&] {
            parameters = learner.train(*parameters, partition, state, {.seed = round}).parameters;
        }));
    }
    return bench::summarize(times).median;
}

std::string name_of(const Strategy& strategy) {
    std::string name = strategy.sharing;
    if (*strategy.codec != '\0') {
        name += fmt::format(", {}", strategy.codec);
    }
    if (std::string_view(strategy.aggregation) != "mean") {
        name += fmt::format(" + {}", strategy.aggregation);
    }
    return name;
}

/// Measures ten fragments: all of them cut, and five of each averaged into the model, which is what
/// five whole models are.
Cost measure_fragments(const ParameterLayout& layout, const Parameters& start) {
    constexpr std::uint32_t kFragments = 10;
    const FragmentPlan plan = permuted_fragments(layout, start->size(), kFragments, 1);
    std::vector<double> cutting;
    std::vector<double> averaging;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        std::vector<std::shared_ptr<const EncodedModel>> received;
        for (std::uint32_t node = 1; node <= kNeighbors; ++node) {
            const Parameters trained = trained_from(*start, node, round);
            for (std::uint32_t fragment = 0; fragment < kFragments; ++fragment) {
                received.push_back(cut_fragment(plan, fragment, *trained));
            }
        }
        const Parameters trained = trained_from(*start, 0, round);
        cutting.push_back(microseconds([&] {
            for (std::uint32_t fragment = 0; fragment < kFragments; ++fragment) {
                static_cast<void>(cut_fragment(plan, fragment, *trained));
            }
        }));
        averaging.push_back(
            microseconds([&] { static_cast<void>(average_fragments(plan, *trained, received)); }));
    }
    return {bench::summarize(cutting).median, bench::summarize(averaging).median};
}

/// Measures changes of models, as clients send them to a server that adds five of them up.
Cost measure_changes(const ParameterLayout& layout, const Parameters& start) {
    std::vector<double> taking;
    std::vector<double> adding;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
        std::vector<WeightedChange> changes;
        for (std::uint32_t node = 1; node <= kNeighbors; ++node) {
            changes.push_back(
                {0.2, change_between(*start, *trained_from(*start, node, round), layout)});
        }
        const Parameters trained = trained_from(*start, 0, round);
        taking.push_back(
            microseconds([&] { static_cast<void>(change_between(*start, *trained, layout)); }));
        adding.push_back(
            microseconds([&] { static_cast<void>(add_changes(*start, changes, layout)); }));
    }
    return {bench::summarize(taking).median, bench::summarize(adding).median};
}

void print_cost(const std::string& name, double training, const Cost& cost) {
    const double share = (cost.encode_us + cost.merge_us) / training;
    fmt::print("{:38} {:8.0f} {:8.0f} {:8.0f} {:7.1f}%{}\n",
               name,
               training,
               cost.encode_us,
               cost.merge_us,
               100 * share,
               share > 0.05 ? "   above" : "");
}

void print_costs(Learner& learner, const Dataset& data, const Parameters& start) {
    fmt::print(
        "sharing a GN-LeNet, {} parameters, with {} neighbors: CPU us of one thread, medians of "
        "{};\nthe training task has 3 steps\n\n"
        "{:38} {:>8} {:>8} {:>8} {:>8}   goal: 5 %\n",
        start->size(),
        kNeighbors,
        kRounds,
        "strategy, codec",
        "training",
        "encode",
        "merge",
        "of task");
    for (const Strategy& strategy : kTimed) {
        // Anew for each: how fast a shared machine is changes within a run.
        const double training = training_task_us(learner, data, start);
        print_cost(name_of(strategy), training, measure(strategy, start));
    }
    print_cost("divshare, shatter: ten fragments",
               training_task_us(learner, data, start),
               measure_fragments(learner.layout(), start));
    print_cost("fedbuff: changes",
               training_task_us(learner, data, start),
               measure_changes(learner.layout(), start));
}

/// Returns the bytes that one node sends in one round: content, metadata included.
double content_bytes(const Strategy& strategy, const Parameters& start) {
    const auto sharing = make_sharing(strategy.sharing, strategy.codec);
    const auto state = sharing->initial_state(start, SharingRole::kPeer);
    const auto message = sharing->encode(*state, trained_from(*start, 0, 0), context_of(0, 0));
    return kNeighbors * static_cast<double>(message->size().total());
}

/// Returns the mean over the budgets that JWINS draws.
double mean_bytes_of_jwins(const Parameters& start) {
    double sum = 0;
    constexpr std::array kBudgets{"0.1", "0.15", "0.2", "0.25", "0.3", "0.4", "1"};
    for (const char* budget : kBudgets) {
        sum += content_bytes({fmt::format("jwins:alphas={}", budget).c_str(), ""}, start);
    }
    return sum / kBudgets.size();
}

void print_bytes(const Parameters& start) {
    fmt::print("\nbytes of content per node and round, {} neighbors\n\n{:32} {:>15} {:>10} {:>8}\n",
               kNeighbors,
               "strategy, codec",
               "DecentralizePy",
               "ours",
               "");
    for (const KnownBytes& known : kKnown) {
        const double ours = std::string(known.strategy.sharing) == "jwins"
                                ? mean_bytes_of_jwins(start)
                                : content_bytes(known.strategy, start);
        fmt::print("{:32} {:15.0f} {:10.0f} {:+7.2f}%  {}\n",
                   name_of(known.strategy),
                   known.bytes,
                   ours,
                   100 * (ours / known.bytes - 1),
                   known.remark);
    }
}

}  // namespace

int main() {
    try {
        tune_process_for_learning();
        const DatasetPair data = test::random_classification(512, {3, 32, 32}, 10, 1);
        CpuLearner learner("gn-lenet", data, {.batch_size = 8, .local_steps = 3, .lr = 0.01});
        const Parameters start = learner.initial_parameters(1);
        print_costs(learner, *data.train, start);
        print_bytes(start);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench-sharing: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
