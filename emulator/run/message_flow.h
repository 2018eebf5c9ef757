#pragma once

#include "emulator/record/exchange_counts.h"
#include "emulator/run/run_nodes.h"
#include "emulator/tasks/task_graph.h"

#include "ns3/message-transport.h"
#include "ns3/underlay.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace murmur {

/// Takes each message of a run from its sending to its end: lets the hash of the run know of it,
/// counts it, and hands it to the node that is to have it, or that must learn that it was lost.
class MessageFlow {
  public:
    struct Parts {
        RunNodes& nodes;
        TaskGraph& graph;                                      ///< keeps the hash
        const ns3::murmuration::Underlay* underlay = nullptr;  ///< or null
        NodeId num_nodes = 0;
        bool counts_exchanges = false;  ///< somebody takes them
    };

    explicit MessageFlow(const Parts& parts);
    MessageFlow(const MessageFlow&) = delete;
    MessageFlow& operator=(const MessageFlow&) = delete;

    /// Takes the messages of a transport from now on; to be called once.
    void connect(ns3::murmuration::MessageTransport& transport);

    /// Returns how many messages a node has sent.
    [[nodiscard]] std::uint64_t sent_by(NodeId node) const { return sent_[node]; }
    /// Returns how many messages are neither there nor given up.
    [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }

    /// Says that all nodes are through with a round (1, 2, ...), in simulated time.
    void close_round(std::uint64_t round);
    /// Says that the run is known to have come to the end of a round; of the start, round 0, too.
    void count_round(std::uint64_t round);
    /// Returns how many messages nodes sent and received in the rounds that were counted.
    [[nodiscard]] std::vector<ExchangeCounts::Row> exchanges() const;

  private:
    void begin(const ns3::murmuration::Message& message);
    void end(std::uint64_t id, NodeId from, NodeId to);
    void digest(const ns3::murmuration::Message& message);

    Parts parts_;
    std::vector<std::uint64_t> sent_;  ///< [num_nodes]
    std::uint64_t in_flight_ = 0;
    std::optional<ExchangeCounts> exchanges_;  ///< where they are counted
};

}  // namespace murmur
