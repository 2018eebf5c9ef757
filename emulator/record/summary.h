#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace murmur {

/// How a run ended, and its figures; summary.json in memory.  NaN where there is no such figure.
struct Summary {
    std::string status = "failed";  ///< complete, interrupted, diverged or failed
    std::string error;              ///< why, where the status is diverged or failed
    std::string ended_by;           ///< rounds, until or target, where the status is complete
    std::string scenario;
    std::uint32_t nodes = 0;
    std::uint64_t rounds = 0;
    std::uint64_t seed = 0;
    unsigned workers = 0;
    double simulated_s = 0;
    std::string metric = "accuracy";  ///< what is called accuracy here; empty: there is none
    double mean_test_accuracy = std::numeric_limits<double>::quiet_NaN();
    double min_test_accuracy = mean_test_accuracy;
    double max_test_accuracy = mean_test_accuracy;
    double mean_test_loss = mean_test_accuracy;
    std::uint32_t tested_nodes = 0;  ///< that these four, and those below, are over
    /// Of nodes on their own test data; written where nodes have tested themselves so.
    double mean_own_test_accuracy = mean_test_accuracy;
    double min_own_test_accuracy = mean_test_accuracy;
    double max_own_test_accuracy = mean_test_accuracy;
    double mean_own_test_loss = mean_test_accuracy;
    double consensus_distance = mean_test_accuracy;
    std::uint32_t attackers = 0;  ///< nodes that no figure of learning is about
    /// Of the nodes that have samples; written where training is private, as `delta` then says.
    double max_epsilon = mean_test_accuracy;
    double mean_epsilon = mean_test_accuracy;
    double delta = mean_test_accuracy;
    std::uint64_t messages = 0;
    std::uint64_t messages_not_finite = 0;  ///< of these: left out of merges, NaN or infinite
    /// Of these: may have been delivered at a wrong time, by a network that does not follow losses
    /// and timeouts to their end.
    std::uint64_t messages_in_doubt = 0;
    /// The same by what they have met first.
    std::map<std::string, std::uint64_t> messages_in_doubt_by_reason;
    std::uint64_t retransmissions = 0;      ///< segments that TCP has sent again
    std::uint64_t timeouts = 0;             ///< expiries of TCP's retransmission timers
    std::uint64_t messages_in_flight = 0;   ///< of all: not yet there when the run ended
    std::uint64_t bytes_sent = 0;           ///< on the wire, all nodes
    std::uint64_t bytes_content = 0;        ///< before framing and headers
    std::uint64_t bytes_metadata = 0;       ///< of these: indices, seeds, degrees, rounds, notes
    std::uint64_t events = 0;               ///< of the ns-3 simulator
    unsigned ranks = 1;                     ///< processes that ran it together
    std::uint64_t bytes_between_ranks = 0;  ///< real ones
    double wall_s = 0;
    double cpu_s = 0;            ///< of the process
    double learning_cpu_s = 0;   ///< inside tasks
    double simulator_cpu_s = 0;  ///< of the simulator thread
    double held_back_s = 0;      ///< real time in which it waited for memory that learning frees
    /// Of the checkpoint that it went on from; costs are of what came after.  0: it began anew.
    std::uint64_t resumed_from_round = 0;
    std::uint64_t peak_rss_bytes = 0;
    /// Where nodes come and go, over all of them.
    double present_share = mean_test_accuracy;
    std::uint64_t departures = 0;
    std::uint64_t rounds_missed = 0;
    std::uint64_t messages_aborted = 0;
    std::uint64_t sends_refused = 0;
    double joules = mean_test_accuracy;  ///< of all nodes, where that is asked for
    /// How often what happened that the protocol counts, over all nodes.
    std::map<std::string, std::uint64_t> protocol_counts;
    std::string parameter_hash;  ///< of all final parameters in node order; empty without them
};

/// Returns the content of summary.json.
[[nodiscard]] std::string to_json(const Summary& summary);

}  // namespace murmur
