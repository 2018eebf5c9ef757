#pragma once

#include "emulator/network/link_changes.h"
#include "emulator/network/network_setup.h"
#include "emulator/network/overlay.h"
#include "emulator/nodes/learners.h"
#include "emulator/protocols/protocol_plan.h"
#include "emulator/record/model_saving.h"
#include "emulator/record/run_sink.h"
#include "emulator/record/target.h"
#include "emulator/run/experiment_options.h"
#include "emulator/tasks/compute_clock.h"
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

/// Builds the network of a run in ns-3, and returns what carries messages between its nodes.
///
/// Runs when the simulation is set up, with ns-3's seed and run number set.  The factory assigns
/// the random streams of what it builds, those of the transport apart, which get numbers from 0 up:
/// see `kFirstOwnStream`.
using NetworkFactory =
    std::function<ns3::Ptr<ns3::murmuration::MessageTransport>(const ExperimentOptions& options)>;

/// The first number of the ns-3 random streams that a NetworkFactory may assign.
constexpr std::int64_t kFirstOwnStream = 1'000'000'000;

/// What a C++ caller may hand to an experiment beside its options.
struct ExperimentInputs {
    ProtocolFactory protocol{};         ///< empty: the one that the options name
    std::vector<Parameters> initial{};  ///< one for all nodes or one each; empty: from the options
    NetworkFactory network{};  ///< empty: from the options; else they must say underlay "own"
    std::string protocol_name = "own";  ///< of `protocol`, in messages and experiment.json
    /// Options of the network that `network` heeds, such as `rate`: others are refused.
    std::vector<std::string> network_options{};
    /// What takes the run's rows beside its result files.
    std::vector<std::shared_ptr<RunSink>> sinks{};
    /// For tests: every value and state is written, and what is read of it is used.
    bool round_trip_values = false;
};

/// Everything that a run needs, read, drawn and checked; nothing has run yet.
struct ExperimentPlan {
    ExperimentPlan(ExperimentOptions options, ExperimentInputs inputs);

    ExperimentOptions options;  ///< with `workers` resolved
    ProtocolPlan protocol;
    Overlay overlay;
    NetworkPlan network;
    NetworkFactory network_factory;  ///< where the network is the caller's
    LinkPlan links;
    ClockSpec clock_spec;
    std::vector<double> speeds;  ///< [num_nodes], relative to the reference device
    DatasetPair data;
    Partition partition;
    std::optional<OwnTest> own_test;  ///< where nodes test themselves on data of their own
    Learners learners;
    std::unique_ptr<const Sharing> sharing;
    std::vector<Parameters> initial;                ///< one for all nodes, or one each
    std::vector<bool> evaluates;                    ///< [num_nodes]
    std::optional<SimTime> until;                   ///< end of the run in simulated time
    ModelSaving saving;                             ///< of models, and when
    std::vector<Target> targets;                    ///< any of these ends it, too
    std::unique_ptr<const RecordedClock> recorded;  ///< where the clock is a trace
    bool round_trip_values;                         ///< as in `ExperimentInputs`

    /// Returns what was made of the files of graphs, networks and links, a line each.
    [[nodiscard]] std::vector<std::string> notes() const;

    [[nodiscard]] const Parameters& initial_of(NodeId node) const {
        return initial[initial.size() == 1 ? 0 : node];
    }
};

/// Measures what a training step, each sample in it and a merge cost on this machine, on full
/// batches and with the kernels held to one thread: medians of warm repetitions, thread CPU time.
[[nodiscard]] ComputeCosts calibrate(ExperimentPlan& plan);

/// Makes the compute clock of a plan; measures the calibrated one.
[[nodiscard]] std::unique_ptr<const ComputeClock> make_clock(ExperimentPlan& plan);

}  // namespace murmur
