#pragma once

#include "emulator/base/columns.h"

#include <optional>
#include <string>
#include <string_view>

namespace murmur {

// The columns of a table, each with its unit, its meaning and where its value is: the one place
// that knows them.  Names are a promise; further columns may follow.

/// summary.json
struct SummaryTable {
    static constexpr std::string_view kFile = "summary.json";
    static constexpr std::string_view kRow =
        "One object, in these words; null where a run has no such figure.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        const auto text = [](const std::string& value) {
            return value.empty() ? std::nullopt : std::optional(value);
        };
        add("status", "", "complete, interrupted, diverged or failed", [](const auto& s) {
            return s.status;
        });
        add("error", "", "why, where it is diverged or failed", [text](const auto& s) {
            return text(s.error);
        });
        add("ended_by", "", "rounds, until or target, where it is complete", [text](const auto& s) {
            return text(s.ended_by);
        });
        add("scenario", "", "name of the scenario", [](const auto& s) { return s.scenario; });
        add("nodes", "", "how many", [](const auto& s) { return s.nodes; });
        add("rounds", "", "that each node was to take", [](const auto& s) { return s.rounds; });
        add("seed", "", "of every random choice", [](const auto& s) { return s.seed; });
        add("workers", "", "threads that learnt", [](const auto& s) { return s.workers; });
        add("simulated_s", "s", "simulated time", [](const auto& s) { return s.simulated_s; });
        add("mean_test_accuracy",
            "0 to 1",
            "of the nodes, at the last evaluation; of tokens the perplexity",
            [](const auto& s) { return s.mean_test_accuracy; });
        add("min_test_accuracy", "0 to 1", "of the worst node", [](const auto& s) {
            return s.min_test_accuracy;
        });
        add("max_test_accuracy", "0 to 1", "of the best node", [](const auto& s) {
            return s.max_test_accuracy;
        });
        add("mean_test_loss", "", "of the nodes, at the last evaluation", [](const auto& s) {
            return s.mean_test_loss;
        });
        add("tested_nodes",
            "",
            "nodes that these figures are over: attackers, nodes left out by `--eval-nodes` and "
            "nodes that were away are not among them",
            [](const auto& s) { return s.tested_nodes; });
        add("consensus_distance",
            "",
            "mean squared distance of the nodes' models from their mean",
            [](const auto& s) { return s.consensus_distance; });
        add("attackers",
            "",
            "of the nodes, by `--attack`; no figure of learning, above or in other files, is about "
            "them",
            [](const auto& s) { return s.attackers; });
        add("messages", "", "that were sent", [](const auto& s) { return s.messages; });
        add("messages_not_finite",
            "",
            "of these: left out of merges, NaN or infinite in some value",
            [](const auto& s) { return s.messages_not_finite; });
        add("messages_in_doubt",
            "",
            "of these: may take longer than this network says, see networks.md",
            [](const auto& s) { return s.messages_in_doubt; });
        add("messages_in_doubt_by_reason",
            "",
            "the same by what they have met first",
            [](const auto& s) { return s.messages_in_doubt_by_reason; });
        add("retransmissions", "", "segments that TCP has sent again", [](const auto& s) {
            return s.retransmissions;
        });
        add("timeouts", "", "expiries of TCP's retransmission timers", [](const auto& s) {
            return s.timeouts;
        });
        add("messages_in_flight",
            "",
            "of all: not yet there when the run ended",
            [](const auto& s) { return s.messages_in_flight; });
        add("bytes_sent", "bytes", "on the wire, by all nodes", [](const auto& s) {
            return s.bytes_sent;
        });
        add("bytes_content", "bytes", "of these, before framing and headers", [](const auto& s) {
            return s.bytes_content;
        });
        add("bytes_metadata",
            "bytes",
            "of the content: indices, seeds, degrees, rounds, notes",
            [](const auto& s) { return s.bytes_metadata; });
        add("events", "", "of the ns-3 simulator", [](const auto& s) { return s.events; });
        cost_columns(add);
        add("protocol_counts",
            "",
            "how often what happened that the protocol counts",
            [](const auto& s) { return s.protocol_counts; });
        add("parameter_hash", "", "of all final parameters in node order", [text](const auto& s) {
            return text(s.parameter_hash);
        });
    }

  private:
    template <class Add>
    static constexpr void cost_columns(Add&& add) {
        add("ranks", "", "processes that ran it together", [](const auto& s) { return s.ranks; });
        add("bytes_between_ranks", "bytes", "that these sent each other", [](const auto& s) {
            return s.bytes_between_ranks;
        });
        add("wall_s", "s", "real time", [](const auto& s) { return s.wall_s; });
        add("cpu_s", "s", "CPU time of all ranks", [](const auto& s) { return s.cpu_s; });
        add("learning_cpu_s", "s", "CPU time inside tasks", [](const auto& s) {
            return s.learning_cpu_s;
        });
        add("simulator_cpu_s",
            "s",
            "CPU time of the simulator's thread, of rank 0",
            [](const auto& s) { return s.simulator_cpu_s; });
        add("held_back_s",
            "s",
            "real time in which it waited for memory that learning frees",
            [](const auto& s) { return s.held_back_s; });
        add("resumed_from_round",
            "",
            "round of the checkpoint that the run went on from, its costs being those since then; "
            "0: it began anew",
            [](const auto& s) { return s.resumed_from_round; });
        add("peak_rss_bytes", "bytes", "memory of a rank, at most", [](const auto& s) {
            return s.peak_rss_bytes;
        });
    }
};

