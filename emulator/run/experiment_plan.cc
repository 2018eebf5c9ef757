#include "emulator/run/experiment_plan.h"

#include "emulator/base/quantity.h"
#include "emulator/network/transports.h"
#include "emulator/protocols/protocol_checks.h"
#include "emulator/ranks/ranks.h"
#include "emulator/ranks/written.h"
#include "emulator/run/data_plan.h"
#include "emulator/run/memory_estimate.h"
#include "emulator/run/model_plan.h"
#include "emulator/run/placement.h"
#include "emulator/run/require.h"
#include "emulator/run/resolved_options.h"
#include "learning/random_stream.h"
#include "tools/text/spec.h"

#include <fmt/format.h>

#include <span>
#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

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
    : options(resolve_options(std::move(given), inputs)),
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
      energy(plan_energy(options.energy, devices, options.nodes, options.seed)),
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
    check_training(options, protocol, options.training, *sharing);
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

}  // namespace murmur
