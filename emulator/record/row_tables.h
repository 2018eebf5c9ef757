#pragma once

#include "emulator/base/columns.h"
#include "emulator/base/sim_time.h"

#include <limits>
#include <optional>
#include <string_view>

namespace murmur {

// The columns of a table, each with its unit, its meaning and where its value is: the one place
// that knows them.  Names are a promise; further columns may follow.

/// metrics.csv
struct MetricsTable {
    static constexpr std::string_view kFile = "metrics.csv";
    static constexpr std::string_view kRow =
        "A row per evaluated node and round, ordered by simulated time, then node. Bytes and "
        "seconds are totals since the start.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("sim_time_s",
            "s",
            "simulated instant at which the node finished the round",
            [](const auto& row) { return to_seconds(row.time); });
        add("node", "", "number of the node, from 0", [](const auto& row) { return row.node; });
        add("round", "", "rounds that the node has finished; 0: the start", [](const auto& row) {
            return row.rounds;
        });
        add("train_loss",
            "",
            "mean loss of its latest training, before each step; empty before any",
            [](const auto& row) {
                return row.train_loss ? row.train_loss.value()
                                      : std::numeric_limits<double>::quiet_NaN();
            });
        add("test_loss", "", "mean loss over the common test set", [](const auto& row) {
            return row.evaluation.value().loss;
        });
        add("test_accuracy",
            "0 to 1",
            "share of the common test set that is right; of tokens the perplexity; empty for a "
            "regression",
            [](const auto& row) { return row.evaluation.value().accuracy; });
        add("bytes_sent", "bytes", "on the wire, headers included", [](const auto& row) {
            return row.bytes_sent;
        });
        add("bytes_received", "bytes", "on the wire, headers included", [](const auto& row) {
            return row.bytes_received;
        });
        add("compute_s", "s", "its device worked", [](const auto& row) {
            return to_seconds(row.time_use.compute);
        });
        add("communication_s",
            "s",
            "it did not, and a message to or from it was under way",
            [](const auto& row) { return to_seconds(row.time_use.communication); });
        add("idle_s", "s", "neither", [](const auto& row) {
            return to_seconds(row.time_use.idle);
        });
        add("samples_learnt",
            "",
            "training samples that it learnt from, each as often as it did",
            [](const auto& row) { return row.samples; });
        add("tokens_learnt",
            "",
            "the same in tokens; empty where samples are no texts of them",
            [](const auto& row) { return row.tokens; });
    }
};

/// Further columns of metrics.csv, where nodes test themselves on data of their own.
struct OwnMetricsTable {
    static constexpr std::string_view kFile = "metrics.csv";
    static constexpr std::string_view kRow = "With `--evaluate=own` or `both`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("own_test_loss", "", "mean loss over the node's own test data", [](const auto& row) {
            return row.evaluation.value().own_loss;
        });
        add("own_test_accuracy", "0 to 1", "share of these that is right", [](const auto& row) {
            return row.evaluation.value().own_accuracy;
        });
        add("own_test_samples", "", "how many these are", [](const auto& row) {
            return row.evaluation.value().own_samples;
        });
    }
};

