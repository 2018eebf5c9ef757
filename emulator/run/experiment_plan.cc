#include "emulator/run/experiment_plan.h"

#include "emulator/base/naming.h"
#include "emulator/base/quantity.h"
#include "emulator/network/transports.h"
#include "emulator/protocols/protocol_checks.h"
#include "emulator/ranks/launcher.h"
#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "emulator/run/memory_estimate.h"
#include "emulator/run/placement.h"
#include "learning/index_dataset.h"
#include "learning/random_stream.h"
#include "learning/runtime.h"
#include "tools/text/spec.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
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

/// Takes the name of the program's own protocol; refuses that of another one.
void name_protocol(ExperimentOptions& options, const ExperimentInputs& inputs) {
    if (!inputs.protocol) {
        return;
    }
    require(options.protocol == inputs.protocol_name ||
                options.protocol == ExperimentOptions().protocol,
            "--protocol",
            options.protocol,
            inputs.protocol_name + ", the program's own");
    options.protocol = inputs.protocol_name;
}

/// Refuses options that the program's own network would not heed.
void check_network_options(const ExperimentOptions& options, const ExperimentInputs& inputs) {
    if (!inputs.network) {
        return;
    }
    const ExperimentOptions usual;
    const auto check_one = [&](const std::string& name,
                               const std::string& given,
                               const std::string& otherwise) {
        const auto& heeded = inputs.network_options;
        if (given != otherwise && std::find(heeded.begin(), heeded.end(), name) == heeded.end()) {
            throw std::invalid_argument(
                fmt::format("--{}: got {}, but this program builds a network of its own, which "
                            "does not heed it",
                            name,
                            given));
        }
    };
    check_one("rate", options.rate, usual.rate);
    check_one("downlink-rate", options.downlink_rate, usual.downlink_rate);
    check_one("latency", options.latency, usual.latency);
    check_one("latency-matrix", options.latency_matrix, usual.latency_matrix);
    check_one("attach", options.attach, usual.attach);
}

/// Checks the plain numbers and fills in what is left open.
ExperimentOptions resolve(ExperimentOptions options, const ExperimentInputs& inputs) {
    name_protocol(options, inputs);
    check_network_options(options, inputs);
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
    options.training.run_rounds = options.rounds;
    if (!options.resume.empty()) {
        require(options.out.empty() || options.out == options.resume,
                "--out",
                options.out,
                fmt::format("none with --resume={}, which goes on in its folder", options.resume));
        options.out = options.resume;
    }
    if (options.workers == 0) {
        // Ranks on one machine share its cores.
        options.workers =
            std::max(1u, std::thread::hardware_concurrency() / launched_place().ranks_here);
    }
    return options;
}

ProtocolPlan choose_protocol(const ExperimentOptions& options, ExperimentInputs& inputs) {
    if (inputs.protocol) {
        ProtocolPlan plan;
        plan.name = inputs.protocol_name;
        plan.make = std::move(inputs.protocol);
        plan.takes_directed_overlay = true;
        plan.needs_weighted_means = false;
        plan.lives_with_churn = inputs.protocol_lives_with_churn;
        return plan;
    }
    return plan_protocol(options);
}

/// Plans the lives of nodes.
LifePlan choose_lives(const ExperimentOptions& options, const ProtocolPlan& protocol) {
    // The first thing that grows with the nodes.
    require_memory(estimate_nodes(options, protocol));
    return plan_lives(options, always_there(protocol));
}

Overlay make_overlay(const ExperimentOptions& options, const ProtocolPlan& protocol) {
    return protocol.overlay
               ? Overlay(protocol.overlay->topology,
                         protocol.overlay->weights,
                         options.nodes,
                         options.seed)
               : Overlay(options.topology, options.weights, options.nodes, options.seed);
}

