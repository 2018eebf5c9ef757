#include "tests/bench/carrier.h"

#include "ns3/simulator.h"
#include "ns3/wan-underlay.h"

#include <cstddef>
#include <limits>
#include <map>
#include <utility>

namespace murmur::bench {

using ns3::murmuration::AccessLatencyModel;
using ns3::murmuration::LatencyModel;
using ns3::murmuration::Message;
using ns3::murmuration::MessageTransport;
using ns3::murmuration::Underlay;
using ns3::murmuration::WanUnderlay;

namespace {

/// Sends each message at its time and writes down when it arrives.
class Carrier {
  public:
    Carrier(MessageTransport& transport, const std::vector<JobMessage>& messages)
        : transport_(transport), messages_(messages), passages_(messages.size(), {kNever, kNever}) {
        transport_.SetDeliveryCallback(ns3::MakeCallback(&Carrier::delivered, this));
        std::map<std::int64_t, std::vector<std::size_t>> by_time;
        for (std::size_t index = 0; index < messages_.size(); ++index) {
            const JobMessage& message = messages_[index];
            if (message.after) {
                followers_.emplace(*message.after, index);
            }
            for (const std::size_t before : message.after_all) {
                followers_.emplace(before, index);
            }
            num_awaited_.push_back(message.after_all.size() + (message.after ? 1 : 0));
            if (num_awaited_.back() == 0) {
                by_time[messages_[index].send_ns].push_back(index);
            }
        }
        // One event for each instant, as a peer starts all of its messages in one loop.
        for (auto& [send_ns, indices] : by_time) {
            schedule(send_ns, std::move(indices));
        }
    }

    const std::vector<Passage>& run() {
        ns3::Simulator::Run();
        return passages_;
    }

  private:
    static constexpr double kNever = std::numeric_limits<double>::quiet_NaN();

    void schedule(std::int64_t delay_ns, std::vector<std::size_t> indices) {
        ns3::Simulator::Schedule(ns3::NanoSeconds(delay_ns), [this, all = std::move(indices)] {
            for (const std::size_t index : all) {
                send(index);
            }
        });
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
            if (--num_awaited_[follower->second] == 0) {
                schedule(messages_[follower->second].send_ns, {follower->second});
            }
        }
    }

    MessageTransport& transport_;
    const std::vector<JobMessage>& messages_;
    std::vector<Passage> passages_;
    std::vector<std::size_t> num_awaited_;               // messages that have not arrived yet
    std::vector<std::size_t> by_id_;                     // transports number messages from 0
    std::multimap<std::size_t, std::size_t> followers_;  // by the message they wait for
};

}  // namespace

ns3::Ptr<Underlay> wide_area(const std::vector<Access>& nodes,
                             const ns3::Ptr<LatencyModel>& latencies) {
    auto underlay = ns3::CreateObject<WanUnderlay>();
    for (const Access& node : nodes) {
        underlay->AddNode(ns3::DataRate(node.rate_bps), ns3::DataRate(node.rate_bps));
    }
    underlay->SetLatencyModel(latencies);
    return underlay;
}

ns3::Ptr<Underlay> wide_area(const std::vector<Access>& nodes) {
    std::vector<ns3::Time> latencies;
    for (const Access& node : nodes) {
        latencies.push_back(ns3::NanoSeconds(node.latency_ns));
    }
    auto model = ns3::CreateObject<AccessLatencyModel>();
    model->SetLatencies(latencies);
    return wide_area(nodes, model);
}

std::vector<Passage> carry(MessageTransport& transport, const std::vector<JobMessage>& messages) {
    return Carrier(transport, messages).run();
}

}  // namespace murmur::bench
