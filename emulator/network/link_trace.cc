#include "emulator/network/link_trace.h"

#include "emulator/base/quantity.h"
#include "emulator/base/sim_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace murmur {

namespace {

using ns3::murmuration::LinkChange;
using ns3::murmuration::LinkTrace;

ns3::Time ns3_time(SimTime time) {
    return ns3::NanoSeconds(time.count());
}

ns3::DataRate ns3_rate(double bps) {
    return ns3::DataRate(static_cast<std::uint64_t>(std::llround(std::clamp(bps, 1.0, 1e18))));
}

std::ifstream open_trace(const std::string& where, const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        throw std::invalid_argument(fmt::format("{}: cannot read {}", where, path));
    }
    return file;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r";
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string_view> split_row(std::string_view line) {
    std::vector<std::string_view> fields;
    while (true) {
        const std::size_t comma = line.find(',');
        fields.push_back(trimmed(line.substr(0, comma)));
        if (comma == std::string_view::npos) {
            return fields;
        }
        line.remove_prefix(comma + 1);
    }
}

/// Where the columns of a file are.
struct Columns {
    std::size_t count = 0;
    std::size_t time = 0;
    std::optional<std::size_t> rate;
    std::optional<std::size_t> latency;
    std::optional<std::size_t> link;
};

Columns read_header(const std::string& place, std::string_view line) {
    const std::vector<std::string_view> names = split_row(line);
    Columns columns{
        .count = names.size(), .time = names.size(), .rate = {}, .latency = {}, .link = {}};
    bool is_known = true;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == "time" && columns.time == names.size()) {
            columns.time = i;
        } else if (names[i] == "rate" && !columns.rate) {
            columns.rate = i;
        } else if (names[i] == "latency" && !columns.latency) {
            columns.latency = i;
        } else if (names[i] == "link" && !columns.link) {
            columns.link = i;
        } else {
            is_known = false;
        }
    }
    if (!is_known || columns.time == names.size() || (!columns.rate && !columns.latency)) {
        throw std::invalid_argument(
            fmt::format("{}: got the header '{}', allowed time, rate, latency and link, each once: "
                        "time, and at least one of rate and latency",
                        place,
                        trimmed(line)));
    }
    return columns;
}

LinkChange read_change(const std::string& place,
                       const Columns& columns,
                       const std::vector<std::string_view>& fields) {
    LinkChange change{};
    change.at = ns3_time(from_seconds(parse_time(place + ": time", fields[columns.time])));
    if (columns.rate && fields[*columns.rate] == "down") {
        change.isUp = false;
    } else if (columns.rate && !fields[*columns.rate].empty()) {
        change.rate = ns3_rate(parse_rate(place + ": rate (or down)", fields[*columns.rate]));
        change.isUp = true;
    }
    if (columns.latency && !fields[*columns.latency].empty()) {
        change.delay =
            ns3_time(from_seconds(parse_time(place + ": latency", fields[*columns.latency])));
    }
    if (!change.isUp && !change.delay) {
        throw std::invalid_argument(place + ": neither a rate nor a latency");
    }
    return change;
}

/// Sorts the rows of a file by link.
class TracesByLink {
  public:
    void add_row(const std::string& place,
                 std::size_t line_number,
                 const Columns& columns,
                 std::string_view line) {
        const std::vector<std::string_view> fields = split_row(line);
        if (fields.size() != columns.count) {
            throw std::invalid_argument(
                fmt::format("{}: got {} fields, allowed {} as in the header",
                            place,
                            fields.size(),
                            columns.count));
        }
        const LinkChange change = read_change(place, columns, fields);
        if (change.at < last_) {
            throw std::invalid_argument(fmt::format("{}: out of order, got time {} after {} s",
                                                    place,
                                                    fields[columns.time],
                                                    last_.GetSeconds()));
        }
        last_ = change.at;
        const std::string name(columns.link ? fields[*columns.link] : std::string_view());
        const auto [entry, is_new] = places_.emplace(name, names_.size());
        if (is_new) {
            names_.push_back({name, line_number, nullptr});
            traces_.emplace_back();
        }
        traces_[entry->second].changes.push_back(change);
    }

    /// Returns one trace a link, in the order in which the file names them.
    std::vector<NamedLinkTrace> take() {
        for (std::size_t i = 0; i < names_.size(); ++i) {
            names_[i].trace = std::make_shared<LinkTrace>(std::move(traces_[i]));
        }
        return std::move(names_);
    }