/// rounds.csv
struct RoundsTable {
    static constexpr std::string_view kFile = "rounds.csv";
    static constexpr std::string_view kRow =
        "A row per round that all nodes have finished. Figures of tests are over the evaluated "
        "nodes, empty in rounds without evaluation; standard deviations are those of the "
        "population. The slowest message is the one of the round that took longest, from sending "
        "to "
        "its last byte; empty where links are not measured.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("round", "", "rounds done; 0: the start", [](const auto& row) { return row.round; });
        add("sim_time_min_s", "s", "the first node finished the round", [](const auto& row) {
            return row.time_s.min;
        });
        add("sim_time_mean_s", "s", "mean over the nodes", [](const auto& row) {
            return row.time_s.mean;
        });
        add("sim_time_max_s", "s", "the last node did", [](const auto& row) {
            return row.time_s.max;
        });
        add("test_accuracy_mean", "0 to 1", "mean over the nodes", [](const auto& row) {
            return row.accuracy.mean;
        });
        add("test_accuracy_min", "0 to 1", "of the worst node", [](const auto& row) {
            return row.accuracy.min;
        });
        add("test_accuracy_max", "0 to 1", "of the best node", [](const auto& row) {
            return row.accuracy.max;
        });
        add("test_accuracy_std",
            "0 to 1",
            "standard deviation over the nodes",
            [](const auto& row) { return row.accuracy.std; });
        add("test_loss_mean", "", "mean over the nodes", [](const auto& row) {
            return row.loss.mean;
        });
        add("test_loss_min", "", "lowest of a node", [](const auto& row) { return row.loss.min; });
        add("test_loss_max", "", "highest of a node", [](const auto& row) { return row.loss.max; });
        add("test_loss_std", "", "standard deviation over the nodes", [](const auto& row) {
            return row.loss.std;
        });
        add("train_loss_mean", "", "mean of the nodes' training losses", [](const auto& row) {
            return row.train_loss_mean;
        });
        add("consensus_distance",
            "",
            "mean squared distance of the nodes' models from their mean",
            [](const auto& row) { return row.consensus_distance; });
        add("bytes_sent",
            "bytes",
            "by all nodes since the start, on the wire",
            [](const auto& row) { return row.bytes_sent; });
        add("bytes_content", "bytes", "of these, before framing and headers", [](const auto& row) {
            return row.bytes_content;
        });
        slowest_columns(add);
        add("samples_learnt",
            "",
            "training samples that all nodes learnt from since the start",
            [](const auto& row) { return row.samples; });
        add("tokens_learnt",
            "",
            "the same in tokens; empty where samples are no texts of them",
            [](const auto& row) { return row.tokens; });
    }

  private:
    template <class Add>
    static constexpr void slowest_columns(Add&& add) {
        const auto part = [](auto get) {
            return [get](const auto& row) { return if_there(row.slowest, get); };
        };
        add("slowest_s", "s", "how long the slowest message took", part([](const auto& slowest) {
                return slowest.time.total();
            }));
        add("slowest_from", "", "node that sent it", part([](const auto& slowest) {
                return slowest.from;
            }));
        add("slowest_to", "", "node that it went to", part([](const auto& slowest) {
                return slowest.to;
            }));
        add("slowest_bytes", "bytes", "its content", part([](const auto& slowest) {
                return slowest.bytes;
            }));
        add("slowest_bound",
            "",
            "what took most of its time: uplink, downlink, core, latency or window",
            part([](const auto& slowest) { return slowest.bound; }));
        add("slowest_link",
            "",
            "busiest link of its path, as in links.csv",
            part([](const auto& slowest) { return slowest.link; }));
        add("slowest_own_s",
            "s",
            "that link carried the message itself",
            part([](const auto& slowest) { return slowest.time.own_s; }));
        add("slowest_others_s",
            "s",
            "that link carried bytes of others before it",
            part([](const auto& slowest) { return slowest.time.others_s; }));
        add("slowest_latency_s", "s", "propagation", part([](const auto& slowest) {
                return slowest.time.latency_s;
            }));
        add("slowest_window_s",
            "s",
            "the rest: connection set-up, slow start, windows, losses",
            part([](const auto& slowest) { return slowest.time.window_s; }));
    }
};

/// Further columns of rounds.csv, where nodes test themselves on data of their own.
struct OwnRoundsTable {
    static constexpr std::string_view kFile = "rounds.csv";
    static constexpr std::string_view kRow = "With `--evaluate=own` or `both`, also:";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("own_test_accuracy_mean",
            "0 to 1",
            "mean over the nodes that have test data of their own",
            [](const auto& row) { return row.own_accuracy.mean; });
        add("own_test_accuracy_min", "0 to 1", "of the worst of them", [](const auto& row) {
            return row.own_accuracy.min;
        });
        add("own_test_accuracy_max", "0 to 1", "of the best of them", [](const auto& row) {
            return row.own_accuracy.max;
        });
        add("own_test_accuracy_std", "0 to 1", "standard deviation over them", [](const auto& row) {
            return row.own_accuracy.std;
        });
        add("own_test_loss_mean", "", "mean over them", [](const auto& row) {
            return row.own_loss.mean;
        });
        add("own_test_loss_min", "", "lowest of a node", [](const auto& row) {
            return row.own_loss.min;
        });
        add("own_test_loss_max", "", "highest of a node", [](const auto& row) {
            return row.own_loss.max;
        });
        add("own_test_loss_std", "", "standard deviation over them", [](const auto& row) {
            return row.own_loss.std;
        });
    }
};

