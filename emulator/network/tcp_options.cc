#include "emulator/network/tcp_options.h"

#include "emulator/base/option_text.h"
#include "emulator/base/quantity.h"

#include "ns3/transport-helper.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

namespace murmur {

namespace {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::TcpSettings;
using ns3::murmuration::TransportHelper;

constexpr std::string_view kQueueForms =
    "[behind|host][:100p|64kB|50ms][:drop-tail|codel|fq-codel][:target=5ms,interval=100ms]";
constexpr std::string_view kTcpForms =
    "cubic, newreno, bbr, initial-window=SEGMENTS, min-rto=TIME, slow-start-after-idle=true|false, "
    "apart by commas";

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

[[noreturn]] void refuse(std::string_view where,
                         std::string_view text,
                         std::string_view part,
                         std::string_view allowed) {
    throw std::invalid_argument(fmt::format("{}: got '{}'{}, allowed {}",
                                            where,
                                            text,
                                            part == text ? "" : fmt::format(" with '{}'", part),
                                            allowed));
}

ns3::Time parse_ns3_time(std::string_view where, std::string_view text) {
    return ns3::NanoSeconds(std::llround(1e9 * parse_time(where, text)));
}

/// A size and what it counts; nothing where `part` is none.
std::optional<std::pair<LinkQueue::Unit, std::uint64_t>> size_of(std::string_view where,
                                                                 std::string_view part) {
    const std::size_t digits = part.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view number = part.substr(0, digits);
    const std::string_view unit = part.substr(digits);
    if (unit == "p") {
        return {{LinkQueue::Unit::PACKETS, parse_count(where, number)}};
    }
    for (const auto& [name, bytes] :
         {std::pair{"B", 1.0}, {"kB", 1e3}, {"MB", 1e6}, {"KiB", 1024.0}, {"MiB", 1048576.0}}) {
        if (unit == name) {
            return {{LinkQueue::Unit::BYTES,
                     static_cast<std::uint64_t>(parse_number(where, number) * bytes)}};
        }
    }
    return {{LinkQueue::Unit::NANOSECONDS,
             static_cast<std::uint64_t>(std::llround(1e9 * parse_time(where, part)))}};
}

/// Reads one part of a queue into it.
/// @return what kind of part it is; empty if it is none
std::string_view read_part(std::string_view where, std::string_view part, LinkQueue& queue) {
    if (part == "behind" || part == "host") {
        queue.place = part == "host" ? LinkQueue::Place::AT_HOST : LinkQueue::Place::BEHIND_HOST;
        return "place";
    }
    if (part == "drop-tail" || part == "codel" || part == "fq-codel") {
        queue.discipline = part == "codel"      ? LinkQueue::Discipline::CODEL
                           : part == "fq-codel" ? LinkQueue::Discipline::FQ_CODEL
                                                : LinkQueue::Discipline::DROP_TAIL;
        return "discipline";
    }
    if (const auto size = size_of(where, part)) {
        std::tie(queue.unit, queue.size) = *size;
        return "size";
    }
    std::set<std::string_view> seen;
    for (const std::string_view option : split(part, ',')) {
        const std::size_t equals = option.find('=');
        const std::string_view name = option.substr(0, equals);
        if (equals == std::string_view::npos || (name != "target" && name != "interval") ||
            !seen.insert(name).second) {
            return "";
        }
        (name == "target" ? queue.target : queue.interval) =
            parse_ns3_time(where, option.substr(equals + 1));
    }
    return "parameters";
}

}  // namespace

LinkQueue parse_queue(std::string_view where, std::string_view text) {
    LinkQueue queue;
    std::set<std::string_view> seen;
    for (const std::string_view part : split(text, ':')) {
        const std::string_view kind = read_part(where, part, queue);
        if (kind.empty() || !seen.insert(kind).second) {
            refuse(where, text, part, kQueueForms);
        }
    }
    const bool is_drop_tail = queue.discipline == LinkQueue::Discipline::DROP_TAIL;
    if (is_drop_tail && seen.count("parameters") != 0) {
        refuse(where, text, text, "target= and interval= with codel and fq-codel alone");
    }
    if (!is_drop_tail && seen.count("size") == 0) {
        queue.size = queue.discipline == LinkQueue::Discipline::CODEL ? LinkQueue::CODEL_PACKETS
                                                                      : LinkQueue::FQ_CODEL_PACKETS;
    }
    if (const std::string fault = queue.FindFault(); !fault.empty()) {
        throw std::invalid_argument(fmt::format("{}: got '{}': {}", where, text, fault));
    }
    return queue;
}

TcpSettings parse_tcp(std::string_view where, std::string_view text) {
    TcpSettings settings;
    std::set<std::string_view> seen;
    for (const std::string_view part : split(text, ',')) {
        const std::size_t equals = part.find('=');
        const bool has_value = equals != std::string_view::npos;
        const std::string_view name = part.substr(0, equals);
        const std::string_view value = has_value ? part.substr(equals + 1) : "";
        std::string_view kind = name;
        if (part == "cubic" || part == "newreno" || part == "bbr") {
            kind = "congestion control";
            settings.congestionControl = part == "cubic" ? TcpSettings::CongestionControl::CUBIC
                                         : part == "bbr" ? TcpSettings::CongestionControl::BBR
                                                         : TcpSettings::CongestionControl::NEW_RENO;
        } else if (has_value && name == "initial-window") {
            const std::uint64_t segments = parse_count(where, value);
            if (segments < 1 || segments > 1000) {
                refuse(where, text, part, "initial-window=1 to 1000");
            }
            settings.initialWindow = static_cast<std::uint32_t>(segments);
        } else if (has_value && name == "min-rto") {
            settings.minRto = parse_ns3_time(where, value);
            if (!settings.minRto.IsStrictlyPositive()) {
                refuse(where, text, part, "min-rto= above 0");
            }
        } else if (has_value && name == "slow-start-after-idle") {
            read_option(where, value, settings.slowStartAfterIdle);
        } else {
            refuse(where, text, part, kTcpForms);
        }
        if (!seen.insert(kind).second) {
            refuse(where, text, part, "each once");
        }
    }
    return settings;
}

void require_known(std::string_view where, const std::string& network, const LinkQueue& queue) {
    if (const std::string unknown = TransportHelper::FindUnknown(network, queue);
        !unknown.empty()) {
        throw std::invalid_argument(fmt::format("{}: --network={} {}", where, network, unknown));
    }
}

void require_known(std::string_view where,
                   const std::string& network,
                   const TcpSettings& settings) {
    if (const std::string unknown = TransportHelper::FindUnknown(network, settings);
        !unknown.empty()) {
        throw std::invalid_argument(fmt::format("{}: --network={} {}", where, network, unknown));
    }
}

}  // namespace murmur
