#pragma once

#include "emulator/network/network_record.h"

#include "ns3/message-transport.h"
#include "ns3/transfer-meter.h"
#include "ns3/underlay.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace murmur {

/// Keeps account of a run's network: what each link carries, what each message waits for.
class NetworkUse {
  public:
    using RoundOf = std::function<std::uint64_t(const ns3::murmuration::Message&)>;

    /// Watches a transport from now on.
    /// @param bins      into how many parts to cut time, even and above 0
    /// @param round_of  tells the round of a message
    NetworkUse(ns3::Ptr<ns3::murmuration::Underlay> underlay,
               ns3::Ptr<ns3::murmuration::MessageTransport> transport,
               std::uint32_t bins,
               RoundOf round_of);

    /// Has each message told of when it arrives, before whoever has asked the transport's trace
    /// source `Delivered` after this object was made.
    using Listener = std::function<void(const ns3::murmuration::Message&, const MeasuredTransfer&)>;
    void set_listener(Listener listener) { listener_ = std::move(listener); }

    /// Returns the message of a round that took longest of those that have arrived, and forgets
    /// this and earlier rounds.
    std::optional<SlowestTransfer> take_slowest(std::uint64_t round);

    /// Returns the messages that a node has sent and that have arrived.
    [[nodiscard]] const TransferTotals& sent_by(std::uint32_t node) const { return sent_[node]; }
    /// Returns all links, up to now.
    [[nodiscard]] LinkTable links() const;

  private:
    /// What messages met on one link.
    struct LinkTotals {
        double waited_s = 0;
        std::uint64_t messages_bound = 0;
    };

    /// Returns by link what the senders have repeated whose messages go over it.
    [[nodiscard]] std::vector<ns3::murmuration::Repairs> repairs() const;

    void note(const ns3::murmuration::Message& message, const ns3::murmuration::Transfer& transfer);

    ns3::Ptr<ns3::murmuration::Underlay> underlay_;
    ns3::Ptr<ns3::murmuration::MessageTransport> transport_;
    RoundOf round_of_;
    std::vector<std::string> names_;    ///< [num_links]
    std::vector<TransferTotals> sent_;  ///< [num_nodes]
    std::vector<LinkTotals> links_;     ///< [num_links]
    std::map<std::uint64_t, SlowestTransfer> slowest_;
    Listener listener_{};
    ns3::murmuration::TransferMeter meter_;
};

}  // namespace murmur
