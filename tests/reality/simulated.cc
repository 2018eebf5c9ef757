#include "tests/reality/simulated.h"

#include "ns3/latency-model.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-underlay.h"

#include <algorithm>
#include <limits>
#include <random>

namespace murmur::reality {

namespace {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::Message;
using ns3::murmuration::MessageTransport;
using ns3::murmuration::TcpSettings;
using ns3::murmuration::TransportHelper;
using ns3::murmuration::WanUnderlay;

LinkQueue queue_of(const RealityJob& job, bool is_uplink) {
    LinkQueue queue;
    queue.size = job.queue_packets;
    if (job.at_host && is_uplink) {
        queue.place = LinkQueue::Place::AT_HOST;
    }
    return queue;
}

TcpSettings settings_of(const RealityJob& job) {
    using Control = TcpSettings::CongestionControl;
    TcpSettings settings;
    settings.congestionControl = job.congestion == "bbr"    ? Control::BBR
                                 : job.congestion == "reno" ? Control::NEW_RENO
                                                            : Control::CUBIC;
    return settings;
}

/// How late a relay delivers: by 60 us in the median, by 130 us in one of ten (a log of six runs,
/// 2026-11-29). With what hosts need to begin, that is all the chance there is without losses.
constexpr std::int64_t kRelayJitterNs = 130'000;

ns3::Ptr<WanUnderlay> underlay_of(const RealityJob& job, bool has_jitter) {
    auto underlay = ns3::CreateObject<WanUnderlay>();
    std::vector<ns3::Time> latencies;
    for (const HostLinks& host : job.hosts) {
        const std::uint32_t node =
            underlay->AddNode(ns3::DataRate(host.up_bps), ns3::DataRate(host.down_bps));
        const std::uint32_t up = WanUnderlay::GetUplink(node);
        underlay->SetQueue(up, queue_of(job, true));
        underlay->SetQueue(WanUnderlay::GetDownlink(node), queue_of(job, false));
        auto state = underlay->GetLink(up);
        state.loss = job.loss;
        underlay->SetLink(up, state);
        auto down_state = underlay->GetLink(WanUnderlay::GetDownlink(node));
        down_state.jitter = ns3::NanoSeconds(has_jitter ? kRelayJitterNs : 0);
        underlay->SetLink(WanUnderlay::GetDownlink(node), down_state);
        latencies.push_back(ns3::NanoSeconds(host.latency_ns));
    }
    auto model = ns3::CreateObject<ns3::murmuration::AccessLatencyModel>();
    model->SetLatencies(latencies);
    underlay->SetLatencyModel(model);
    return underlay;
}

constexpr std::uint64_t kStartJitterNs = 500'000;
constexpr std::int64_t kStreamsOfDraw = 10'000;  // more than a network has

/// Gives all links `factor` of the rates that the job has for them; 0: takes them down.
void scale_links(const ns3::Ptr<WanUnderlay>& underlay, const RealityJob& job, double factor) {
    for (std::uint32_t link = 0; link < underlay->GetNLinks(); ++link) {
        const HostLinks& host = job.hosts[link / 2];
        const auto full = static_cast<double>(link % 2 == 0 ? host.up_bps : host.down_bps);
        auto state = underlay->GetLink(link);
        state.isUp = factor > 0;
        if (state.isUp) {
            state.rate = ns3::DataRate(static_cast<std::uint64_t>(full * factor));
        }
        underlay->SetLink(link, state);
    }
}

/// Hosts that send what the job says, one event for all that is sent at a time.
class Hosts {
  public:
    Hosts(MessageTransport& transport, const RealityJob& job, std::int64_t draw)
        : transport_(transport),
          job_(job),
          round_(job.hosts.size(), 1),
          has_started_(job.hosts.size(), false),
          received_(job.parcels.size(), 0),
          seconds_(job.rounds > 1 ? job.rounds : job.parcels.size(),
                   std::numeric_limits<double>::quiet_NaN()) {
        transport_.SetDeliveryCallback(ns3::MakeCallback(&Hosts::delivered, this));
        std::mt19937_64 bits(static_cast<std::uint64_t>(draw));
        std::int64_t start_ns = 0;
        for (std::uint32_t host = 0; host < job_.hosts.size(); ++host) {
            const auto jitter_ns = static_cast<std::int64_t>(bits() % kStartJitterNs);
            ns3::Simulator::Schedule(ns3::NanoSeconds(start_ns + (draw == 0 ? 0 : jitter_ns)),
                                     [this, host] { start_round(host); });
            start_ns += job_.connect_ns *
                        std::count_if(job_.parcels.begin(),
                                      job_.parcels.end(),
                                      [host](const Parcel& each) { return each.from == host; });
        }
    }