/// Reads the data.  Where a part of the test set is to do, it comes in an order drawn from the
/// seed: the first samples of a file may be those of one class or one user.
DatasetPair read_data(const ExperimentOptions& options) {
    DatasetPair data = load_dataset(options.dataset, stream_seed(options.seed, "dataset"));
    if (options.eval_samples > 0 && options.eval_samples < data.test->size()) {
        const std::uint64_t order = stream_seed(options.seed, "eval-samples");
        const auto places = places_when_shuffled(data.test->size(), order);
        for (std::vector<std::int64_t>& samples : data.own_test) {
            for (std::int64_t& sample : samples) {
                sample = places[static_cast<std::size_t>(sample)];
            }
        }
        data.test = shuffled_dataset(std::move(data.test), order);
    }
    return data;
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

/// Chooses what nodes test themselves on, and takes it out of what they train on where it is that.
std::optional<OwnTest> plan_own_test(const ExperimentOptions& options,
                                     const DatasetPair& data,
                                     Partition& partition) {
    const bool is_auto = options.own_test == "auto";
    if (options.evaluate == "global") {
        require(is_auto, "--own-test", options.own_test, "auto with --evaluate=global");
        return std::nullopt;
    }
    if (options.evaluate != "own" && options.evaluate != "both") {
        throw std::invalid_argument(unknown_word(
            "--evaluate", options.evaluate, std::vector<std::string>{"global", "own", "both"}));
    }
    if (options.evaluate == "own" &&
        !(options.target_accuracy.empty() && options.target_loss.empty())) {
        throw std::invalid_argument(
            "--evaluate: got own with a target, which is one of the common test set, allowed both");
    }
    if (is_auto && !data.own_test.empty() && options.partition == "users") {
        return tests_of_users(partition, data);
    }
    constexpr double kShare = 0.2;
    const double share = is_auto ? kShare : parse_number("--own-test", options.own_test);
    require(share > 0 && share < 1, "--own-test", options.own_test, "auto, or a share in (0, 1)");
    return hold_back(partition, share, stream_seed(options.seed, "own-test"));
}

/// Lets the devices of a table have their speeds and access links.
/// @throws std::invalid_argument  where clock or network have no such thing
void use_devices(ExperimentPlan& plan) {
    if (plan.devices.of_node.empty()) {
        return;
    }
    const auto clock = clocks().select(plan.options.clock);
    if (clock.text.name != "modelled") {
        throw std::invalid_argument(
            fmt::format("--devices: says what a sample takes, got --clock={}, allowed modelled",
                        plan.options.clock));
    }
    if (plan.network.up_bps.empty()) {
        throw std::invalid_argument(
            fmt::format("--devices: says the rates of access links, got --underlay={}, allowed wan "
                        "and others that have them",
                        plan.options.underlay));
    }
    const double reference_s = seconds_per_sample(
        clock.options, [&plan] { return plan.learners.any().flops_per_sample(); });
    for (NodeId node = 0; node < plan.options.nodes; ++node) {
        const DeviceRow& device = plan.devices.rows[plan.devices.of_node[node]];
        plan.speeds[node] *= reference_s / (1e-3 * device.ms_per_sample);
        plan.network.up_bps[node] = device.up_bps;
        plan.network.down_bps[node] = device.down_bps;
    }
}

/// Sees that the model takes the batches of every node.
void check_batches(const ExperimentOptions& options,
                   const Partition& partition,
                   const Learner& learner) {
    std::vector<std::int64_t> sizes;
    for (const std::vector<std::int64_t>& samples : partition) {
        sizes.push_back(std::ssize(samples));
    }
    naming(fmt::format("--model: {}", options.model), [&] { learner.check_partitions(sizes); });
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

Attackers choose_attackers(const ExperimentOptions& options, const ProtocolPlan& protocol) {
    return plan_attackers(
        "--attack", options.attack, options.nodes, protocol.has_server ? 1 : 0, options.seed);
}

std::vector<bool> choose_evaluated(const ExperimentOptions& options, const Attackers& attackers) {
    std::vector<NodeId> order;
    for (NodeId node = 0; node < options.nodes; ++node) {
        if (!attackers.has(node)) {
            order.push_back(node);
        }
    }
    const std::uint64_t count = options.eval_nodes == "all"
                                    ? order.size()
                                    : parse_count("--eval-nodes", options.eval_nodes);
    require(count >= 1 && count <= order.size(),
            "--eval-nodes",
            count,
            fmt::format("all, or 1 to {}", order.size()));
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
    const bool same_start = given.size() <= 1 && options.init.empty();
    require_memory(estimate_models(
        options, {learner.num_parameters(), learner.activation_bytes()}, same_start));
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

std::optional<SimTime> choose_until(const ExperimentOptions& options) {
    if (options.until.empty()) {
        return std::nullopt;
    }
    return from_seconds(parse_positive_time("--until", options.until));
}

std::vector<Target> choose_targets(const ExperimentOptions& options, const DatasetPair& data) {
    std::vector<Target> targets;
    const auto accuracy =
        parse_target("--target-accuracy", options.target_accuracy, Target::Figure::kAccuracy);
    if (accuracy && data.test->goal().metric() != "accuracy") {
        throw std::invalid_argument(
            fmt::format("--target-accuracy: --dataset={} has no accuracy, allowed --target-loss",
                        options.dataset));
    }
    for (const auto& target :
         {accuracy, parse_target("--target-loss", options.target_loss, Target::Figure::kLoss)}) {
        if (target) {
            targets.push_back(*target);
        }
    }
    return targets;
}

/// Makes the sharing of models of this layout, and refuses parts that the protocol cannot keep
/// apart.
std::unique_ptr<const Sharing> choose_sharing(const ExperimentOptions& options,
                                              const ProtocolPlan& protocol,
                                              const ParameterLayout& layout) {
    const PartOptions parts{.buffers = parse_travel("--buffers", options.buffers),
                            .frozen = parse_travel("--frozen", options.frozen)};
    const LayoutCounts counts = count_values(layout);
    const auto check_part = [&](std::string_view option, Travel travel, std::size_t count) {
        if (travel != Travel::kLocal || count == 0) {
            return;
        }
        if (protocol.sums_in_secret) {
            throw std::invalid_argument(fmt::format(
                "{}: got local, allowed whole for secure aggregation, which sums whole models",
                option));
        }
        if (protocol.has_own_messages) {
            throw std::invalid_argument(
                fmt::format("{}: got local with --protocol={}, allowed whole: its messages are "
                            "about all values",
                            option,
                            options.protocol));
        }
        if (protocol.has_server && option == "--buffers") {
            throw std::invalid_argument(
                fmt::format("{}: got local with --protocol={}, allowed whole, encoded: the server, "
                            "whose model is tested, trains no buffers of its own",
                            option,
                            options.protocol));
        }
    };
    check_part("--buffers", parts.buffers, counts.buffers);
    check_part("--frozen", parts.frozen, counts.frozen);
    return make_sharing({.sharing = protocol.sharing.value_or(options.sharing),
                         .codec = options.codec,
                         .aggregation = options.aggregation,
                         .parts = parts},
                        layout);
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

/// Plans what is written of packets.
/// @throws std::invalid_argument  where the network has none
PacketFiles::Options choose_packet_files(const ExperimentOptions& options, bool is_own_network) {
    PacketFiles::Options files{
        .pcap = parse_packet_trace("--pcap", options.pcap, options.nodes),
        .ascii = parse_packet_trace("--ascii-trace", options.ascii_trace, options.nodes),
        .flow_monitor = options.flow_monitor,
        // A run that goes on writes its own files again.
        .overwrite = options.overwrite || !options.resume.empty()};
    if (files.is_any() && !is_own_network &&
        !transports().select(options.network).make.has_packets) {
        const bool is_pcap = files.pcap.is_on();
        throw std::invalid_argument(
            fmt::format("--{}: got {} with --network={}, which has no ns-3 packets; allowed with "
                        "--network=tcp, "
                        "or a network of the program's own",
                        is_pcap               ? "pcap"
                        : files.ascii.is_on() ? "ascii-trace"
                                              : "flow-monitor",
                        is_pcap               ? options.pcap
                        : files.ascii.is_on() ? options.ascii_trace
                                              : "true",
                        options.network));
    }
    return files;
}

}  // namespace

ExperimentPlan::ExperimentPlan(ExperimentOptions given, ExperimentInputs inputs)
    : options(resolve(std::move(given), inputs)),
      protocol(choose_protocol(options, inputs)),
      lives(choose_lives(options, protocol)),
      attackers(choose_attackers(options, protocol)),
      overlay(make_overlay(options, protocol)),
      network(inputs.network ? plan_given_network(options)
                             : plan_network(options, pairs_to_connect(options, protocol, overlay))),
      network_factory(std::move(inputs.network)),
      links(plan_links(options, network)),
      clock(plan_clock(options.clock, options.nodes)),
      devices(plan_devices(options.devices, options.nodes, options.seed)),
      speeds(draw_speeds(options)),
      energy(plan_energy(options.energy, devices, options.nodes)),
      data(read_data(options)),
      partition(split_data(options, protocol, *data.train)),
      own_test(plan_own_test(options, data, partition)),
      learners(options.model, data, options.training, options.workers, options.device),
      sharing(choose_sharing(options, protocol, learners.any().layout())),
      initial(choose_initial(options, learners.any(), std::move(inputs.initial))),
      evaluates(choose_evaluated(options, attackers)),
      until(choose_until(options)),
      saving(parse_model_saving("--save-models", options.save_models, options.nodes)),
      timeline(parse_timeline("--timeline", options.timeline, options.nodes)),
      checkpoint_period(parse_checkpoint_period("--checkpoint-every", options.checkpoint_every)),
      packets(choose_packet_files(options, network_factory != nullptr)),
      beside(std::move(inputs.beside)),
      targets(choose_targets(options, data)),
      speed_traces(plan_speed_traces(options.speed_trace, options.nodes)),
      round_trip_values(inputs.round_trip_values),
      ranks(std::move(inputs.ranks)) {
    saving.by_loss = data.test->goal().metric() != "accuracy";
    check_together(options, protocol, overlay, *sharing);
    check_training(options, protocol, options.training);
    check_lives(options, protocol, lives, *sharing);
    use_devices(*this);
    check_attack(options, attackers, protocol, lives, *sharing);
    check_placement(options.placement, !overlay.is_dynamic());
    require(!attackers.attack || !attackers.attack->flips_labels() || !data.train->labels().empty(),
            "--dataset",
            options.dataset,
            fmt::format("one with classes with --attack={}", options.attack));
    check_batches(options, partition, learners.any());
}

std::vector<std::string> ExperimentPlan::notes() const {
    std::vector<std::string> all = overlay.notes();
    for (const std::vector<std::string>* more : {&network.notes, &links.notes, &lives.notes}) {
        all.insert(all.end(), more->begin(), more->end());
    }
    // Generated data are as their options say; of files it must be told what was read.
    const std::string dataset = parse_spec(options.dataset).name;
    if (dataset != "synthetic" && dataset != "least-squares") {
        all.push_back(fmt::format("{}: {}", dataset, describe(data)));
    }
    if (const auto metric = data.test->goal().metric(); !metric.empty() && metric != "accuracy") {
        all.push_back(fmt::format("{}: what files call accuracy is the {}", dataset, metric));
    }
    if (attackers.attack) {
        all.push_back(fmt::format("attack: {} of {} nodes attack, and are in no figure of learning",
                                  attackers.count(),
                                  options.nodes));
    }
    const LayoutCounts counts = count_values(learners.any().layout());
    if (counts.frozen > 0) {
        all.push_back(fmt::format("model: {} parameters are trained, {} are frozen, {} are buffers",
                                  counts.trained,
                                  counts.frozen,
                                  counts.buffers));
    }
    if (const std::string notes = learners.any().notes(); !notes.empty()) {
        all.push_back(fmt::format("model: {}", notes));
    }
    return all;
}

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

bool ExperimentPlan::records() const {
    return ranks == nullptr || ranks->is_recorder();
}

std::vector<std::uint16_t> ExperimentPlan::deal_nodes() const {
    if (ranks == nullptr) {
        return {};
    }
    PlacementProblem problem;
    problem.num_ranks = ranks->count();
    problem.neighbors = [this](NodeId node) {
        std::vector<NodeId> neighbors;
        for (const NeighborWeight& neighbor : overlay.row(node, 0).neighbors) {
            neighbors.push_back(neighbor.neighbor);
        }
        return neighbors;
    };
    for (const auto& samples : partition) {
        const auto count = static_cast<std::int64_t>(samples.size());
        problem.costs.push_back(count > 0 ? learners.any().samples_of(count, {}) : 0);
    }
    // Dealt once: another version of METIS may deal otherwise.
    const Exchange::Bytes bytes = ranks->share([&] {
        ByteSink sink;
        for (const std::uint16_t rank : murmur::deal_nodes(options.placement, problem)) {
            sink.u32(rank);
        }
        return written(sink);
    });
    ByteSource source(bytes);
    std::vector<std::uint16_t> rank_of_node;
    for (NodeId node = 0; node < options.nodes; ++node) {
        rank_of_node.push_back(static_cast<std::uint16_t>(source.u32()));
    }
    return rank_of_node;
}

namespace {

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

void write_costs(const ComputeCosts& costs, ByteSink& sink) {
    sink.f64(costs.seconds_per_sample);
    sink.f64(costs.seconds_per_step);
    sink.f64(costs.seconds_per_value);
}

}  // namespace murmur
