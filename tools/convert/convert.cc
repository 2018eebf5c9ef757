#include "tools/convert/convert.h"

#include "tools/text/csv.h"
#include "tools/text/number.h"
#include "tools/text/pickle.h"
#include "tools/text/words.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace murmur::convert {

namespace {

using Value = Pickle::Value;
using Span = std::pair<double, double>;

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
    throw std::invalid_argument(fmt::format("{}: {}", shown(path, 200), why));
}

/// A client that is there in some times of a period of its own, in seconds.
struct Client {
    std::vector<Span> spans;
    double period_s;
};

/// Joins times that overlap or touch, and leaves out those that are none.
std::vector<Span> merged(std::vector<Span> spans) {
    std::erase_if(spans, [](const Span& span) { return !(span.second > span.first); });
    std::sort(spans.begin(), spans.end());
    std::vector<Span> all;
    for (const Span& span : spans) {
        if (!all.empty() && span.first <= all.back().second) {
            all.back().second = std::max(all.back().second, span.second);
        } else {
            all.push_back(span);
        }
    }
    return all;
}

/// Writes each client's times again and again, up to the longest period of all.
Converted lives_of(const std::vector<Client>& clients,
                   std::size_t left_out,
                   const std::string& path) {
    constexpr std::size_t kMostRows = 10'000'000;
    double length_s = 0;
    for (const Client& client : clients) {
        length_s = std::max(length_s, client.period_s);
    }
    Converted made{.text = "node,on_s,off_s\n", .notes = {}};
    std::size_t rows = 0;
    for (std::size_t node = 0; node < clients.size(); ++node) {
        std::vector<Span> spans;
        for (double begin = 0; begin < length_s; begin += clients[node].period_s) {
            for (const auto& [from, until] : clients[node].spans) {
                spans.emplace_back(begin + from, std::min(begin + until, length_s));
            }
            if (rows + spans.size() > kMostRows) {
                refuse(path, fmt::format("more than {} times of all clients", kMostRows));
            }
        }
        spans = merged(std::move(spans));
        rows += spans.size();
        for (const auto& [from, until] : spans) {
            made.text += fmt::format("{},{},{}\n", node, from, until);
        }
    }
    made.notes = fmt::format(
        "{} clients, {} without a usable trace left out; each one's period repeated up to the "
        "longest; --availability=file:FILE,period={}s",
        clients.size(),
        left_out,
        length_s);
    return made;
}

double number_in(const Value& client, std::string_view key, const std::string& path) {
    const Value* const value = client.find(key);
    if (value == nullptr || value->kind != Value::Kind::kNumber || !std::isfinite(value->number)) {
        refuse(path, fmt::format("a client has no number '{}'", key));
    }
    return value->number;
}

std::vector<double> numbers_in(const Value& client, std::string_view key, const std::string& path) {
    const Value* const list = client.find(key);
    if (list == nullptr || list->kind != Value::Kind::kList) {
        refuse(path, fmt::format("a client has no list '{}'", key));
    }
    std::vector<double> numbers;
    for (const Value* const item : list->items) {
        if (item->kind != Value::Kind::kNumber || !std::isfinite(item->number)) {
            refuse(path, fmt::format("'{}' of a client holds more than numbers", key));
        }
        numbers.push_back(item->number);
    }
    return numbers;
}

Converted fedscale_lives(const Value& root, const std::string& path) {
    std::vector<Client> clients;
    std::size_t left_out = 0;
    for (const auto& [id, trace] : root.entries) {
        const std::vector<double> active = numbers_in(*trace, "active", path);
        const std::vector<double> inactive = numbers_in(*trace, "inactive", path);
        Client client{.spans = {}, .period_s = number_in(*trace, "finish_time", path)};
        for (std::size_t i = 0; i < std::min(active.size(), inactive.size()); ++i) {
            client.spans.emplace_back(std::max(0.0, active[i]),
                                      std::min(inactive[i], client.period_s));
        }
        client.spans = merged(std::move(client.spans));
        if (client.spans.empty() || !(client.period_s >= 1)) {
            ++left_out;
        } else {
            clients.push_back(std::move(client));
        }
    }
    return lives_of(clients, left_out, path);
}