    [[nodiscard]] const std::vector<double>& seconds() const { return seconds_; }

  private:
    void start_round(std::uint32_t host) {
        has_started_[host] = true;
        for (std::uint32_t index = 0; index < job_.parcels.size(); ++index) {
            const Parcel& parcel = job_.parcels[index];
            if (parcel.from == host) {
                by_id_.push_back(index);
                transport_.Send(parcel.from, parcel.to, parcel.size_bytes);
            }
        }
        end_round_if_complete(host);
    }

    void end_round_if_complete(std::uint32_t host) {
        if (job_.rounds == 1 || !has_started_[host] || round_[host] > job_.rounds) {
            return;
        }
        for (std::uint32_t index = 0; index < job_.parcels.size(); ++index) {
            if (job_.parcels[index].to == host && received_[index] < round_[host]) {
                return;
            }
        }
        // Not a number is below nothing.
        double& last = seconds_[round_[host] - 1];
        const double now_s = ns3::Simulator::Now().GetSeconds();
        last = last > now_s ? last : now_s;
        if (++round_[host] <= job_.rounds) {
            has_started_[host] = false;
            ns3::Simulator::Schedule(ns3::MicroSeconds(job_.compute_us),
                                     [this, host] { start_round(host); });
        }
    }

    void delivered(const Message& message) {
        const std::uint32_t index = by_id_.at(message.id);
        if (++received_[index] == 1 && job_.rounds == 1) {
            seconds_[index] = ns3::Simulator::Now().GetSeconds();
        }
        end_round_if_complete(message.to);
    }

    MessageTransport& transport_;
    const RealityJob& job_;
    std::vector<std::uint32_t> round_;     // by host, from 1
    std::vector<bool> has_started_;        // by host
    std::vector<std::uint32_t> received_;  // by parcel
    std::vector<std::uint32_t> by_id_;     // transports number messages from 0
    std::vector<double> seconds_;
};

}  // namespace

std::string why_not(const RealityJob& job, const std::string& network) {
    for (const bool is_uplink : {true, false}) {
        const std::string unknown = TransportHelper::FindUnknown(network, queue_of(job, is_uplink));
        if (!unknown.empty()) {
            return unknown;
        }
    }
    const std::string unknown = TransportHelper::FindUnknown(network, settings_of(job));
    if (!unknown.empty()) {
        return unknown;
    }
    return job.loss > 0 && network == "ideal" ? "knows no loss" : "";
}

Outcome simulate(const RealityJob& job, const std::string& network, std::int64_t draw) {
    const ns3::Ptr<WanUnderlay> underlay = underlay_of(job, draw > 0);
    underlay->AssignStreams(1 + kStreamsOfDraw * draw);
    const ns3::Ptr<MessageTransport> transport = TransportHelper::Create(network, underlay);
    transport->SetTcpSettings(settings_of(job));
    transport->AssignStreams(1000);
    if (job.spell) {
        const Spell spell = *job.spell;
        ns3::Simulator::Schedule(ns3::Seconds(spell.begin_s), [&underlay, &job, spell] {
            scale_links(underlay, job, spell.factor);
        });
        ns3::Simulator::Schedule(ns3::Seconds(spell.begin_s + spell.duration_s),
                                 [&underlay, &job] { scale_links(underlay, job, 1); });
    }
    Hosts hosts(*transport, job, draw);
    ns3::Simulator::Run();
    const Outcome outcome{hosts.seconds(),
                          transport->GetNRetransmissions(),
                          transport->GetNTimeouts(),
                          transport->GetNDoubtful()};
    ns3::Simulator::Destroy();
    return outcome;
}

}  // namespace murmur::reality
