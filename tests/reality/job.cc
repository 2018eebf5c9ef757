#include "tests/reality/job.h"

#include "tests/reality/python_random.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace murmur::reality {

namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view part) {
    throw std::invalid_argument(fmt::format(
        "job '{}': got '{}', allowed KIND:BYTES:MBPS:MS[:SEED] with single, incastK, fanoutK, "
        "exN.D or uexN.D, and /reno, /bbr, /tbf, /qPACKETS, /lossP, /xFACTOR@SECONDS+SECONDS, "
        "/rROUNDScMICROSECONDS",
        name,
        part));
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

/// Takes a number off the front of `text`.
template <class Number>
Number take(std::string_view& text, std::string_view name) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) {
        refuse(name, text);
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

template <class Number>
Number whole(std::string_view text, std::string_view name) {
    const std::string_view all = text;
    const auto number = take<Number>(text, name);
    if (!text.empty() || number < 0) {
        refuse(name, all);
    }
    return number;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (text.substr(0, prefix.size()) != prefix) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// Neighbors on a circle: one hop forth and back, two, three; an odd one is the host opposite.
Pairs exchange_pairs(std::uint32_t hosts, std::uint32_t degree) {
    std::vector<std::uint32_t> hops;
    if (degree >= hosts - 1) {
        for (std::uint32_t hop = 1; hop < hosts; ++hop) {
            hops.push_back(hop);
        }
    } else {
        for (std::uint32_t hop = 1; 2 * hop <= degree; ++hop) {
            hops.push_back(hop);
            hops.push_back(hosts - hop);
        }
        if (degree % 2 == 1) {
            hops.push_back(hosts / 2);
        }
    }
    Pairs pairs;
    for (std::uint32_t host = 0; host < hosts; ++host) {
        for (const std::uint32_t hop : hops) {
            pairs.emplace_back(host, (host + hop) % hosts);
        }
    }
    // Else the order in which hosts send would be a perfect schedule.
    PythonRandom(static_cast<std::uint32_t>(pairs.size())).shuffle(pairs);
    return pairs;
}

Pairs pairs_of(std::string_view kind, std::uint32_t& hosts, std::string_view name) {
    const std::string_view whole_kind = kind;
    if (kind == "single") {
        hosts = 2;
        return {{0, 1}};
    }
    const bool is_incast = take_prefix(kind, "incast");
    if (is_incast || take_prefix(kind, "fanout")) {
        const auto others = whole<std::uint32_t>(kind, name);
        hosts = others + 1;
        Pairs pairs;
        for (std::uint32_t other = 1; other <= others; ++other) {
            is_incast ? pairs.emplace_back(other, 0) : pairs.emplace_back(0, other);
        }
        return pairs;
    }
    take_prefix(kind, "u");
    const std::vector<std::string_view> numbers =
        take_prefix(kind, "ex") ? split(kind, '.') : std::vector<std::string_view>{};
    if (numbers.size() != 2) {
        refuse(name, whole_kind);
    }
    hosts = whole<std::uint32_t>(numbers[0], name);
    const auto degree = whole<std::uint32_t>(numbers[1], name);
    if (hosts < 2 || hosts > 64 || degree < 1) {
        refuse(name, whole_kind);
    }
    return exchange_pairs(hosts, degree);
}

void apply_suffix(RealityJob& job, std::string_view suffix) {
    const std::string_view all = suffix;
    if (suffix == "reno" || suffix == "bbr") {
        job.congestion = suffix;
    } else if (suffix == "tbf") {
        job.at_host = true;
    } else if (take_prefix(suffix, "q")) {
        job.queue_packets = whole<std::uint32_t>(suffix, job.name);
    } else if (take_prefix(suffix, "loss")) {
        job.loss = whole<double>(suffix, job.name);
    } else if (take_prefix(suffix, "x")) {
        Spell spell{};
        spell.factor = take<double>(suffix, job.name);
        if (!take_prefix(suffix, "@")) {
            refuse(job.name, all);
        }
        spell.begin_s = take<double>(suffix, job.name);
        if (!take_prefix(suffix, "+")) {
            refuse(job.name, all);
        }
        spell.duration_s = whole<double>(suffix, job.name);
        job.spell = spell;
    } else if (take_prefix(suffix, "r")) {
        job.rounds = take<std::uint32_t>(suffix, job.name);
        if (!take_prefix(suffix, "c")) {
            refuse(job.name, all);
        }
        job.compute_us = whole<std::int64_t>(suffix, job.name);
    } else {
        refuse(job.name, all);
    }
}

}  // namespace

RealityJob build_job(std::string_view name) {
    RealityJob job;
    job.name = name;
    const std::vector<std::string_view> parts = split(job.name, '/');
    const std::vector<std::string_view> fields = split(parts[0], ':');
    if (fields.size() < 4 || fields.size() > 5) {
        refuse(name, parts[0]);
    }
    const auto size_bytes = static_cast<std::uint64_t>(whole<double>(fields[1], name));
    const double rate_bps = whole<double>(fields[2], name) * 1e6;
    const double latency_ns = whole<double>(fields[3], name) * 1e6;
    if (!(rate_bps > 0) || size_bytes == 0) {
        refuse(name, parts[0]);
    }
    PythonRandom random(fields.size() > 4 ? whole<std::uint32_t>(fields[4], name) : 1);
    std::uint32_t num_hosts = 0;
    for (const auto& [from, to] : pairs_of(fields[0], num_hosts, name)) {
        job.parcels.push_back({from, to, size_bytes});
    }
    const bool is_unlike = fields[0].front() == 'u';
    for (std::uint32_t host = 0; host < num_hosts; ++host) {
        double rate = rate_bps;
        double latency = latency_ns / 2;
        if (is_unlike) {
            rate *= std::pow(10, random.uniform(-0.5, 0.5));
            latency *= random.uniform(0.2, 1.8);
        }
        job.hosts.push_back({static_cast<std::uint64_t>(rate),
                             static_cast<std::uint64_t>(rate),
                             static_cast<std::int64_t>(latency)});
    }
    for (std::size_t index = 1; index < parts.size(); ++index) {
        apply_suffix(job, parts[index]);
    }
    return job;
}

}  // namespace murmur::reality
