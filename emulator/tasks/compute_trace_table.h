#pragma once

#include "emulator/base/columns.h"
#include "emulator/base/sim_time.h"

#include <string_view>

namespace murmur {

/// compute-trace.csv
struct ComputeTraceTable {
    static constexpr std::string_view kFile = "compute-trace.csv";
    static constexpr std::string_view kRow = "A row per task, in the order of completion.";

    template <class Add>
    static constexpr void columns(Add&& add) {
        add("node", "", "whose device it ran on", [](const auto& row) { return row.task.node; });
        add("task", "", "train, encode or merge", [](const auto& row) {
            return task_kind_name(row.task.cost.kind);
        });
        add("sequence",
            "",
            "how many tasks of this kind the node's device ran before",
            [](const auto& row) { return row.task.sequence; });
        add("round",
            "",
            "in which it was, counted from 0; for readers, a replay does not heed it",
            [](const auto& row) { return row.task.cost.round; });
        add("start_s",
            "s",
            "simulated instant at which it started; for readers, too",
            [](const auto& row) { return to_seconds(row.task.start); });
        add("duration_ns", "ns", "simulated time that it took", [](const auto& row) {
            return row.duration.count();
        });
    }
};

}  // namespace murmur
