#include "emulator/network/link_trace.h"

#include "emulator/base/naming.h"
#include "emulator/base/quantity.h"
#include "emulator/base/sim_time.h"
#include "tools/text/csv.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
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

/// Returns the place of the line just read, for messages.
std::string place_of(const LineReader& lines) {
    return fmt::format("{}:{}", shown(lines.path(), 200), lines.line_number());
}

char separator_of(std::string_view header) {
    for (const char separator : {',', ';', '\t'}) {
        if (header.find(separator) != std::string_view::npos) {
            return separator;
        }
    }
    return ',';
}

/// A column, and the unit that its name gives to all of its values.
struct Column {
    std::size_t place;
    std::string unit;
};

/// Where the columns of a file are.
struct Columns {
    char separator = ',';
    std::size_t count = 0;
    std::optional<Column> time;
    std::optional<Column> rate;
    std::optional<Column> latency;
    std::optional<Column> link;
};

/// Returns the unit of a column's name "QUANTITY" or "QUANTITY_UNIT"; none where it is neither.
std::optional<std::string> unit_in(std::string_view name,
                                   std::string_view quantity,
                                   const std::map<std::string, std::string>& units) {
    if (name == quantity) {
        return "";
    }
    if (!name.starts_with(quantity) || name[quantity.size()] != '_') {
        return std::nullopt;
    }
    const auto unit = units.find(std::string(name.substr(quantity.size() + 1)));
    return unit == units.end() ? std::nullopt : std::optional(unit->second);
}

Columns read_header(const LineReader& lines) {
    static const std::map<std::string, std::string> kTimes = {
        {"s", "s"}, {"ms", "ms"}, {"us", "us"}, {"ns", "ns"}};
    static const std::map<std::string, std::string> kRates = {
        {"bps", "bps"}, {"kbps", "kbps"}, {"mbps", "Mbps"}, {"gbps", "Gbps"}};
    Columns columns;
    columns.separator = separator_of(lines.line());
    const std::vector<std::string> names = csv_cells(lines.line(), columns.separator);
    columns.count = names.size();
    bool is_known = true;
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string name = names[i];
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        const auto take = [&](std::optional<Column>& column,
                              std::string_view quantity,
                              const std::map<std::string, std::string>& units) {
            const auto unit = unit_in(name, quantity, units);
            if (unit && !column) {
                column = Column{i, *unit};
                return true;
            }
            return false;
        };
        is_known = is_known &&
                   (take(columns.time, "time", kTimes) || take(columns.rate, "rate", kRates) ||
                    take(columns.latency, "latency", kTimes) || take(columns.link, "link", {}));
    }
    if (!is_known || !columns.time || (!columns.rate && !columns.latency)) {
        lines.fail(
            fmt::format("got the header '{}', allowed time, rate, latency and link, each once: "
                        "time, and at least one of rate and latency",
                        shown(trimmed(lines.line()))));
    }
    return columns;
}

/// Returns a row's value with its unit; empty where there is none.
std::string value_of(const std::vector<std::string>& fields, const std::optional<Column>& column) {
    const std::string value = column ? fields[column->place] : "";
    return value.empty() ? value : value + column->unit;
}

/// Returns whether a rate is none: "down", or 0 in any unit.
bool is_down(std::string_view rate) {
    const std::string_view number = rate.substr(0, rate.find_first_not_of("0."));
    return rate == "down" ||
           (!number.empty() && number != "." &&
            (number == rate || std::isalpha(static_cast<unsigned char>(rate[number.size()])) != 0));
}

LinkChange read_change(const std::string& place,
                       const Columns& columns,
                       const std::vector<std::string>& fields) {
    LinkChange change{};
    change.at =
        ns3_time(from_seconds(parse_time(place + ": time", value_of(fields, columns.time))));
    const std::string rate = value_of(fields, columns.rate);
    if (columns.rate && (fields[columns.rate->place] == "down" || is_down(rate))) {
        change.isUp = false;
    } else if (!rate.empty()) {
        change.rate = ns3_rate(parse_rate(place + ": rate (or down)", rate));
        change.isUp = true;
    }
    if (const std::string latency = value_of(fields, columns.latency); !latency.empty()) {
        change.delay = ns3_time(from_seconds(parse_time(place + ": latency", latency)));
    }
    if (!change.isUp && !change.delay) {
        throw std::invalid_argument(place + ": neither a rate nor a latency");
    }
    return change;
}

