#pragma once

#include "emulator/network/link_changes.h"
#include "emulator/network/network_setup.h"
#include "emulator/network/overlay.h"
#include "emulator/network/packet_files.h"
#include "emulator/nodes/attackers.h"
#include "emulator/nodes/learners.h"
#include "emulator/nodes/life.h"
#include "emulator/protocols/protocol_plan.h"
#include "emulator/record/energy.h"
#include "emulator/record/model_saving.h"
#include "emulator/record/run_sink.h"
#include "emulator/record/target.h"
#include "emulator/record/timeline_options.h"
#include "emulator/run/checkpoints.h"
#include "emulator/run/devices.h"
#include "emulator/run/experiment_inputs.h"
#include "emulator/run/experiment_options.h"
#include "emulator/tasks/clocks.h"
#include "learning/dataset.h"
#include "learning/own_test.h"
#include "learning/partition.h"
#include "learning/sharing.h"

#include "ns3/message-transport.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

/// Everything that a run needs, read, drawn and checked; nothing has run yet.
struct ExperimentPlan {
    ExperimentPlan(ExperimentOptions options, ExperimentInputs inputs);

    ExperimentOptions options;  ///< with `workers` resolved
    ProtocolPlan protocol;
    LifePlan lives;
    Attackers attackers;
    Overlay overlay;
    NetworkPlan network;
    NetworkFactory network_factory;  ///< where the network is the caller's
    LinkPlan links;
    ClockFactory clock;
    DevicePlan devices;
    std::vector<double> speeds;     ///< [num_nodes], relative to the reference device
    std::vector<EnergyUse> energy;  ///< [num_nodes]; empty where it is not asked for
    DatasetPair data;
    Partition partition;
    std::optional<OwnTest> own_test;  ///< where nodes test themselves on data of their own
    Learners learners;
    std::unique_ptr<const Sharing> sharing;
    std::vector<Parameters> initial;  ///< one for all nodes, or one each
    std::vector<bool> evaluates;      ///< [num_nodes]; no attacker
    std::optional<SimTime> until;     ///< end of the run in simulated time
    ModelSaving saving;               ///< of models, and when
    TimelineOptions timeline;
    std::optional<CheckpointPeriod> checkpoint_period;
    PacketFiles::Options packets;                     ///< what is written of these
    NetworkHook beside;                               ///< as in `ExperimentInputs`
    std::vector<Target> targets;                      ///< any of these ends it, too
    std::shared_ptr<const SpeedTraces> speed_traces;  ///< null: speeds do not change
    bool round_trip_values;                           ///< as in `ExperimentInputs`
    std::shared_ptr<Ranks> ranks;                     ///< null: this process alone
    CheckpointMark::Traits traits{};                  ///< of the run, for its checkpoints
    std::shared_ptr<const Checkpoint> resumed{};      ///< what it goes on from; null: it begins anew
    std::optional<ComputeCosts> measured_costs{};     ///< of a calibrated clock, once it is made

    /// Returns what was made of the files of graphs, networks and links, a line each.
    [[nodiscard]] std::vector<std::string> notes() const;

    /// Returns whether this process writes the results.
    [[nodiscard]] bool records() const;
    /// Returns the rank that executes the tasks of each node, [num_nodes]; empty for one alone.
    [[nodiscard]] std::vector<std::uint16_t> deal_nodes() const;
    [[nodiscard]] const Parameters& initial_of(NodeId node) const {
        return initial[initial.size() == 1 ? 0 : node];
    }
};

/// Measures what a training step, each sample in it and a merge cost on this machine, on full
/// batches and with the kernels held to one thread: medians of warm repetitions, thread CPU time.
[[nodiscard]] ComputeCosts calibrate(ExperimentPlan& plan);

void write_costs(const ComputeCosts& costs, ByteSink& sink);

/// Makes the compute clock of a plan; measures the calibrated one.
[[nodiscard]] std::unique_ptr<const ComputeClock> make_clock(ExperimentPlan& plan);

}  // namespace murmur
