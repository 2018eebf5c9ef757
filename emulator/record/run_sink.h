#pragma once

#include "emulator/base/option_text.h"
#include "emulator/network/network_record.h"
#include "emulator/network/overlay.h"
#include "emulator/nodes/observation.h"
#include "emulator/record/exchange_counts.h"
#include "emulator/record/round_statistics.h"
#include "emulator/record/summary.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace murmur {

/// One row of nodes.csv: a node over the whole run.
struct NodeRow {
    std::uint32_t node = 0;
    double speed = 1;
    double up_bps = 0;  ///< 0: no access link of its own
    double down_bps = 0;
    std::int64_t samples = 0;
    double present_share = 1;                                   ///< of the time so far
    std::uint64_t messages_not_finite = 0;                      ///< to it, left out of merges
    double epsilon = std::numeric_limits<double>::quiet_NaN();  ///< NaN: training is not private
    Observation totals;
};

/// Settings of ns-3 itself that were changed: variables of the environment, and defaults of
/// attributes by their full names.
struct ForeignSettings {
    std::map<std::string, std::string> environment;
    std::map<std::string, std::string> defaults;
};

/// What the files of a run have beside what all runs have.
struct RunParts {
    bool own_tests = false;  ///< nodes test themselves on data of their own
    bool life = false;       ///< nodes come and go
    bool energy = false;     ///< joules are counted
};

/// How many training samples of a class a node has.
struct LabelCount {
    std::uint32_t node = 0;
    std::int64_t label = 0;
    std::int64_t samples = 0;
};

/// What a run is, as it begins.
struct RunDescription {
    std::string scenario;
    OptionValues options;  ///< all of them, in the order of the help text
    const Overlay& overlay;
    ForeignSettings ns3{};
    RunParts parts{};
    std::string metric = "accuracy";  ///< what columns called accuracy hold; empty: nothing
    /// The protocol whose messages do not follow the overlay, but peers that it chooses itself;
    /// empty where they do.
    std::string chooses_peers{};
    std::vector<LabelCount> labels{};  ///< by node, then label; empty where samples have none
};

/// Takes what a run says of itself, while it runs: its result files are one, and a program brings
/// others in `ExperimentInputs::sinks`.
///
/// All calls come from the thread of the simulation, in this order: `begin`; rows as soon as it is
/// sure that the run came as far, in simulated order, the same for any number of workers;
/// `add_nodes`, `add_links` and `add_exchanges` at the end; `end`.  What a sink throws ends the
/// run, which has failed then.
class RunSink {
  public:
    virtual ~RunSink() = default;

    virtual void begin(const RunDescription& /*run*/) {}
    /// Takes a node that was evaluated: a row of metrics.csv.  All values of the row exist.
    virtual void add_metrics(const Observation& /*row*/) {}
    /// Takes a round that all nodes have finished: a row of rounds.csv.
    virtual void add_round(const RoundRow& /*row*/) {}
    /// Takes every node's totals, ascending.
    virtual void add_nodes(const std::vector<NodeRow>& /*rows*/) {}
    /// Takes what links carried; not called where links are not measured.
    virtual void add_links(const LinkTable& /*table*/) {}
    /// Takes how many messages nodes sent and received a round; not called where no round was
    /// finished.
    virtual void add_exchanges(const std::vector<ExchangeCounts::Row>& /*rows*/) {}
    /// Takes how the run ended; called however it did, but for a kill.
    virtual void end(const Summary& /*summary*/) {}
};

}  // namespace murmur