  private:
    ns3::Time last_{};
    std::map<std::string, std::size_t> places_;  ///< in the two below, by name
    std::vector<NamedLinkTrace> names_;
    std::vector<LinkTrace> traces_;
};

/// The packets of a Mahimahi trace that leave in one bin.
struct Bin {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::int64_t packets;
};

std::vector<std::int64_t> read_opportunities(const std::string& where, const std::string& path) {
    constexpr std::uint64_t kLongestMs = static_cast<std::uint64_t>(kLongestSeconds) * 1000;
    std::ifstream file = open_trace(where, path);
    std::vector<std::int64_t> times_ms;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const std::string place = fmt::format("{}: {}:{}", where, path, number);
        const std::uint64_t ms = parse_count(place, trimmed(line));
        if (ms > kLongestMs) {
            throw std::invalid_argument(
                fmt::format("{}: got {} ms, allowed up to {}", place, ms, kLongestMs));
        }
        if (!times_ms.empty() && static_cast<std::int64_t>(ms) < times_ms.back()) {
            throw std::invalid_argument(
                fmt::format("{}: out of order, got {} ms after {} ms", place, ms, times_ms.back()));
        }
        times_ms.push_back(static_cast<std::int64_t>(ms));
    }
    if (times_ms.empty() || times_ms.back() == 0) {
        throw std::invalid_argument(
            fmt::format("{}: {} {}, allowed packets up to a time above 0 ms",
                        where,
                        path,
                        times_ms.empty() ? "holds no packet" : "ends at 0 ms"));
    }
    return times_ms;
}

/// Returns the bins that are not empty.  A packet at t ms has had the millisecond before t for its
/// transmission, so that the one at the end of the trace is in the last bin.
std::vector<Bin> fill_bins(const std::vector<std::int64_t>& times_ms, std::int64_t bin_ns) {
    constexpr std::int64_t kMillisecond = 1'000'000;
    const std::int64_t period_ns = times_ms.back() * kMillisecond;
    std::vector<Bin> bins;
    for (const std::int64_t ms : times_ms) {
        const std::int64_t leaves_ns = std::max<std::int64_t>(ms - 1, 0) * kMillisecond;
        const std::int64_t begin_ns = leaves_ns / bin_ns * bin_ns;
        if (bins.empty() || bins.back().begin_ns != begin_ns) {
            bins.push_back({begin_ns, std::min(begin_ns + bin_ns, period_ns), 0});
        }
        ++bins.back().packets;
    }
    return bins;
}

LinkChange down_from(std::int64_t at_ns) {
    LinkChange change{};
    change.at = ns3::NanoSeconds(at_ns);
    change.isUp = false;
    return change;
}

}  // namespace

std::vector<NamedLinkTrace> read_link_traces(const std::string& where, const std::string& path) {
    std::ifstream file = open_trace(where, path);
    TracesByLink traces;
    std::optional<Columns> columns;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        const std::string place = fmt::format("{}: {}:{}", where, path, number);
        if (trimmed(line).empty()) {
            continue;
        }
        if (columns) {
            traces.add_row(place, number, *columns, line);
        } else {
            columns = read_header(place, line);
        }
    }
    std::vector<NamedLinkTrace> all = traces.take();
    if (all.empty()) {
        throw std::invalid_argument(fmt::format("{}: {} holds no change", where, path));
    }
    return all;
}

LinkTracePtr read_mahimahi_trace(const std::string& where, const std::string& path, double bin_s) {
    constexpr double kPacketBits = 8.0 * 1500;
    const std::vector<std::int64_t> times_ms = read_opportunities(where, path);
    LinkTrace trace;
    trace.period = ns3::MilliSeconds(times_ms.back());
    std::int64_t end_ns = 0;
    for (const Bin& bin : fill_bins(times_ms, from_seconds(bin_s).count())) {
        if (bin.begin_ns > end_ns) {
            trace.changes.push_back(down_from(end_ns));
        }
        LinkChange change{};
        change.at = ns3::NanoSeconds(bin.begin_ns);
        change.rate = ns3_rate(static_cast<double>(bin.packets) * kPacketBits * 1e9 /
                               static_cast<double>(bin.end_ns - bin.begin_ns));
        change.isUp = true;
        trace.changes.push_back(change);
        end_ns = bin.end_ns;
    }
    return std::make_shared<LinkTrace>(std::move(trace));
}

}  // namespace murmur