/// nodes.csv
struct NodesTable {
    static constexpr std::string_view kFile = "nodes.csv";
    static constexpr std::string_view kRow =
        "A row per node at the end of the run. Rates are empty without an access link of its own, "
        "transfers where links are not measured.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        const auto rate = [](double bps) { return bps > 0 ? std::optional(bps) : std::nullopt; };
        const auto part = [](auto get) {
            return [get](const auto& row) { return if_there(row.totals.transfers, get); };
        };
        add("node", "", "number of the node", [](const auto& row) { return row.node; });
        add("speed", "", "of its device, beside the reference", [](const auto& row) {
            return row.speed;
        });
        add("uplink_bps", "bit/s", "of its access link, at the start", [rate](const auto& row) {
            return rate(row.up_bps);
        });
        add("downlink_bps", "bit/s", "the same", [rate](const auto& row) {
            return rate(row.down_bps);
        });
        add("bytes_sent", "bytes", "on the wire", [](const auto& row) {
            return row.totals.bytes_sent;
        });
        add("bytes_received", "bytes", "on the wire", [](const auto& row) {
            return row.totals.bytes_received;
        });
        add("compute_s", "s", "its device worked", [](const auto& row) {
            return to_seconds(row.totals.time_use.compute);
        });
        add("communication_s",
            "s",
            "it did not, and a message to or from it was under way",
            [](const auto& row) { return to_seconds(row.totals.time_use.communication); });
        add("idle_s", "s", "neither", [](const auto& row) {
            return to_seconds(row.totals.time_use.idle);
        });
        add("samples", "", "that it trains on", [](const auto& row) { return row.samples; });
        add("transfers",
            "",
            "messages that it sent and that have arrived",
            part([](const auto& transfers) { return transfers.messages; }));
        add("transfer_own_s",
            "s",
            "of their time: the busiest link carried them",
            part([](const auto& transfers) { return transfers.time.own_s; }));
        add("transfer_others_s",
            "s",
            "it carried others before them",
            part([](const auto& transfers) { return transfers.time.others_s; }));
        add("transfer_latency_s", "s", "propagation", part([](const auto& transfers) {
                return transfers.time.latency_s;
            }));
        add("transfer_window_s",
            "s",
            "the rest: set-up, slow start, windows, losses",
            part([](const auto& transfers) { return transfers.time.window_s; }));
        add("attacker", "", "1: it attacks, by `--attack`", [](const auto& row) {
            return row.totals.is_attacker ? 1 : 0;
        });
        add("steps", "", "of its optimizer, in all its training", [](const auto& row) {
            return row.totals.steps;
        });
        add("epsilon",
            "",
            "what its steps tell of one of its samples, (epsilon, delta)-privately; empty without "
            "`--privacy`, inf without noise",
            [](const auto& row) { return row.epsilon; });
    }
};

/// labels.csv
struct LabelsTable {
    static constexpr std::string_view kFile = "labels.csv";
    static constexpr std::string_view kRow =
        "A row per node and label that it has training samples of; only where samples have labels.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("node", "", "number of the node", [](const auto& row) { return row.node; });
        add("label", "", "class of the samples, from 0", [](const auto& row) { return row.label; });
        add("samples", "", "that it trains on", [](const auto& row) { return row.samples; });
    }
};

/// exchanges.csv
struct ExchangesTable {
    static constexpr std::string_view kFile = "exchanges.csv";
    static constexpr std::string_view kRow =
        "A row per number of messages that some node sent or received in some round, over all "
        "rounds that all nodes have finished: the out- and in-degrees of what messages follow.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("messages", "", "of one node in one round", [](const auto& row) {
            return row.messages;
        });
        add("sent",
            "",
            "pairs of a node and a round in which it sent so many",
            [](const auto& row) { return row.sent; });
        add("received",
            "",
            "the same of messages to it, sent before all nodes had finished the round",
            [](const auto& row) { return row.received; });
    }
};

}  // namespace murmur
