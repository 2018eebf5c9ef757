#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace murmur {

/// How many messages nodes send and receive in a round: what an overlay comes to that changes, and
/// peers that a protocol chooses itself.
///
/// A message counts for the round that it belongs to, if it was sent before all nodes had finished
/// that round; and only once it is sure that the run came as far, so that runs of any number of
/// workers count the same.
class ExchangeCounts {
  public:
    explicit ExchangeCounts(std::uint32_t num_nodes) : num_nodes_(num_nodes) {}

    /// @param round  that the message belongs to, from 0
    void note_sent(std::uint32_t from, std::uint32_t to, std::uint64_t round);
    /// All nodes have arrived at the end of a round, in simulated time; to be called in order.
    void close(std::uint64_t round);
    /// The run is known to have come to the end of a round.
    /// @pre the round was closed
    void count(std::uint64_t round);

    /// A row of exchanges.csv.
    struct Row {
        std::uint64_t messages = 0;
        std::uint64_t sent = 0;      ///< pairs of a node and a round with so many sent
        std::uint64_t received = 0;  ///< the same, addressed to the node
    };
    /// Returns what was counted, ascending by `messages`, without empty rows.
    [[nodiscard]] std::vector<Row> rows() const;

  private:
    struct Round {
        std::vector<std::uint32_t> sent;      ///< [num_nodes]
        std::vector<std::uint32_t> received;  ///< [num_nodes]
    };
    using Histogram = std::map<std::uint64_t, Row>;

    std::uint32_t num_nodes_;
    std::uint64_t first_open_ = 0;
    std::map<std::uint64_t, Round> open_;
    std::map<std::uint64_t, Histogram> closed_;
    Histogram counted_;
};

}  // namespace murmur
