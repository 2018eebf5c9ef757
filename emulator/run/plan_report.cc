#include "emulator/run/plan_report.h"

#include "emulator/base/available_cores.h"
#include "emulator/base/resource_usage.h"
#include "emulator/base/system_memory.h"
#include "emulator/run/memory_estimate.h"
#include "learning/privacy/node_epsilon.h"
#include "learning/schedule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace murmur {

namespace {

constexpr std::size_t kFew = 6;  ///< values that are listed one by one

/// Writes 89834 as 89,834.
std::string count_text(std::uint64_t number) {
    return number < 1000 ? fmt::format("{}", number)
                         : fmt::format("{},{:03}", count_text(number / 1000), number % 1000);
}

std::string overlay_text(const ExperimentPlan& plan) {
    std::size_t least = SIZE_MAX;
    std::size_t most = 0;
    std::size_t ends = 0;
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        const std::size_t degree = plan.overlay.neighbors(node, 0).out.size();
        least = std::min(least, degree);
        most = std::max(most, degree);
        ends += degree;
    }
    return fmt::format(
        "{} edges, {} neighbors a node{}",
        count_text(ends / 2),
        least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most),
        plan.overlay.is_dynamic() ? ", drawn anew each round" : "");
}

/// The size of one message of each node to each neighbor, where it follows from the options.
std::string message_text(const ExperimentPlan& plan) {
    const std::size_t parameters = plan.learners.any().num_parameters();
    if (plan.protocol.has_own_messages) {
        return fmt::format(
            "{} parameters, in messages of {}'s own", count_text(parameters), plan.protocol.name);
    }
    std::uint64_t round = 0;
    std::optional<MessageSize> first;
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        const auto degree = static_cast<std::uint32_t>(plan.overlay.neighbors(node, 0).out.size());
        const SharingContext context{
            .node = node,
            .round = 0,
            .degree = degree,
            .stream_seed = stream_seed(plan.options.seed, "sharing", node, 0)};
        const std::optional<MessageSize> size = plan.sharing->message_size(parameters, context);
        if (!size) {
            return fmt::format("{} parameters; the size of a message depends on their values",
                               count_text(parameters));
        }
        first = first ? first : size;
        round += degree * size->total();
    }
    const bool goes_to_neighbors = plan.protocol.peers == ProtocolPlan::Peers::kOverlay &&
                                   !plan.protocol.has_changing_peers &&
                                   plan.protocol.name != "local";
    return fmt::format("{} parameters; {} a message{}",
                       count_text(parameters),
                       bytes_text(static_cast<double>(first->total())),
                       goes_to_neighbors
                           ? fmt::format(", {} a round to all neighbors, headers apart",
                                         bytes_text(static_cast<double>(round)))
                           : "");
}

/// What is sent, and how it is merged.
std::string sharing_text(const ExperimentPlan& plan) {
    const ExperimentOptions& options = plan.options;
    if (plan.protocol.sums_in_secret) {
        return fmt::format("{}, merged as a sum of masked models", plan.protocol.name);
    }
    if (plan.protocol.has_own_messages) {
        return fmt::format("whole values, merged as {} does", plan.protocol.name);
    }
    if (plan.sharing->has_own_merge()) {
        return fmt::format("{}, which merges by an algorithm of its own", options.sharing);
    }
    return fmt::format("{}, merged by {}{}",
                       options.sharing,
                       resolve_aggregation(options.sharing, options.aggregation),
                       plan.sharing->uses_weights() ? "" : ", which ignores weights");
}

