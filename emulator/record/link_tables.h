#pragma once

#include "emulator/base/columns.h"
#include "emulator/base/csv_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace murmur {

// The columns of a table, each with its unit, its meaning and where its value is: the one place
// that knows them.  Names are a promise; further columns may follow.

/// links.csv
struct LinksTable {
    static constexpr std::string_view kFile = "links.csv";
    static constexpr std::string_view kRow =
        "A row per directed link over the whole run; only where links are measured.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("link", "", "number of the link", [](const auto& row) { return row.link.link; });
        add("name", "", "as `--link-trace` takes it, such as node 3 up", [](const auto& row) {
            return csv_text(row.link.name);
        });
        add("place", "", "uplink, downlink or core", [](const auto& row) {
            return row.link.place;
        });
        add("rate_bps", "bit/s", "at the end", [](const auto& row) { return row.link.rate_bps; });
        add("bytes",
            "bytes",
            "that it carried: headers, acknowledgements and repetitions, too",
            [](const auto& row) { return std::round(row.link.bytes); });
        add("busy_s", "s", "it carried something", [](const auto& row) { return row.link.busy_s; });
        add("utilization", "0 to 1", "share of all time in which it did", [](const auto& row) {
            return row.simulated_s > 0 ? row.link.busy_s / row.simulated_s : 0.0;
        });
        add("peak_utilization",
            "0 to 1",
            "share of the fullest bin of link-use.csv",
            [](const auto& row) {
                const auto& use = row.link.utilization;
                return use.empty() ? 0.0 : *std::max_element(use.begin(), use.end());
            });
        add("messages_bound", "", "messages of whose time it took most", [](const auto& row) {
            return row.link.messages_bound;
        });
        add("waited_s",
            "s",
            "for how long messages that it held up most waited behind others",
            [](const auto& row) { return row.link.waited_s; });
        add("packets_lost",
            "",
            "by chance or a full queue; 0 where there are no packets",
            [](const auto& row) { return row.link.packets_lost; });
        add("retransmissions",
            "",
            "segments sent again by those whose messages go over it, wherever they were lost",
            [](const auto& row) { return row.link.retransmissions; });
        add("timeouts",
            "",
            "expiries of the retransmission timers of these senders",
            [](const auto& row) { return row.link.timeouts; });
    }
};

/// link-use.csv
struct LinkUseTable {
    static constexpr std::string_view kFile = "link-use.csv";
    static constexpr std::string_view kRow =
        "A row per link and bin of time (`--link-bins`) in which the link carried anything.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("sim_time_s", "s", "begin of the bin", [](const auto& row) { return row.begin_s; });
        add("duration_s", "s", "its length; the last one may be shorter", [](const auto& row) {
            return row.duration_s;
        });
        add("link", "", "as in links.csv", [](const auto& row) { return row.link; });
        add("utilization",
            "0 to 1",
            "share of the bin in which the link was busy",
            [](const auto& row) { return fmt::format("{:.4g}", row.utilization); });
    }
};

}  // namespace murmur
