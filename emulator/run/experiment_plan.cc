#include "emulator/run/experiment_plan.h"

#include "emulator/base/quantity.h"
#include "learning/random_stream.h"
#include "topologies/generators.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace murmur {

namespace {

template <class Number>
void require(bool holds, std::string_view option, const Number& got, std::string_view allowed) {
    if (!holds) {
        throw std::invalid_argument(fmt::format("{}: got {}, allowed {}", option, got, allowed));
    }
}

/// Checks the plain numbers and fills in what is left open.
ExperimentOptions resolve(ExperimentOptions options) {
    require(options.nodes >= 2, "--nodes", options.nodes, "2 or more");
    require(options.rounds >= 1, "--rounds", options.rounds, "1 or more");
    require(options.eval_every >= 1, "--eval-every", options.eval_every, "1 or more");
    require(options.eval_samples >= 0, "--eval-samples", options.eval_samples, "0 or more");
    require(options.workers <= 4096, "--workers", options.workers, "0 to 4096");
    require(options.link_bins % 2 == 0 && options.link_bins <= 10'000,
            "--link-bins",
            options.link_bins,
            "an even number, 0 to 10000");
    check(options.training, "--");
    if (options.workers == 0) {
        options.workers = std::max(1u, std::thread::hardware_concurrency());
    }
    return options;
}

ProtocolPlan choose_protocol(const ExperimentOptions& options, ExperimentInputs& inputs) {
    if (inputs.protocol) {
        ProtocolPlan plan;
        plan.name = inputs.protocol_name;
        plan.make = std::move(inputs.protocol);
        return plan;
    }
    return plan_protocol(options);
}

Overlay make_overlay(const ExperimentOptions& options, const ProtocolPlan& protocol) {
    return protocol.overlay
               ? Overlay(protocol.overlay->topology,
                         protocol.overlay->weights,
                         options.nodes,
                         options.seed)
               : Overlay(options.topology, options.weights, options.nodes, options.seed);
}

/// Splits the data over the nodes that learn.
Partition split_data(const ExperimentOptions& options,
                     const ProtocolPlan& protocol,
                     const Dataset& data) {
    if (protocol.needs_labels && data.labels().empty()) {
        throw std::invalid_argument(fmt::format(
            "--protocol: {} compares the labels of nodes, got --dataset={}, allowed one with "
            "classes",
            options.protocol,
            options.dataset));
    }
    const std::uint32_t servers = protocol.has_server ? 1 : 0;
    Partition partition = make_partition(
        options.partition, data, options.nodes - servers, stream_seed(options.seed, "partition"));
    partition.insert(partition.begin(), servers, {});
    return partition;
}

std::vector<double> draw_speeds(const ExperimentOptions& options) {
    const Distribution distribution("--speed", options.speed, parse_speed);
    std::vector<double> speeds;
    for (NodeId node = 0; node < options.nodes; ++node) {
        RandomStream stream(stream_seed(options.seed, "speed", node));
        speeds.push_back(distribution.draw(stream, node));
    }
    return speeds;
}

std::vector<bool> choose_evaluated(const ExperimentOptions& options) {
    if (options.eval_nodes == "all") {
        return std::vector<bool>(options.nodes, true);
    }
    const std::uint64_t count = parse_count("--eval-nodes", options.eval_nodes);
    require(count >= 1 && count <= options.nodes,
            "--eval-nodes",
            count,
            fmt::format("all, or 1 to {}", options.nodes));
    std::vector<NodeId> order(options.nodes);
    std::iota(order.begin(), order.end(), 0);
    RandomStream(stream_seed(options.seed, "eval-nodes")).shuffle(std::span(order));
    std::vector<bool> evaluated(options.nodes, false);
    for (std::uint64_t i = 0; i < count; ++i) {
        evaluated[order[i]] = true;
    }
    return evaluated;
}

std::vector<Parameters> choose_initial(const ExperimentOptions& options,
                                       const Learner& learner,
                                       std::vector<Parameters> given) {
    if (given.empty() && options.init.empty()) {
        return {learner.initial_parameters(stream_seed(options.seed, "init"))};
    }
    if (given.empty()) {
        return read_initial_parameters(options.init, learner.num_parameters(), options.nodes);
    }
    require(given.size() == 1 || given.size() == options.nodes,
            "initial parameters",
            fmt::format("{} vectors", given.size()),
            fmt::format("1 or {}", options.nodes));
    for (const Parameters& parameters : given) {
        require(parameters->size() == learner.num_parameters(),
                "initial parameters",
                fmt::format("{} values", parameters->size()),
                fmt::format("{}, the model's", learner.num_parameters()));
    }
    return given;
}

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

}  // namespace