/// Sorts the rows of a file by link.
class TracesByLink {
  public:
    void add_row(const LineReader& lines, const Columns& columns) {
        const std::vector<std::string> fields = csv_cells(lines.line(), columns.separator);
        if (fields.size() != columns.count) {
            lines.fail(fmt::format(
                "got {} fields, allowed {} as in the header", fields.size(), columns.count));
        }
        const LinkChange change = read_change(place_of(lines), columns, fields);
        const std::string name = columns.link ? fields[columns.link->place] : "";
        const auto [entry, is_new] = places_.emplace(name, names_.size());
        if (is_new) {
            names_.push_back({name, lines.line_number(), nullptr});
            traces_.emplace_back();
        }
        std::vector<LinkChange>& changes = traces_[entry->second].changes;
        if (!changes.empty() && change.at < changes.back().at) {
            lines.fail(fmt::format("out of order, got time {} after {} s",
                                   shown(fields[columns.time->place], 30),
                                   changes.back().at.GetSeconds()));
        }
        changes.push_back(change);
    }

    /// Returns one trace a link, in the order in which the file names them.
    std::vector<NamedLinkTrace> take() {
        for (std::size_t i = 0; i < names_.size(); ++i) {
            names_[i].trace = std::make_shared<LinkTrace>(std::move(traces_[i]));
        }
        return std::move(names_);
    }

  private:
    std::map<std::string, std::size_t> places_;  ///< in the two below, by name
    std::vector<NamedLinkTrace> names_;
    std::vector<LinkTrace> traces_;
};

/// Half a GB of them: hours of a fast link.
constexpr std::size_t kMostPackets = 64'000'000;

/// The packets of a Mahimahi trace that leave in one bin.
struct Bin {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    std::int64_t packets;
};

std::vector<std::int64_t> read_opportunities(const std::string& path) {
    constexpr std::uint64_t kLongestMs = static_cast<std::uint64_t>(kLongestSeconds) * 1000;
    LineReader lines(path);
    std::vector<std::int64_t> times_ms;
    while (lines.next_with_content()) {
        const std::string_view text = trimmed(lines.line());
        const auto ms = parse_number<std::uint64_t>(text);
        if (!ms) {
            lines.fail(fmt::format(
                "got '{}', allowed a whole number of ms, the time at which a packet can leave",
                shown(text, 30)));
        }
        if (*ms > kLongestMs) {
            lines.fail(fmt::format("got {} ms, allowed up to {}", *ms, kLongestMs));
        }
        if (!times_ms.empty() && static_cast<std::int64_t>(*ms) < times_ms.back()) {
            lines.fail(
                fmt::format("out of order, got {} ms after {} ms; a Mahimahi trace has the time of "
                            "each packet, no packets per second and no rates",
                            *ms,
                            times_ms.back()));
        }
        times_ms.push_back(static_cast<std::int64_t>(*ms));
        if (times_ms.size() > kMostPackets) {
            lines.fail(fmt::format("too many packets, allowed {}", kMostPackets));
        }
    }
    if (times_ms.empty() || times_ms.back() == 0) {
        throw std::invalid_argument(
            fmt::format("{} {}, allowed packets up to a time above 0 ms",
                        shown(path, 200),
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
    return naming(where, [&] {
        LineReader lines(path);
        TracesByLink traces;
        if (lines.next_with_content()) {
            const Columns columns = read_header(lines);
            while (lines.next_with_content()) {
                traces.add_row(lines, columns);
            }
        }
        std::vector<NamedLinkTrace> all = traces.take();
        if (all.empty()) {
            throw std::invalid_argument(fmt::format("{} holds no change", shown(path, 200)));
        }
        return all;
    });
}

LinkTracePtr read_mahimahi_trace(const std::string& where, const std::string& path, double bin_s) {
    constexpr double kPacketBits = 8.0 * 1500;
    const std::vector<std::int64_t> times_ms =
        naming(where, [&] { return read_opportunities(path); });
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

std::string describe_mahimahi(const std::string& path, const LinkTrace& trace) {
    const std::vector<LinkChange>& changes = trace.changes;
    double bits = 0;
    double down_s = 0;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const ns3::Time end = i + 1 < changes.size() ? changes[i + 1].at : trace.period;
        const double length_s = (end - changes[i].at).GetSeconds();
        if (changes[i].isUp.value_or(true)) {
            bits += length_s * static_cast<double>(changes[i].rate->GetBitRate());
        } else {
            down_s += length_s;
        }
    }
    return fmt::format("{}: Mahimahi trace, {:g} s, {:.4g} Mbps on average, down for {:g} s",
                       shown(path, 200),
                       trace.period.GetSeconds(),
                       bits / trace.period.GetSeconds() * 1e-6,
                       down_s);
}

}  // namespace murmur
