#include "emulator/network/tcp_options.h"

#include "emulator/base/quantity.h"
#include "tools/text/spec.h"
#include "tools/text/words.h"

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

constexpr std::string_view kQueueForms =
    "[behind|host][:100p|64kB|50ms][:drop-tail|codel|fq-codel][:target=5ms,interval=100ms]";

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
    if (part.find('=') == std::string_view::npos) {
        return "";
    }
    const Options options = Options::of_list(
        std::string(where),
        part,
        {unset("target", "TIME", "of CoDel"), unset("interval", "TIME", "of CoDel")});
    const auto read = [&](const char* key, ns3::Time& time) {
        if (options.has(key)) {
            time = parse_ns3_time(fmt::format("{}: {}", where, key), options.text(key));
        }
    };
    read("target", queue.target);
    read("interval", queue.interval);
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
    using Control = TcpSettings::CongestionControl;
    const TcpSettings defaults;
    const Options options = Options::of_list(
        std::string(where),
        text,
        {may_be_left_out(rest("control", "cubic|newreno|bbr", "congestion control"), "cubic"),
         named("initial-window", fmt::format("{}", defaults.initialWindow), "segments"),
         named("min-rto", "200ms", "least timeout"),
         word("slow-start-after-idle", {"true", "false"}, "whether windows restart"),
         word("ecn", {"false", "true"}, "whether CoDel marks instead of dropping")});
    TcpSettings settings;
    settings.congestionControl = options.choice<Control>(
        "control",
        {{"cubic", Control::CUBIC}, {"newreno", Control::NEW_RENO}, {"bbr", Control::BBR}});
    settings.initialWindow =
        static_cast<std::uint32_t>(options.integer("initial-window", {1, 1000}));
    if (options.has("min-rto")) {
        settings.minRto =
            parse_ns3_time(fmt::format("{}: min-rto", where), options.text("min-rto"));
        if (!settings.minRto.IsStrictlyPositive()) {
            options.refuse("min-rto: got 0, allowed a time above 0");
        }
    }
    settings.slowStartAfterIdle =
        options.choice<bool>("slow-start-after-idle", {{"true", true}, {"false", false}});
    settings.ecn = options.choice<bool>("ecn", {{"true", true}, {"false", false}});
    return settings;
}

}  // namespace murmur