/// Further fields of summary.json, where nodes have tested themselves on data of their own.
struct OwnSummaryTable {
    static constexpr std::string_view kFile = "summary.json";
    static constexpr std::string_view kRow = "With `--evaluate=own` or `both`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("mean_own_test_accuracy",
            "0 to 1",
            "of the nodes, on their own test data",
            [](const auto& s) { return s.mean_own_test_accuracy; });
        add("min_own_test_accuracy", "0 to 1", "of the worst node", [](const auto& s) {
            return s.min_own_test_accuracy;
        });
        add("max_own_test_accuracy", "0 to 1", "of the best node", [](const auto& s) {
            return s.max_own_test_accuracy;
        });
        add("mean_own_test_loss", "", "of the nodes, on their own test data", [](const auto& s) {
            return s.mean_own_test_loss;
        });
    }
};

/// Further fields of summary.json, where training is private.
struct PrivacySummaryTable {
    static constexpr std::string_view kFile = "summary.json";
    static constexpr std::string_view kRow = "With `--privacy=dp-sgd`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("max_epsilon",
            "",
            "of the node whose steps tell most of one of its samples; null without noise",
            [](const auto& s) { return s.max_epsilon; });
        add("mean_epsilon", "", "of the nodes that have samples", [](const auto& s) {
            return s.mean_epsilon;
        });
        add("delta", "", "of both, as the option says", [](const auto& s) { return s.delta; });
    }
};

/// comparison.csv
struct ComparisonTable {
    static constexpr std::string_view kFile = "comparison.csv";
    static constexpr std::string_view kRow =
        "A row per variant of a scenario that compares, beside the variants' folders.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("variant", "", "its name, and its folder's", [](const auto& row) {
            return row.variant;
        });
        add("status", "", "as in summary.json", [](const auto& row) { return row.summary.status; });
        add("simulated_s", "s", "simulated time", [](const auto& row) {
            return row.summary.simulated_s;
        });
        add("bytes_sent", "bytes", "on the wire", [](const auto& row) {
            return row.summary.bytes_sent;
        });
        add("test_accuracy", "0 to 1", "mean over the nodes, at the end", [](const auto& row) {
            return row.summary.mean_test_accuracy;
        });
        add("test_loss", "", "the same", [](const auto& row) {
            return row.summary.mean_test_loss;
        });
        add("common_accuracy",
            "0 to 1",
            "the highest whole percentage that all variants have reached",
            [](const auto& row) { return row.common_accuracy; });
        add("common_loss",
            "",
            "the lowest loss in hundredths that all have reached, where there is no accuracy",
            [](const auto& row) { return row.common_loss; });
        add("time_to_common_s",
            "s",
            "simulated time until the mean over the nodes first had reached it",
            [](const auto& row) { return row.to_common.time_s; });
        add("bytes_to_common", "bytes", "sent by then", [](const auto& row) {
            return row.to_common.bytes;
        });
        add("peak_bps",
            "bit/s",
            "that a link carried, in the fullest bin of `link-use.csv`; empty where links are not "
            "measured",
            [](const auto& row) { return row.peak_bps; });
        add("peak_rss_bytes", "bytes", "memory, at most", [](const auto& row) {
            return row.summary.peak_rss_bytes;
        });
    }
};

}  // namespace murmur
