#include "tests/bench/accuracy_cases.h"

#include "tests/bench/carrier.h"
#include "topologies/random_bits.h"

#include "ns3/latency-model.h"
#include "ns3/nstime.h"
#include "ns3/routed-underlay.h"
#include "ns3/simulator.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

namespace murmur::bench {

namespace {

using ns3::murmuration::MatrixLatencyModel;
using ns3::murmuration::RoutedUnderlay;
using ns3::murmuration::Underlay;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMillisecond;

/// What every pattern of the grid is repeated with.
struct Point {
    std::uint64_t size_bytes;
    std::uint64_t rate_bps;
    std::int64_t latency_ns;  ///< One way, between any two nodes

    [[nodiscard]] std::string text() const {
        return fmt::format("size={} rate={}Mbps latency={}ms",
                           size_text(size_bytes),
                           static_cast<double>(rate_bps) / 1e6,
                           static_cast<double>(latency_ns) / kMillisecond);
    }

    static std::string size_text(std::uint64_t bytes) {
        return bytes < 1'000'000 ? fmt::format("{}kB", static_cast<double>(bytes) / 1e3)
                                 : fmt::format("{}MB", static_cast<double>(bytes) / 1e6);
    }

    [[nodiscard]] std::vector<Access> nodes(std::size_t count) const {
        return {count, {rate_bps, latency_ns / 2}};
    }
};

AccuracyCase over_wide_area(std::string pattern, std::string name, Job job) {
    return {.pattern = std::move(pattern),
            .name = std::move(name),
            .make_underlay = [nodes = std::move(job.nodes)] { return wide_area(nodes); },
            .messages = std::move(job.messages)};
}

/// Puts values into a drawn order, the same for each seed.
template <class Value>
void shuffle(std::vector<Value>& values, std::uint64_t seed) {
    RandomBits random(seed);
    for (std::size_t left = values.size(); left > 1; --left) {
        std::swap(values[left - 1], values[random.below(left)]);
    }
}

/// Messages between each node and the next ones around a ring, on both sides, in a drawn order.
std::vector<JobMessage> ring_exchange(std::uint32_t num_nodes,
                                      std::uint32_t num_neighbors,
                                      std::uint64_t size_bytes) {
    std::vector<JobMessage> messages;
    for (std::uint32_t node = 0; node < num_nodes; ++node) {
        for (std::uint32_t hop = 1; hop <= num_neighbors / 2; ++hop) {
            messages.push_back({node, (node + hop) % num_nodes, size_bytes});
            messages.push_back({node, (node + num_nodes - hop) % num_nodes, size_bytes});
        }
    }
    shuffle(messages, messages.size());
    return messages;
}

AccuracyCase exchange(std::string pattern,
                      const Point& point,
                      std::uint32_t num_nodes,
                      std::uint32_t num_neighbors) {
    std::string name = fmt::format(
        "{} nodes={} neighbors={} order=drawn {}", pattern, num_nodes, num_neighbors, point.text());
    return over_wide_area(
        std::move(pattern),
        std::move(name),
        {point.nodes(num_nodes), ring_exchange(num_nodes, num_neighbors, point.size_bytes)});
}

AccuracyCase single(const Point& point) {
    return over_wide_area("single",
                          fmt::format("single {}", point.text()),
                          {point.nodes(2), {{0, 1, point.size_bytes}}});
}

/// Node 0 receives from all others.
AccuracyCase incast(const Point& point, std::uint32_t num_senders) {
    Job job{point.nodes(num_senders + 1), {}};
    for (std::uint32_t sender = 1; sender <= num_senders; ++sender) {
        job.messages.push_back({sender, 0, point.size_bytes});
    }
    return over_wide_area(
        "incast", fmt::format("incast senders={} {}", num_senders, point.text()), std::move(job));
}

/// Node 0 sends to all others.
AccuracyCase fan_out(const Point& point, std::uint32_t num_receivers) {
    Job job{point.nodes(num_receivers + 1), {}};
    for (std::uint32_t receiver = 1; receiver <= num_receivers; ++receiver) {
        job.messages.push_back({0, receiver, point.size_bytes});
    }
    return over_wide_area("fan-out",
                          fmt::format("fan-out receivers={} {}", num_receivers, point.text()),
                          std::move(job));
}

/// An incast whose senders start one after the other, each when the message before would be half
/// done if it were alone.
AccuracyCase staggered(const Point& point, std::uint32_t num_senders) {
    AccuracyCase result = incast(point, num_senders);
    result.pattern = "staggered";
    result.name = fmt::format("staggered senders={} {}", num_senders, point.text());
    const double alone_s =
        8.0 * static_cast<double>(point.size_bytes) / static_cast<double>(point.rate_bps);
    for (std::size_t index = 0; index < result.messages.size(); ++index) {
        result.messages[index].send_ns =
            static_cast<std::int64_t>(alone_s / 2 * 1e9) * static_cast<std::int64_t>(index);
    }
    return result;
}

/// Three messages over one connection: the second as soon as the first has arrived, the third
/// after an idle time.
AccuracyCase reused(const Point& point, std::int64_t idle_ns) {
    const std::vector<JobMessage> messages = {
        {0, 1, point.size_bytes},
        {.from = 0, .to = 1, .size_bytes = point.size_bytes, .after = 0},
        {.from = 0, .to = 1, .size_bytes = point.size_bytes, .send_ns = idle_ns, .after = 1}};
    return over_wide_area("reused",
                          fmt::format("reused idle={}s {}", idle_ns / kSecond, point.text()),
                          {point.nodes(2), messages});
}

/// Routers in a row, and links between them whose rate is a tenth of the nodes' own. Node 2 i is
/// attached to router i, and so is node 2 i + 1.
ns3::Ptr<Underlay> row_of_routers(const Point& point, std::uint32_t num_hops) {
    const ns3::Time hop_delay = ns3::NanoSeconds(point.latency_ns / num_hops);
    const Underlay::Link hop{.rate = ns3::DataRate(point.rate_bps), .delay = hop_delay};
    const Underlay::Link access{.rate = ns3::DataRate(10 * point.rate_bps), .delay = ns3::Time(0)};
    auto underlay = ns3::CreateObject<RoutedUnderlay>();
    for (std::uint32_t router = 0; router <= num_hops; ++router) {
        underlay->AddRouter();
    }
    // Links 2 i and 2 i + 1 lead from router i to the next one and back.
    for (std::uint32_t router = 0; router < num_hops; ++router) {
        underlay->AddCoreLink(router, router + 1, hop);
        underlay->AddCoreLink(router + 1, router, hop);
    }
    for (std::uint32_t router = 0; router <= num_hops; ++router) {
        underlay->AddNode(router, access, access);
        underlay->AddNode(router, access, access);
    }
    underlay->ChooseRoutes([num_hops](std::uint32_t destination) {
        std::vector<std::vector<std::uint32_t>> links(num_hops + 1);
        for (std::uint32_t router = 0; router <= num_hops; ++router) {
            if (router != destination) {
                links[router] = {router < destination ? 2 * router : 2 * router - 1};
            }
        }
        return links;
    });
    return underlay;
}

/// A message over all hops, which meets another one on each.
AccuracyCase parking_lot(const Point& point, std::uint32_t num_hops) {
    std::vector<JobMessage> messages = {{0, 2 * num_hops, point.size_bytes}};
    for (std::uint32_t router = 0; router < num_hops; ++router) {
        messages.push_back({2 * router + 1, 2 * router + 3, point.size_bytes});
    }
    return {.pattern = "parking lot",
            .name = fmt::format("parking lot hops={} {}", num_hops, point.text()),
            .make_underlay = [point, num_hops] { return row_of_routers(point, num_hops); },
            .messages = std::move(messages)};
}

/// An exchange of 16 nodes whose rates lie between a tenth of the point's and all of it, and whose
/// latencies lie between a tenth and the whole.
AccuracyCase unlike_exchange(const Point& point) {
    const auto rate_bps = static_cast<double>(point.rate_bps);
    const double latency_s = 1e-9 * static_cast<double>(point.latency_ns) / 2;
    const UnlikeLinks links{.num_nodes = 16,
                            .num_peers = 4,
                            .size_bytes = point.size_bytes,
                            .min_rate_bps = rate_bps / 10,
                            .max_rate_bps = rate_bps,
                            .min_latency_s = latency_s / 10,
                            .max_latency_s = latency_s};
    return over_wide_area("unlike exchange",
                          fmt::format("unlike exchange nodes=16 peers=4 {}", point.text()),
                          unlike_links_job(links, 1));
}

/// Rounds of D-PSGD between 16 nodes with 4 neighbors each.
AccuracyCase dpsgd(const Point& point, bool unlike) {
    constexpr std::uint32_t kNodes = 16;
    constexpr int kRounds = 3;
    constexpr std::int64_t kCompute = 50 * kMillisecond;
    const std::vector<JobMessage> round = ring_exchange(kNodes, 4, point.size_bytes);
    std::vector<JobMessage> messages;
    for (int number = 0; number < kRounds; ++number) {
        const auto before = static_cast<std::uint32_t>(messages.size() - round.size());
        for (JobMessage message : round) {
            for (std::uint32_t other = 0; number > 0 && other < round.size(); ++other) {
                if (round[other].to == message.from) {
                    message.after_all.push_back(before + other);
                }
            }
            message.send_ns = number == 0 ? 0 : kCompute;
            messages.push_back(message);
        }
    }
    std::vector<Access> nodes = point.nodes(kNodes);
    RandomBits random(kNodes);
    for (Access& node : nodes) {
        const double share = unlike ? std::pow(10, -random.uniform()) : 1;
        node.rate_bps = static_cast<std::uint64_t>(share * static_cast<double>(node.rate_bps));
    }
    return over_wide_area(
        "d-psgd",
        fmt::format(
            "d-psgd rounds={} links={} {}", kRounds, unlike ? "unlike" : "like", point.text()),
        {nodes, messages});
}

/// A rate from an instant on; 0 is down.
struct Step {
    double at_s;
    double rate_bps;
};

/// One message over an uplink, or a downlink, that changes.
AccuracyCase changing(const std::string& what,
                      const Point& point,
                      bool is_uplink,
                      const std::vector<Step>& steps) {
    AccuracyCase result = single(point);
    result.pattern = "changing";
    result.name =
        fmt::format("changing {} {} {}", what, is_uplink ? "uplink" : "downlink", point.text());
    // The first node sends to the second one: links 0 and 3.
    result.make_underlay = [nodes = point.nodes(2), link = is_uplink ? 0U : 3U, steps] {
        const ns3::Ptr<Underlay> underlay = wide_area(nodes);
        for (const Step& step : steps) {
            ns3::Simulator::Schedule(ns3::Seconds(step.at_s), [underlay, link, step] {
                Underlay::Link state = underlay->GetLink(link);
                state.isUp = step.rate_bps > 0;
                if (state.isUp) {
                    state.rate = ns3::DataRate(static_cast<std::uint64_t>(step.rate_bps));
                }
                underlay->SetLink(link, state);
            });
        }
        return underlay;
    };
    return result;
}

/// Messages of pairs of nodes over lossy uplinks.
AccuracyCase lossy(const Point& point, double loss) {
    constexpr std::uint32_t kPairs = 48;
    AccuracyCase result = single(point);
    result.pattern = "lossy";
    result.name = fmt::format("lossy pairs={} loss={}% {}", kPairs, 100 * loss, point.text());
    result.messages.clear();
    for (std::uint32_t pair = 0; pair < kPairs; ++pair) {
        result.messages.push_back({2 * pair, 2 * pair + 1, point.size_bytes});
    }
    result.make_underlay = [nodes = point.nodes(2 * kPairs), loss] {
        const ns3::Ptr<Underlay> underlay = wide_area(nodes);
        for (std::uint32_t link = 0; link < underlay->GetNLinks(); link += 4) {
            Underlay::Link state = underlay->GetLink(link);
            state.loss = loss;
            underlay->SetLink(link, state);
        }
        underlay->AssignStreams(1'000);
        return underlay;
    };
    return result;
}

/// Latencies of paths, uniform between 2 and 100 ms and the same both ways.
ns3::Ptr<MatrixLatencyModel> random_latencies(std::size_t num_nodes, std::uint64_t seed) {
    RandomBits random(seed);
    std::vector<std::vector<ns3::Time>> matrix(num_nodes, std::vector<ns3::Time>(num_nodes));
    for (std::size_t first = 0; first < num_nodes; ++first) {
        for (std::size_t second = 0; second < first; ++second) {
            matrix[first][second] = ns3::Seconds(0.002 + 0.098 * random.uniform());
            matrix[second][first] = matrix[first][second];
        }
    }
    auto model = ns3::CreateObject<MatrixLatencyModel>();
    model->SetMatrix(matrix);
    return model;
}

std::vector<Point> points(const std::vector<std::uint64_t>& sizes_bytes) {
    std::vector<Point> all;
    for (const std::uint64_t size_bytes : sizes_bytes) {
        for (const std::uint64_t rate_mbps : {1, 10, 100, 1000}) {
            for (const std::int64_t round_trip_ms : {1, 10, 50, 300}) {
                all.push_back(
                    {size_bytes, rate_mbps * 1'000'000, round_trip_ms * kMillisecond / 2});
            }
        }
    }
    return all;
}

}  // namespace

std::uint64_t total_bytes(const AccuracyCase& accuracy_case) {
    std::uint64_t total = 0;
    for (const JobMessage& message : accuracy_case.messages) {
        total += message.size_bytes;
    }
    return total;
}

AccuracyCase round_of_32(std::uint64_t size_bytes, std::int64_t latency_ns) {
    return exchange("round", {size_bytes, 100'000'000, latency_ns}, 32, 6);
}

std::vector<AccuracyCase> dpsgd_cases() {
    std::vector<AccuracyCase> cases;
    for (const bool unlike : {false, true}) {
        for (const std::uint64_t size_bytes : {36'000, 360'000}) {
            for (const std::uint64_t rate_mbps : {10, 100}) {
                for (const std::int64_t latency_ms : {2, 20, 50}) {
                    cases.push_back(dpsgd(
                        {size_bytes, rate_mbps * 1'000'000, latency_ms * kMillisecond}, unlike));
                }
            }
        }
    }
    return cases;
}

std::vector<AccuracyCase> changing_cases() {
    std::vector<AccuracyCase> cases;
    for (const double at_s : {0.21, 0.31, 0.51}) {
        for (const bool is_uplink : {true, false}) {
            cases.push_back(changing(fmt::format("outage at={}s", at_s),
                                     {2'000'000, 20'000'000, 50 * kMillisecond},
                                     is_uplink,
                                     {{at_s, 0}, {at_s + 0.5, 20e6}}));
        }
    }
    for (const double length_s : {0.1, 0.2, 0.5}) {
        for (const double low_bps : {1e6, 1e5}) {
            cases.push_back(changing(fmt::format("dip to={}Mbps for={}s", low_bps / 1e6, length_s),
                                     {1'000'000, 10'000'000, 20 * kMillisecond},
                                     true,
                                     {{0.2, low_bps}, {0.2 + length_s, 10e6}}));
        }
    }
    for (const std::uint64_t seed : {1, 2, 3}) {
        RandomBits random(seed);
        std::vector<Step> steps;
        for (int bin = 0; bin < 300; ++bin) {
            const double rate_bps = 0.2e6 * std::pow(100, random.uniform());
            steps.push_back({0.1 * bin, random.uniform() < 0.1 ? 0 : rate_bps});
        }
        for (const bool is_uplink : {true, false}) {
            cases.push_back(changing(fmt::format("bins seed={}", seed),
                                     {4'000'000, 20'000'000, 20 * kMillisecond},
                                     is_uplink,
                                     steps));
        }
    }
    return cases;
}

std::vector<AccuracyCase> lossy_cases() {
    std::vector<AccuracyCase> cases;
    for (const std::uint64_t size_bytes : {8'000, 100'000, 1'000'000, 10'000'000}) {
        for (const double loss : {0.001, 0.01, 0.05}) {
            cases.push_back(lossy({size_bytes, 100'000'000, 20 * kMillisecond}, loss));
        }
    }
    return cases;
}

AccuracyCase unlike_100(std::uint64_t seed) {
    Job job = unlike_links_job({}, seed);
    return {
        .pattern = "unlike",
        .name = fmt::format("unlike nodes=100 peers=6 size=360kB latencies=by-path seed={}", seed),
        .make_underlay = [nodes = std::move(job.nodes),
                          seed] { return wide_area(nodes, random_latencies(nodes.size(), seed)); },
        .messages = std::move(job.messages)};
}

std::vector<AccuracyCase> accuracy_grid() {
    std::vector<AccuracyCase> grid;
    for (const Point& point : points({10'000, 100'000, 1'000'000, 10'000'000, 50'000'000})) {
        grid.push_back(single(point));
        for (const std::uint32_t count : {4, 16, 64}) {
            grid.push_back(incast(point, count));
            grid.push_back(fan_out(point, count));
        }
        grid.push_back(exchange("like exchange", point, 16, 4));
        grid.push_back(unlike_exchange(point));
        grid.push_back(parking_lot(point, 3));
        grid.push_back(staggered(point, 8));
        grid.push_back(reused(point, 10 * kSecond));
    }
    return grid;
}

}  // namespace murmur::bench