ExperimentPlan::ExperimentPlan(ExperimentOptions given, ExperimentInputs inputs)
    : options(resolve(std::move(given))),
      protocol(choose_protocol(options, inputs)),
      overlay(make_overlay(options, protocol)),
      network(inputs.network ? plan_given_network(options)
                             : plan_network(options, pairs_to_connect(options, protocol, overlay))),
      network_factory(std::move(inputs.network)),
      links(plan_links(options, network)),
      clock_spec(parse_clock(options.clock)),
      speeds(draw_speeds(options)),
      data(load_dataset(options.dataset, stream_seed(options.seed, "dataset"))),
      partition(split_data(options, protocol, *data.train)),
      learners(options.model, data, options.training, options.workers),
      sharing(make_sharing(protocol.sharing.value_or(options.sharing), options.codec)),
      initial(choose_initial(options, learners.any(), std::move(inputs.initial))),
      evaluates(choose_evaluated(options)) {
    check_together(options, protocol, overlay, *sharing);
    if (clock_spec.kind == ClockSpec::Kind::kRecorded) {
        recorded = std::make_unique<RecordedClock>(clock_spec.trace_path, options.nodes);
    }
}

std::vector<std::string> ExperimentPlan::notes() const {
    std::vector<std::string> all = overlay.notes();
    for (const std::vector<std::string>* more : {&network.notes, &links.notes}) {
        all.insert(all.end(), more->begin(), more->end());
    }
    return all;
}

ComputeCosts calibrate(ExperimentPlan& plan) {
    Learner& learner = plan.learners.of(0);
    // The last node: the first may be a server without data.
    const std::vector<std::int64_t>& samples_of_one = plan.partition.back();
    const auto samples = static_cast<std::int64_t>(samples_of_one.size());
    const std::int64_t steps = learner.steps_per_call(samples);
    OptimizerState optimizer;
    ComputeCosts costs;
    if (steps > 0) {
        const double training = median_cpu_seconds(
            [&] { (void)learner.train(*plan.initial.front(), samples_of_one, optimizer, 0); });
        costs.seconds_per_step = training / static_cast<double>(steps);
    }
    const auto state = plan.sharing->initial_state(plan.initial.front(), SharingRole::kPeer);
    const std::vector<WeightedMessage> messages = sample_messages(plan, *state);
    const double merging = median_cpu_seconds([&] {
        (void)plan.sharing->merge(
            *state, plan.initial.front(), plan.overlay.row(0, 0).self, messages);
    });
    costs.seconds_per_value =
        merging / static_cast<double>(learner.num_parameters() * (messages.size() + 1));
    return costs;
}

std::unique_ptr<const ComputeClock> make_clock(ExperimentPlan& plan) {
    const ClockSpec& spec = plan.clock_spec;
    const std::uint64_t seed = plan.options.seed;
    switch (spec.kind) {
        case ClockSpec::Kind::kMeasured:
            return std::make_unique<MeasuredClock>(plan.speeds);
        case ClockSpec::Kind::kCalibrated:
            return std::make_unique<ModelledClock>(calibrate(plan), spec.jitter, plan.speeds, seed);
        case ClockSpec::Kind::kModelled:
            break;
        case ClockSpec::Kind::kRecorded:
            return std::make_unique<RecordedClock>(*plan.recorded);
    }
    ComputeCosts costs;
    costs.seconds_per_value = spec.seconds_per_value;
    costs.seconds_per_sample = spec.flops_per_second > 0
                                   ? plan.learners.any().flops_per_sample() / spec.flops_per_second
                                   : spec.seconds_per_sample;
    return std::make_unique<ModelledClock>(costs, spec.jitter, plan.speeds, seed);
}

}  // namespace murmur
