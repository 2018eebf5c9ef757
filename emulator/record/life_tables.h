#pragma once

#include "emulator/base/columns.h"
#include "emulator/base/sim_time.h"

#include <string_view>

namespace murmur {

// Further columns of the tables of `row_tables.h` and `summary_tables.h`, where nodes come and go,
// and where joules are counted.

/// metrics.csv
struct LifeMetricsTable {
    static constexpr std::string_view kFile = "metrics.csv";
    static constexpr std::string_view kRow = "Where nodes come and go, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("away_s",
            "s",
            "the node was not there, and its device did not work",
            [](const auto& row) { return to_seconds(row.time_use.away); });
        add("rounds_missed",
            "",
            "of `round`: it was not there, or back too late",
            [](const auto& row) { return row.rounds_missed; });
    }
};

/// rounds.csv
struct LifeRoundsTable {
    static constexpr std::string_view kFile = "rounds.csv";
    static constexpr std::string_view kRow =
        "Where nodes come and go, a row is of a round that each node has finished, has missed, or "
        "has left before for good; figures are over those that have finished it, bytes and joules of "
        "the others as last seen. Round 0, the start, is over all nodes. Also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("nodes", "", "that have finished the round", [](const auto& row) { return row.nodes; });
    }
};

/// nodes.csv
struct LifeNodesTable {
    static constexpr std::string_view kFile = "nodes.csv";
    static constexpr std::string_view kRow = "Where nodes come and go, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("present_share", "0 to 1", "of the run in which it was there", [](const auto& row) {
            return row.present_share;
        });
        add("away_s",
            "s",
            "it was not there, and its device did not work",
            [](const auto& row) { return to_seconds(row.totals.time_use.away); });
        add("departures", "", "how often it has left", [](const auto& row) {
            return row.totals.departures;
        });
        add("rounds_missed", "", "rounds that it has not finished", [](const auto& row) {
            return row.totals.rounds_missed;
        });
        add("messages_aborted",
            "",
            "that it sent, and that were under way when it or their receiver left",
            [](const auto& row) { return row.totals.messages_aborted; });
        add("sends_refused",
            "",
            "messages that it would have sent, to nodes that were not there or while it was not",
            [](const auto& row) { return row.totals.sends_refused; });
    }
};

/// summary.json
struct LifeSummaryTable {
    static constexpr std::string_view kFile = "summary.json";
    static constexpr std::string_view kRow = "Where nodes come and go, also, over all nodes:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("present_share", "0 to 1", "mean share of the run in which nodes were there",
            [](const auto& s) { return s.present_share; });
        add("departures", "", "how often nodes have left", [](const auto& s) {
            return s.departures;
        });
        add("rounds_missed", "", "rounds that nodes have not finished", [](const auto& s) {
            return s.rounds_missed;
        });
        add("messages_aborted", "", "under way when an end of theirs left", [](const auto& s) {
            return s.messages_aborted;
        });
        add("sends_refused", "", "messages whose receiver or sender was not there",
            [](const auto& s) { return s.sends_refused; });
    }
};

struct EnergyMetricsTable {
    static constexpr std::string_view kFile = "metrics.csv";
    static constexpr std::string_view kRow = "With `--energy`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("joules", "J", "of the node's device and messages", [](const auto& row) {
            return row.joules;
        });
    }
};

struct EnergyRoundsTable {
    static constexpr std::string_view kFile = "rounds.csv";
    static constexpr std::string_view kRow = "With `--energy`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("joules", "J", "of all nodes since the start", [](const auto& row) {
            return row.joules;
        });
    }
};

struct EnergyNodesTable {
    static constexpr std::string_view kFile = "nodes.csv";
    static constexpr std::string_view kRow = "With `--energy`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("joules", "J", "of its device and messages", [](const auto& row) {
            return row.totals.joules;
        });
    }
};

struct EnergySummaryTable {
    static constexpr std::string_view kFile = "summary.json";
    static constexpr std::string_view kRow = "With `--energy`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("joules", "J", "of all devices and messages", [](const auto& s) { return s.joules; });
    }
};

}  // namespace murmur
