#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/network/network_record.h"
#include "emulator/tasks/handle.h"
#include "learning/learner.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace murmur {

/// Where a node's simulated time went so far.
struct TimeUse {
    SimTime compute{0};        ///< its device worked
    SimTime communication{0};  ///< it did not, and a message to or from it was under way
    SimTime idle{0};           ///< neither
    SimTime away{0};           ///< it was not there, and its device did not work
    SimTime absent{0};         ///< it was not there, whatever its device did: beside the others
};

/// What is known of a node at the instant at which it finishes a round; totals since the start.
struct Observation {
    SimTime time{0};
    std::uint32_t node = 0;
    std::uint64_t rounds = 0;               ///< finished so far; 0: the start
    std::uint64_t bytes_sent = 0;           ///< on the wire
    std::uint64_t bytes_received = 0;       ///< on the wire
    std::uint64_t bytes_content = 0;        ///< sent, before framing and headers
    std::uint64_t bytes_metadata = 0;       ///< of these: indices, seeds, degrees, rounds, notes
    std::uint64_t messages = 0;             ///< sent
    std::uint64_t samples = 0;              ///< learnt from, each as often as it was
    std::optional<std::uint64_t> tokens{};  ///< the same; empty where samples are no texts
    std::uint64_t steps = 0;                ///< of its optimizer
    TimeUse time_use;
    std::uint64_t rounds_missed = 0;     ///< of `rounds`: it was not there, or the others were ahead
    std::uint64_t departures = 0;        ///< how often it has left
    std::uint64_t messages_aborted = 0;  ///< that it sent, under way when it or the receiver left
    std::uint64_t sends_refused = 0;     ///< to nodes that were not there, or while it was not
    double joules = 0;                   ///< of its device and its messages, where that is asked for
    bool is_attacker = false;                       ///< no figure of learning is about it
    std::map<std::string, std::uint64_t> counts{};  ///< what its protocol has counted
    /// Messages to it that were left out of merges, NaN or infinite in some value; empty before any
    /// merge.
    Handle<double> messages_not_finite{};
    /// Of the messages that it sent and that have arrived; empty where that is not measured.
    std::optional<TransferTotals> transfers{};
    Handle<double> train_loss;            ///< of its latest training; empty before any
    Handle<EvaluationResult> evaluation;  ///< empty where it was not evaluated
};

}  // namespace murmur
