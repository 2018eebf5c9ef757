#pragma once

#include "emulator/nodes/protocol_factory.h"
#include "learning/parameters.h"

#include "ns3/node-container.h"
#include "ns3/ptr.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ns3::murmuration {
class MessageTransport;
class Underlay;
}  // namespace ns3::murmuration

namespace murmur {

struct ExperimentOptions;
class Ranks;
class RunSink;

/// Builds the network of a run in ns-3, and returns what carries messages between its nodes.
///
/// Runs when the simulation is set up, with ns-3's seed and run number set.  The factory assigns
/// the random streams of what it builds, those of the transport apart, which get numbers from 0 up:
/// see `kFirstOwnStream`.
using NetworkFactory =
    std::function<ns3::Ptr<ns3::murmuration::MessageTransport>(const ExperimentOptions& options)>;

/// What a run simulates in ns-3, for who adds something beside.
struct RunNetwork {
    const ExperimentOptions& options;
    ns3::Ptr<ns3::murmuration::MessageTransport> transport;
    ns3::Ptr<ns3::murmuration::Underlay> underlay;  ///< null where the program brings a network
    /// Of each node that learns, with its IPv4 stack; empty where the network has no packets.
    ns3::NodeContainer nodes;
};

/// Adds to the network of a run, once it stands and before anything has happened: cross traffic,
/// applications, monitors, changes of links.  Streams are assigned from `kFirstOwnStream` up.  What
/// it schedules does not keep a run from ending.
using NetworkHook = std::function<void(const RunNetwork& network)>;

/// The first number of the ns-3 random streams that a NetworkFactory or a NetworkHook may assign.
constexpr std::int64_t kFirstOwnStream = 1'000'000'000;

/// What a C++ caller may hand to an experiment beside its options.
struct ExperimentInputs {
    ProtocolFactory protocol{};         ///< empty: the one that the options name
    std::vector<Parameters> initial{};  ///< one for all nodes or one each; empty: from the options
    NetworkFactory network{};  ///< empty: from the options; else they must say underlay "own"
    NetworkHook beside{};      ///< empty: nothing is added to the network
    std::string protocol_name = "own";  ///< of `protocol`, in messages and experiment.json
    /// `protocol` says what it does when nodes leave and return (`ProtocolPlan`).
    bool protocol_lives_with_churn = false;
    /// Options of the network that `network` heeds, such as `rate`: others are refused.
    std::vector<std::string> network_options{};
    /// What takes the run's rows beside its result files.
    std::vector<std::shared_ptr<RunSink>> sinks{};
    /// For tests: every value and state is written, and what is read of it is used.
    bool round_trip_values = false;
    /// The processes that run this experiment together, all with the same options and inputs; null:
    /// this one alone.  `run_scenario` fills it in where a launcher has started several.
    std::shared_ptr<Ranks> ranks{};
};

}  // namespace murmur
