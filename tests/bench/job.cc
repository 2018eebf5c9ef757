#include "tests/bench/job.h"

#include "topologies/random_bits.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace murmur::bench {

namespace {

/// Draws `count` different nodes other than `self`.
std::vector<std::uint32_t> draw_peers(RandomBits& random,
                                      std::uint32_t num_nodes,
                                      std::uint32_t self,
                                      std::uint32_t count) {
    std::vector<std::uint32_t> peers;
    while (peers.size() < count) {
        const auto peer = static_cast<std::uint32_t>(random.below(num_nodes));
        if (peer != self && std::find(peers.begin(), peers.end(), peer) == peers.end()) {
            peers.push_back(peer);
        }
    }
    return peers;
}

double log_uniform(RandomBits& random, double low, double high) {
    return low * std::pow(high / low, random.uniform());
}

}  // namespace

Job like_links_job(std::uint32_t num_nodes) {
    Job job;
    job.nodes.assign(num_nodes, {100'000'000, 5'000'000});
    for (std::uint32_t node = 0; node < num_nodes; ++node) {
        const std::uint64_t size_bytes = 341'000 / 20 * (20 + node % 10);
        for (std::uint32_t hop = 1; hop <= 5; ++hop) {
            job.messages.push_back({node, (node + hop) % num_nodes, size_bytes});
        }
    }
    return job;
}

Job unlike_links_job(const UnlikeLinks& links, std::uint64_t seed) {
    RandomBits random(seed);
    Job job;
    for (std::uint32_t node = 0; node < links.num_nodes; ++node) {
        const double rate_bps = log_uniform(random, links.min_rate_bps, links.max_rate_bps);
        const double latency_s =
            links.min_latency_s + (links.max_latency_s - links.min_latency_s) * random.uniform();
        job.nodes.push_back({static_cast<std::uint64_t>(rate_bps), std::llround(1e9 * latency_s)});
    }
    for (std::uint32_t node = 0; node < links.num_nodes; ++node) {
        for (const std::uint32_t peer :
             draw_peers(random, links.num_nodes, node, links.num_peers)) {
            job.messages.push_back({node, peer, links.size_bytes});
        }
    }
    return job;
}

Job server_job(std::uint32_t num_clients) {
    RandomBits random(1);
    Job job;
    job.nodes.push_back({1'000'000'000, 1'000'000});
    for (std::uint32_t client = 1; client <= num_clients; ++client) {
        const double latency_s = 0.005 + 0.045 * random.uniform();
        job.nodes.push_back({static_cast<std::uint64_t>(log_uniform(random, 5e6, 50e6)),
                             std::llround(1e9 * latency_s)});
        job.messages.push_back({0, client, 360'000});
        job.messages.push_back({client, 0, 360'000});
    }
    return job;
}

void write_job(const Job& job, const std::string& path) {
    std::ofstream file(path);
    for (const Access& node : job.nodes) {
        file << "node " << node.rate_bps << ' ' << node.latency_ns << '\n';
    }
    for (const JobMessage& message : job.messages) {
        if (message.send_ns != 0 || message.after || !message.after_all.empty()) {
            throw std::invalid_argument("write_job: " + path + ": a message is not sent at time 0");
        }
        file << "message " << message.from << ' ' << message.to << ' ' << message.size_bytes
             << '\n';
    }
    if (!file.flush()) {
        throw std::runtime_error("write_job: cannot write " + path);
    }
}

Job read_job(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::runtime_error("read_job: cannot read " + path);
    }
    Job job;
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string kind;
        words >> kind;
        if (kind == "node") {
            Access& node = job.nodes.emplace_back();
            words >> node.rate_bps >> node.latency_ns;
        } else if (kind == "message") {
            JobMessage& message = job.messages.emplace_back();
            words >> message.from >> message.to >> message.size_bytes;
        }
        if ((kind != "node" && kind != "message") || !words) {
            throw std::runtime_error("read_job: " + path + ": got \"" + line +
                                     "\", allowed \"node RATE_BPS LATENCY_NS\" and "
                                     "\"message FROM TO BYTES\"");
        }
    }
    return job;
}

void write_result(const JobResult& result, const std::string& path) {
    std::ofstream file(path);
    file.precision(12);
    file << result.cpu_s << '\n';
    for (const double arrived_s : result.arrived_s) {
        file << arrived_s << '\n';
    }
    if (!file.flush()) {
        throw std::runtime_error("write_result: cannot write " + path);
    }
}

JobResult read_result(const std::string& path) {
    std::ifstream file(path);
    JobResult result{};
    if (!(file >> result.cpu_s)) {
        throw std::runtime_error("read_result: no result in " + path);
    }
    for (double arrived_s = 0; file >> arrived_s;) {
        result.arrived_s.push_back(arrived_s);
    }
    return result;
}

}  // namespace murmur::bench
