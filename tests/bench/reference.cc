#include "tests/bench/reference.h"

#include "ns3/link-queue.h"
#include "ns3/simulator.h"
#include "ns3/transport-helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace murmur::bench {

namespace {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::TransportHelper;
using ns3::murmuration::Underlay;

std::string key_of(const AccuracyCase& accuracy_case, const Queues& queues) {
    return fmt::format("{},{}", queues.name, accuracy_case.name);
}

}  // namespace

ns3::Ptr<Underlay> make_underlay(const AccuracyCase& accuracy_case, const Queues& queues) {
    ns3::Ptr<Underlay> underlay = accuracy_case.make_underlay();
    for (std::uint32_t link = 0; queues.fair && link < underlay->GetNLinks(); ++link) {
        if (underlay->GetLinkPlace(link) == Underlay::LinkPlace::UPLINK) {
            LinkQueue queue;
            queue.discipline = LinkQueue::Discipline::FQ_CODEL;
            queue.size = LinkQueue::FQ_CODEL_PACKETS;
            underlay->SetQueue(link, queue);
        }
    }
    return underlay;
}

Reference::Reference(std::string network, std::string cache)
    : network_(std::move(network)), cache_(std::move(cache)) {
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
        const auto transport =
            TransportHelper::Create(network_, make_underlay(accuracy_case, queues));
        transport->AssignStreams(1);
        known_[key] = carry(*transport, accuracy_case.messages);
        ns3::Simulator::Destroy();
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
