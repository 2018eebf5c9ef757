#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Where the time of messages went, from sending to the last byte; the four parts add up to it.
struct TransferTime {
    double own_s = 0;      ///< the busiest link of the path carried the message itself
    double others_s = 0;   ///< that link carried other bytes: the message waited behind them
    double latency_s = 0;  ///< propagation
    double window_s = 0;   ///< nothing of this: connection set-up, slow start, windows, losses
    [[nodiscard]] double total() const { return own_s + others_s + latency_s + window_s; }
};

/// A message that has arrived, and where its time went.
struct MeasuredTransfer {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint64_t bytes = 0;  ///< of content
    TransferTime time;
    std::string_view bound;  ///< what took most of it: uplink, downlink, core, latency or window
    std::uint32_t link = 0;  ///< the busiest link of its path
};

/// The message of a round that took longest.
using SlowestTransfer = MeasuredTransfer;

/// All messages that one node has sent and that have arrived.
struct TransferTotals {
    std::uint64_t messages = 0;
    TransferTime time;
};

/// One directed link over the whole run.
struct LinkRow {
    std::uint32_t link = 0;
    std::string name;        ///< as in --link-trace
    std::string_view place;  ///< uplink, downlink or core
    double rate_bps = 0;     ///< at the end
    double bytes = 0;        ///< that it carried: headers, acknowledgements and repetitions, too
    double busy_s = 0;
    double waited_s = 0;                ///< messages that it held up most, behind others
    std::uint64_t messages_bound = 0;   ///< messages of whose time it took most
    std::uint64_t packets_lost = 0;     ///< by chance or a full queue; 0 where there are no packets
    std::uint64_t retransmissions = 0;  ///< of senders whose messages go over it, wherever lost
    std::uint64_t timeouts = 0;         ///< of these senders
    std::vector<double> utilization{};  ///< [bins], of each bin's time
};

/// All links of a run.  Time is cut into bins of equal width from 0 on.
struct LinkTable {
    double simulated_s = 0;
    double bin_s = 0;
    std::vector<LinkRow> links;
};

}  // namespace murmur