Converted fedscale_devices(const Value& root, const std::string& path) {
    // FedScale takes three times the inference of a sample for its training, and one bandwidth, in
    // kbit/s, for both directions.
    constexpr double kTrainingPerInference = 3;
    Converted made{.text = "device,ms_per_sample,down_bps,up_bps\n", .notes = {}};
    std::size_t count = 0;
    for (const auto& [id, device] : root.entries) {
        const double inference_ms = number_in(*device, "computation", path);
        const double kbps = number_in(*device, "communication", path);
        if (!(inference_ms > 0 && kbps > 0)) {
            refuse(path, "a client computes or communicates in no time");
        }
        const std::string name =
            id->kind == Value::Kind::kText ? csv_quoted(id->text) : fmt::format("{}", id->number);
        made.text += fmt::format(
            "{},{},{},{}\n", name, kTrainingPerInference * inference_ms, 1000 * kbps, 1000 * kbps);
        ++count;
    }
    made.notes = fmt::format(
        "{} devices; ms_per_sample is 3 times 'computation', rates are 'communication' in kbit/s, "
        "as "
        "FedScale takes them; --devices=FILE",
        count);
    return made;
}

std::vector<std::string> lines_of(std::string_view bytes) {
    std::vector<std::string> lines;
    std::istringstream text{std::string(bytes)};
    for (std::string line; std::getline(text, line);) {
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        if (!line.empty()) {
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

/// Sums of pings between two servers, in either direction.
struct Pings {
    double sum_ms = 0;
    std::size_t count = 0;
};

}  // namespace

Converted from_fedscale(std::string_view bytes, const std::string& path) {
    const Pickle pickle(bytes, shown(path, 200));
    const Value& root = pickle.root();
    if (root.kind != Value::Kind::kDict || root.entries.empty()) {
        refuse(path, "no dictionary of clients");
    }
    const Value& first = *root.entries.front().second;
    if (first.find("computation") != nullptr) {
        return fedscale_devices(root, path);
    }
    if (first.find("active") != nullptr) {
        return fedscale_lives(root, path);
    }
    refuse(path, "clients have neither 'computation' nor 'active'");
}

Converted from_flhetbench(std::string_view bytes, const std::string& path) {
    const nlohmann::json json = nlohmann::json::parse(bytes, nullptr, false);
    if (!json.is_object()) {
        refuse(path, "no JSON object of clients");
    }
    std::vector<Client> clients;
    std::size_t left_out = 0;
    for (const auto& [guid, timer] : json.items()) {
        const auto has_number = [&timer = timer](const char* key) {
            return timer.contains(key) && timer[key].is_number();
        };
        if (!timer.is_object() || !has_number("trace_start") || !has_number("trace_end") ||
            !timer.contains("ready_time") || !timer["ready_time"].is_array()) {
            ++left_out;
            continue;
        }
        const double start = timer["trace_start"].get<double>();
        Client client{.spans = {}, .period_s = timer["trace_end"].get<double>() - start};
        for (const auto& span : timer["ready_time"]) {
            if (!span.is_array() || span.size() != 2 || !span[0].is_number() ||
                !span[1].is_number()) {
                refuse(path,
                       fmt::format("client '{}': a ready time is no pair of numbers", shown(guid)));
            }
            client.spans.emplace_back(std::max(0.0, span[0].get<double>() - start),
                                      std::min(span[1].get<double>() - start, client.period_s));
        }
        client.spans = merged(std::move(client.spans));
        if (client.spans.empty() || !(client.period_s >= 1)) {
            ++left_out;
        } else {
            clients.push_back(std::move(client));
        }
    }
    if (clients.empty()) {
        refuse(path, "no client has trace_start, trace_end and ready_time");
    }
    return lives_of(clients, left_out, path);
}

Converted from_wondernetwork(std::string_view bytes, const std::string& path) {
    const std::vector<std::string> lines = lines_of(bytes);
    const std::vector<std::string> header =
        lines.empty() ? std::vector<std::string>() : csv_cells(lines[0]);
    const auto column = [&](std::string_view name) {
        const auto found = std::find(header.begin(), header.end(), name);
        if (found == header.end()) {
            refuse(path, fmt::format("line 1: no column '{}'", name));
        }
        return static_cast<std::size_t>(found - header.begin());
    };
    const std::size_t source = column("source");
    const std::size_t destination = column("destination");
    const std::size_t avg = column("avg");
    std::map<std::pair<std::uint64_t, std::uint64_t>, Pings> pings;
    std::set<std::uint64_t> servers;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::vector<std::string> cells = csv_cells(lines[i]);
        if (cells.size() != header.size()) {
            refuse(
                path,
                fmt::format("line {}: {} cells, allowed {}", i + 1, cells.size(), header.size()));
        }
        const auto from = parse_number<std::uint64_t>(std::string_view(cells[source]));
        const auto to = parse_number<std::uint64_t>(std::string_view(cells[destination]));
        const auto ms = parse_number<double>(std::string_view(cells[avg]));
        if (!from || !to || !ms || !(*ms >= 0 && *ms < 1e6)) {
            refuse(path, fmt::format("line {}: allowed numbers of servers and ms", i + 1));
        }
        Pings& between = pings[std::minmax(*from, *to)];
        between.sum_ms += *ms;
        ++between.count;
        servers.insert({*from, *to});
    }
    constexpr std::size_t kMostServers = 2000;
    if (servers.size() > kMostServers) {
        refuse(path, fmt::format("{} servers, allowed {}", servers.size(), kMostServers));
    }
    // A matrix has no gaps: the server with most of them goes, until there are none.
    const std::size_t all = servers.size();
    while (true) {
        std::uint64_t worst = 0;
        std::size_t most = 0;
        for (const std::uint64_t server : servers) {
            std::size_t gaps = 0;
            for (const std::uint64_t other : servers) {
                gaps += other != server && !pings.contains(std::minmax(server, other)) ? 1 : 0;
            }
            if (gaps > most) {
                most = gaps;
                worst = server;
            }
        }
        if (most == 0) {
            break;
        }
        servers.erase(worst);
    }
    if (servers.size() < 2) {
        refuse(path, "fewer than two servers with pings between all of them");
    }
    Converted made;
    std::string order;
    for (const std::uint64_t from : servers) {
        std::string row;
        for (const std::uint64_t to : servers) {
            const auto found = pings.find(std::minmax(from, to));
            const double ms =
                found == pings.end()
                    ? 0
                    : found->second.sum_ms / static_cast<double>(found->second.count) / 2;
            row += fmt::format("{}{:.4f}ms", row.empty() ? "" : " ", ms);
        }
        made.text += row + "\n";
        order += fmt::format("{}{}", order.empty() ? "" : " ", from);
    }
    made.notes = fmt::format(
        "{} of {} servers, the others lack pings; half of the mean round trip of both directions; "
        "servers in this order: {}; --latency-matrix=FILE",
        servers.size(),
        all,
        order);
    return made;
}

Converted from_mahimahi(std::string_view bytes, const std::string& path) {
    constexpr std::uint64_t kBinMs = 100;
    constexpr std::uint64_t kMostMs = 1'000'000'000;
    constexpr double kPacketBits = 8 * 1500;
    std::map<std::uint64_t, std::uint64_t> packets;  // of each bin that has some
    std::uint64_t end_ms = 0;
    const std::vector<std::string> lines = lines_of(bytes);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto ms = parse_number<std::uint64_t>(std::string_view(lines[i]));
        if (!ms || *ms > kMostMs || *ms < end_ms) {
            refuse(path,
                   fmt::format("line {}: got '{}', allowed a whole number of ms, ascending, to 1e9",
                               i + 1,
                               shown(lines[i], 30)));
        }
        end_ms = *ms;
        // A packet at t ms has had the millisecond before for its transmission.
        ++packets[(*ms > 0 ? *ms - 1 : 0) / kBinMs];
    }
    if (end_ms == 0) {
        refuse(path, "no packets up to a time above 0 ms");
    }
    Converted made{.text = "time,rate\n", .notes = {}};
    std::uint64_t next = 0;
    for (const auto& [bin, count] : packets) {
        if (bin > next) {
            made.text += fmt::format("{}ms,down\n", next * kBinMs);
        }
        const std::uint64_t length_ms = std::min(end_ms - bin * kBinMs, kBinMs);
        made.text += fmt::format(
            "{}ms,{:.0f}bps\n",
            bin * kBinMs,
            static_cast<double>(count) * kPacketBits * 1000 / static_cast<double>(length_ms));
        next = bin + 1;
    }
    made.notes = fmt::format(
        "{} s in bins of 100 ms, once: --uplink-trace=mahimahi:FILE reads the trace itself, and "
        "repeats it; --link-trace=FILE",
        static_cast<double>(end_ms) / 1000);
    return made;
}

const std::vector<std::string>& kinds() {
    static const std::vector<std::string> names{
        "fedscale", "flhetbench", "wondernetwork", "mahimahi"};
    return names;
}

Converted convert(std::string_view kind, std::string_view bytes, const std::string& path) {
    if (kind == "fedscale") {
        return from_fedscale(bytes, path);
    }
    if (kind == "flhetbench") {
        return from_flhetbench(bytes, path);
    }
    if (kind == "wondernetwork") {
        return from_wondernetwork(bytes, path);
    }
    if (kind == "mahimahi") {
        return from_mahimahi(bytes, path);
    }
    throw std::invalid_argument(unknown_word("convert", std::string(kind), kinds()));
}

}  // namespace murmur::convert