/// CPU seconds of all learning, from one round of local work and one test on this machine.
double learning_seconds(ExperimentPlan& plan) {
    Learner& learner = plan.learners.of(0);
    const auto largest = std::max_element(
        plan.partition.begin(), plan.partition.end(), [](const auto& a, const auto& b) {
            return a.size() < b.size();
        });
    std::int64_t all_samples = 0;
    for (const auto& samples : plan.partition) {
        all_samples += learner.samples_per_call(static_cast<std::int64_t>(samples.size()));
    }
    const auto batch = static_cast<std::size_t>(
        plan.options.training.batch_size > 0 ? plan.options.training.batch_size : 64);
    const std::span<const std::int64_t> some(largest->data(),
                                             std::min<std::size_t>(largest->size(), batch));
    TrainingState state;
    double training = 0;
    const std::int64_t learnt = learner.samples_per_call(std::ssize(some));
    for (int run = 0; run < 2; ++run) {  // the first warms up
        const double begin = thread_cpu_seconds();
        (void)learner.train(*plan.initial.front(), some, state, {});
        training = thread_cpu_seconds() - begin;
    }
    // A text's sample is as much work as its tokens.
    const Dataset& tests_of = *plan.data.test;
    const std::int64_t most_tests = tests_of.goal().tokens_per_sample(tests_of) > 0 ? 32 : 256;
    const std::int64_t some_tests = std::min(most_tests, tests_of.size());
    const double begin = thread_cpu_seconds();
    (void)learner.evaluate(*plan.initial.front(), some_tests);
    const double testing = thread_cpu_seconds() - begin;

    const auto rounds = static_cast<double>(plan.options.rounds);
    const double tests = plan.options.eval_samples > 0
                             ? static_cast<double>(plan.options.eval_samples)
                             : static_cast<double>(plan.data.test->size());
    const auto tested =
        static_cast<double>(std::count(plan.evaluates.begin(), plan.evaluates.end(), true));
    const double evaluations = rounds / static_cast<double>(plan.options.eval_every) + 1;
    return (learnt > 0
                ? rounds * static_cast<double>(all_samples) * training / static_cast<double>(learnt)
                : 0) +
           evaluations * tested * tests * testing / static_cast<double>(some_tests);
}

