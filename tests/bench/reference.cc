#include "tests/bench/reference.h"

#include "ns3/simulator.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/traffic-control-helper.h"
#include "ns3/transport-helper.h"
#include "ns3/wan-helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace murmur::bench {

namespace {

using ns3::murmuration::MessageTransport;
using ns3::murmuration::TcpMessageTransport;
using ns3::murmuration::TransportHelper;
using ns3::murmuration::Underlay;
using ns3::murmuration::WanHelper;
using ns3::murmuration::WanUnderlay;

std::string key_of(const AccuracyCase& accuracy_case, const Queues& queues) {
    return fmt::format("{},{}", queues.name, accuracy_case.name);
}

/// TCP whose uplinks have fair queues. What the queue disc is to order must not lie in the device.
ns3::Ptr<MessageTransport> fair_tcp(const ns3::Ptr<WanUnderlay>& underlay) {
    WanHelper helper;
    helper.SetUpQueue("ns3::DropTailQueue", "MaxSize", ns3::QueueSizeValue(ns3::QueueSize("10p")));
    helper.EnableFlowControl();
    const ns3::NodeContainer nodes = helper.CreateNodes(underlay);
    ns3::TrafficControlHelper discs;
    discs.SetRootQueueDisc("ns3::FqCoDelQueueDisc");
    for (std::uint32_t node = 0; node < nodes.GetN(); ++node) {
        discs.Install(nodes.Get(node)->GetDevice(nodes.Get(node)->GetNDevices() - 1));
    }
    auto transport = ns3::CreateObject<TcpMessageTransport>();
    transport->SetNodes(
        nodes, [](std::uint32_t /*from*/, std::uint32_t to) { return WanHelper::GetAddress(to); });
    return transport;
}

std::vector<Passage> simulate(const AccuracyCase& accuracy_case, const Queues& queues) {
    const ns3::Ptr<Underlay> underlay = accuracy_case.make_underlay();
    const ns3::Ptr<MessageTransport> transport =
        queues.fair ? fair_tcp(ns3::DynamicCast<WanUnderlay>(underlay))
                    : TransportHelper::Create("tcp", underlay);
    transport->AssignStreams(1);
    std::vector<Passage> passages = carry(*transport, accuracy_case.messages);
    ns3::Simulator::Destroy();
    return passages;
}

}  // namespace

Reference::Reference(std::string cache) : cache_(std::move(cache)) {
    if (!cache_.empty() && std::filesystem::exists(cache_)) {
        read();
    }
}

void Reference::read() {
    std::ifstream file(cache_);
    std::string line;
    while (std::getline(file, line)) {
        std::vector<std::string> fields;
        std::istringstream words(line);
        for (std::string field; std::getline(words, field, ',');) {
            fields.push_back(field);
        }
        if (fields.size() != 5) {
            throw std::runtime_error(fmt::format(
                "{}: got \"{}\", allowed \"queues,case,message,sent_s,arrived_s\"", cache_, line));
        }
        std::vector<Passage>& passages = known_[fields[0] + ',' + fields[1]];
        const std::size_t message = std::stoul(fields[2]);
        passages.resize(std::max(passages.size(), message + 1));
        passages[message] = {std::stod(fields[3]), std::stod(fields[4])};
    }
}

void Reference::append(const std::string& key, const std::vector<Passage>& passages) const {
    std::string lines;
    for (std::size_t index = 0; index < passages.size(); ++index) {
        const Passage& passage = passages[index];
        lines +=
            fmt::format("{},{},{:.9f},{:.9f}\n", key, index, passage.sent_s, passage.arrived_s);
    }
    // In one piece, so that two processes may share the file.
    std::ofstream file(cache_, std::ios::app);
    if (!file.write(lines.data(), static_cast<std::streamsize>(lines.size())).flush()) {
        throw std::runtime_error("cannot write " + cache_);
    }
}

bool Reference::remembers(const AccuracyCase& accuracy_case, const Queues& queues) const {
    return known_.count(key_of(accuracy_case, queues)) != 0;
}

const std::vector<Passage>& Reference::passages(const AccuracyCase& accuracy_case,
                                                const Queues& queues) {
    const std::string key = key_of(accuracy_case, queues);
    if (!remembers(accuracy_case, queues)) {
        known_[key] = simulate(accuracy_case, queues);
        if (!cache_.empty()) {
            append(key, known_[key]);
        }
    }
    const std::vector<Passage>& passages = known_[key];
    if (passages.size() != accuracy_case.messages.size()) {
        throw std::runtime_error(fmt::format("{}: {} has {} messages, got {}; delete the file",
                                             cache_,
                                             key,
                                             accuracy_case.messages.size(),
                                             passages.size()));
    }
    return passages;
}

}  // namespace murmur::bench
