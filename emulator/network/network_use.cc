#include "emulator/network/network_use.h"

#include "emulator/network/link_names.h"

#include "ns3/simulator.h"

#include <algorithm>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::LinkMeter;
using ns3::murmuration::Message;
using ns3::murmuration::Transfer;
using ns3::murmuration::Underlay;

/// Has the links measured: a meter of transfers reads them.
ns3::Ptr<Underlay> with_meter(ns3::Ptr<Underlay> underlay, std::uint32_t bins) {
    underlay->EnableMeter(bins);
    return underlay;
}

std::string_view place_name(Underlay::LinkPlace place) {
    switch (place) {
        case Underlay::LinkPlace::UPLINK:
            return "uplink";
        case Underlay::LinkPlace::DOWNLINK:
            return "downlink";
        case Underlay::LinkPlace::CORE:
            break;
    }
    return "core";
}

TransferTime time_of(const Transfer& transfer) {
    return {transfer.own, transfer.others, transfer.latency, transfer.window};
}

}  // namespace

NetworkUse::NetworkUse(ns3::Ptr<Underlay> underlay,
                       ns3::Ptr<ns3::murmuration::MessageTransport> transport,
                       std::uint32_t bins,
                       RoundOf round_of)
    : underlay_(with_meter(underlay, bins)),
      transport_(transport),
      round_of_(std::move(round_of)),
      names_(link_names(*underlay)),
      sent_(underlay->GetNNodes()),
      links_(underlay->GetNLinks()),
      meter_(underlay,
             transport,
             ns3::murmuration::TransferMeter::TransferCallback(
                 [this](const Message& message, const Transfer& transfer) {
                     note(message, transfer);
                 })) {}

void NetworkUse::note(const Message& message, const Transfer& transfer) {
    TransferTotals& totals = sent_[message.from];
    ++totals.messages;
    totals.time.own_s += transfer.own;
    totals.time.others_s += transfer.others;
    totals.time.latency_s += transfer.latency;
    totals.time.window_s += transfer.window;

    const Transfer::Bound bound = transfer.GetBound();
    links_[transfer.link].waited_s += transfer.others;
    links_[transfer.link].messages_bound += bound == Transfer::Bound::LINK ? 1 : 0;

    const auto measured = [&]() -> MeasuredTransfer {
        const std::string_view name = bound == Transfer::Bound::LATENCY ? "latency"
                                      : bound == Transfer::Bound::WINDOW
                                          ? "window"
                                          : place_name(underlay_->GetLinkPlace(transfer.link));
        return {
            message.from, message.to, message.sizeBytes, time_of(transfer), name, transfer.link};
    };
    const auto [entry, is_first] = slowest_.try_emplace(round_of_(message));
    SlowestTransfer& slowest = entry->second;
    if (is_first || transfer.GetDuration() > slowest.time.total()) {
        slowest = measured();
    }
    if (listener_) {
        listener_(message, measured());
    }
}

std::optional<SlowestTransfer> NetworkUse::take_slowest(std::uint64_t round) {
    const auto found = slowest_.find(round);
    std::optional<SlowestTransfer> slowest;
    if (found != slowest_.end()) {
        slowest = found->second;
    }
    slowest_.erase(slowest_.begin(), slowest_.upper_bound(round));
    return slowest;
}

std::vector<ns3::murmuration::Repairs> NetworkUse::repairs() const {
    std::vector<ns3::murmuration::Repairs> by_link(underlay_->GetNLinks());
    for (const auto& [pair, repairs] : transport_->GetRepairs()) {
        for (const std::uint32_t link : underlay_->GetRoute(pair.first, pair.second).links) {
            by_link[link] += repairs;
        }
    }
    return by_link;
}

LinkTable NetworkUse::links() const {
    const LinkMeter& meter = *underlay_->GetMeter();
    const std::vector<ns3::murmuration::Repairs> repairs = this->repairs();
    LinkTable table{ns3::Simulator::Now().GetSeconds(), meter.GetBinWidth(), {}};
    table.links.reserve(underlay_->GetNLinks());
    for (std::uint32_t link = 0; link < underlay_->GetNLinks(); ++link) {
        LinkRow row;
        row.link = link;
        row.name = names_[link];
        row.place = place_name(underlay_->GetLinkPlace(link));
        row.rate_bps = static_cast<double>(underlay_->GetLink(link).rate.GetBitRate());
        row.bytes = meter.GetBytes(link);
        row.busy_s = meter.GetBusySeconds(link);
        row.waited_s = links_[link].waited_s;
        row.messages_bound = links_[link].messages_bound;
        row.packets_lost = meter.GetLosses(link);
        row.retransmissions = repairs[link].retransmissions;
        row.timeouts = repairs[link].timeouts;
        row.utilization = meter.GetBusyByBin(link);
        for (std::size_t bin = 0; bin < row.utilization.size(); ++bin) {
            // The last bin may have ended early.
            const double begin = static_cast<double>(bin) * table.bin_s;
            row.utilization[bin] /= std::min(table.bin_s, table.simulated_s - begin);
        }
        table.links.push_back(std::move(row));
    }
    return table;
}

}  // namespace murmur
