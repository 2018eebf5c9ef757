#include "tests/bench/carrier.h"

#include "ns3/simulator.h"
#include "ns3/wan-underlay.h"

#include <cstddef>
#include <limits>
#include <map>

namespace murmur::bench {

namespace {

using ns3::murmuration::AccessLatencyModel;
using ns3::murmuration::Message;
using ns3::murmuration::MessageTransport;

/// Sends each message at its time and writes down when it arrives.
class Carrier {
  public:
    Carrier(MessageTransport& transport, const std::vector<JobMessage>& messages)
        : transport_(transport), messages_(messages), passages_(messages.size(), {kNever, kNever}) {
        transport_.SetDeliveryCallback(ns3::MakeCallback(&Carrier::delivered, this));
        for (std::size_t index = 0; index < messages_.size(); ++index) {
            if (messages_[index].after) {
                followers_.emplace(*messages_[index].after, index);
            } else {
                schedule(index);
            }
        }
    }

    const std::vector<Passage>& run() {
        ns3::Simulator::Run();
        return passages_;
    }

  private:
    static constexpr double kNever = std::numeric_limits<double>::quiet_NaN();

    void schedule(std::size_t index) {
        ns3::Simulator::Schedule(
            ns3::NanoSeconds(messages_[index].send_ns), &Carrier::send, this, index);
    }

    void send(std::size_t index) {
        const JobMessage& message = messages_[index];
        passages_[index].sent_s = ns3::Simulator::Now().GetSeconds();
        // Before Send(), which may deliver at once.
        by_id_.push_back(index);
        transport_.Send(message.from, message.to, message.size_bytes);
    }

    void delivered(const Message& message) {
        const std::size_t index = by_id_.at(message.id);
        passages_[index].arrived_s = ns3::Simulator::Now().GetSeconds();
        const auto [begin, end] = followers_.equal_range(index);
        for (auto follower = begin; follower != end; ++follower) {
            schedule(follower->second);
        }
    }

    MessageTransport& transport_;
    const std::vector<JobMessage>& messages_;
    std::vector<Passage> passages_;
    std::vector<std::size_t> by_id_;                     // transports number messages from 0
    std::multimap<std::size_t, std::size_t> followers_;  // by the message they wait for
};

}  // namespace

ns3::Ptr<ns3::murmuration::Underlay> wide_area(const std::vector<Access>& nodes) {
    std::vector<ns3::Time> latencies;
    auto underlay = ns3::CreateObject<ns3::murmuration::WanUnderlay>();
    for (const Access& node : nodes) {
        underlay->AddNode(ns3::DataRate(node.rate_bps), ns3::DataRate(node.rate_bps));
        latencies.push_back(ns3::NanoSeconds(node.latency_ns));
    }
    auto model = ns3::CreateObject<AccessLatencyModel>();
    model->SetLatencies(latencies);
    underlay->SetLatencyModel(model);
    return underlay;
}

std::vector<Passage> carry(MessageTransport& transport, const std::vector<JobMessage>& messages) {
    return Carrier(transport, messages).run();
}

}  // namespace murmur::bench