/// What is done beside plain steps, and what it comes to; empty: nothing.
std::string training_text(const ExperimentPlan& plan) {
    const TrainingOptions& training = plan.options.training;
    std::vector<std::string> parts;
    if (!LearningRate(training).is_constant()) {
        parts.push_back(fmt::format("rate {} as {} has it", training.lr, training.schedule));
    }
    if (training.clip > 0) {
        parts.push_back(fmt::format("gradients clipped to {}", training.clip));
    }
    if (const auto privacy = make_privacy(training.privacy)) {
        NodeEpsilon epsilon(training);
        double most = 0;
        for (const auto& samples : plan.partition) {
            const std::int64_t size = std::ssize(samples);
            const auto steps = static_cast<std::uint64_t>(plan.learners.any().steps_per_call(size));
            most = std::max(most, epsilon.of(size, steps * plan.options.rounds));
        }
        parts.push_back(
            fmt::format("{}: epsilon up to {:.3g} at delta {} after {} rounds of training",
                        training.privacy,
                        most,
                        privacy->delta,
                        plan.options.rounds));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::string time_text(ExperimentPlan& plan) {
    if (plan.options.model.starts_with("torchscript:")) {
        return "not estimated: a check does not run the model's code";
    }
    const double seconds = learning_seconds(plan);
    const unsigned used = std::min(plan.options.workers, available_cores());
    return fmt::format(
        "about {:.2g} s of CPU for the learning, {:.2g} s on {} workers; the network "
        "comes on top",
        seconds,
        seconds / used,
        plan.options.workers);
}

std::string memory_text(const ExperimentPlan& plan) {
    const Learner& learner = plan.learners.any();
    const double models = estimate_models(plan.options,
                                          {learner.num_parameters(), learner.activation_bytes()},
                                          plan.initial.size() == 1)
                              .total();
    const double nodes = estimate_nodes(plan.options, plan.protocol).total();
    const AvailableMemory available = available_memory();
    return fmt::format("about {} in all, to a factor of two ({} {} are left)",
                       bytes_text(static_cast<double>(resident_bytes()) + models + nodes),
                       bytes_text(static_cast<double>(available.bytes)),
                       available.limit);
}

std::vector<double> in_units(const std::vector<double>& values, double unit) {
    std::vector<double> scaled(values);
    for (double& value : scaled) {
        value /= unit;
    }
    return scaled;
}

bool is_choice(const std::string& text) {
    return text.starts_with("choice:") || text.starts_with("first:");
}

}  // namespace

std::string spread_text(std::span<const double> values,
                        std::string_view unit,
                        std::string_view of) {
    std::map<double, std::size_t> counts;
    for (const double value : values) {
        ++counts[value];
    }
    if (counts.size() > kFew) {
        std::vector<double> sorted(values.begin(), values.end());
        std::sort(sorted.begin(), sorted.end());
        return fmt::format("{:.4g} to {:.4g}{}, half of the {} above {:.4g}{}",
                           sorted.front(),
                           sorted.back(),
                           unit,
                           of,
                           sorted[sorted.size() / 2],
                           unit);
    }
    std::vector<std::pair<double, std::size_t>> order(counts.begin(), counts.end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.second > b.second;
    });
    std::vector<std::string> texts;
    for (const auto& [value, count] : order) {
        texts.push_back(
            fmt::format("{:.4g}{} for {} of {} {}", value, unit, count, values.size(), of));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

std::string describe_choices(const ExperimentPlan& plan) {
    std::string text;
    if (is_choice(plan.options.speed)) {
        text += fmt::format("speed: {}\n", spread_text(plan.speeds, "", "nodes"));
    }
    if (is_choice(plan.options.rate) && !plan.network.up_bps.empty()) {
        text += fmt::format("rate: {}\n",
                            spread_text(in_units(plan.network.up_bps, 1e6), " Mbps", "uplinks"));
    }
    if (is_choice(plan.options.downlink_rate) && !plan.network.down_bps.empty()) {
        text +=
            fmt::format("downlink-rate: {}\n",
                        spread_text(in_units(plan.network.down_bps, 1e6), " Mbps", "downlinks"));
    }
    if (is_choice(plan.options.latency) && !plan.network.access_latency_s.empty()) {
        text +=
            fmt::format("latency: {}\n",
                        spread_text(in_units(plan.network.access_latency_s, 1e-3), " ms", "nodes"));
    }
    return text;
}

std::string describe(ExperimentPlan& plan) {
    std::string text;
    const auto line = [&text](std::string_view name, const std::string& what) {
        text += fmt::format("  {:<9} {}\n", name, what);
    };
    line("overlay", fmt::format("{} nodes, {}", plan.options.nodes, overlay_text(plan)));
    line("model", fmt::format("{}: {}", plan.options.model, message_text(plan)));
    line("sharing", sharing_text(plan));
    std::size_t least = SIZE_MAX;
    std::size_t most = 0;
    for (const auto& samples : plan.partition) {
        least = std::min(least, samples.size());
        most = std::max(most, samples.size());
    }
    const std::int64_t tokens = plan.data.train->goal().tokens_per_sample(*plan.data.train);
    line("data",
         fmt::format("{} training samples, {} to {} a node; {} test samples{}",
                     count_text(static_cast<std::uint64_t>(plan.data.train->size())),
                     least,
                     most,
                     count_text(static_cast<std::uint64_t>(plan.data.test->size())),
                     tokens > 0 ? fmt::format("; of {} tokens each", tokens) : ""));
    if (const std::string training = training_text(plan); !training.empty()) {
        line("training", training);
    }
    line("devices", "speed " + spread_text(plan.speeds, "", "nodes"));
    if (!plan.network.up_bps.empty()) {
        line("links",
             "uplinks of " + spread_text(in_units(plan.network.up_bps, 1e6), " Mbps", "nodes"));
    }
    line("memory", memory_text(plan));
    line("time", time_text(plan));
    return text;
}

}  // namespace murmur
