#include "emulator/tasks/compute_trace.h"

#include "emulator/tasks/compute_trace_table.h"

#include <algorithm>
#include <tuple>

namespace murmur {

ComputeTraceWriter::ComputeTraceWriter(const std::filesystem::path& path)
    : file_(std::in_place, path, header_of<ComputeTraceTable>()) {}

void ComputeTraceWriter::add(const TaskDescription& task, SimTime duration) {
    if (file_) {
        waiting_.push_back({task, duration});
    }
}

void ComputeTraceWriter::write(const Row& row) {
    file_->add(row_of<ComputeTraceTable>(row));
}

void ComputeTraceWriter::write_before(SimTime until) {
    if (!file_ || waiting_.empty()) {
        return;
    }
    while (!waiting_.empty() && waiting_.front().task.start + waiting_.front().duration < until) {
        write(waiting_.front());
        waiting_.pop_front();
    }
    file_->flush();
}

void ComputeTraceWriter::write_started_before(SimTime until, std::vector<Row> in_progress) {
    if (!file_) {
        return;
    }
    write_before(until);
    std::vector<Row> rows(waiting_.begin(), waiting_.end());
    waiting_.clear();
    rows.insert(rows.end(), in_progress.begin(), in_progress.end());
    // How many were over already depends on how far the simulation has run ahead: in this order the
    // file does not.
    const auto place_of = [](const Row& row) {
        const TaskDescription& task = row.task;
        return std::tuple(task.start + row.duration, task.node, task.cost.kind, task.sequence);
    };
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        return place_of(a) < place_of(b);
    });
    for (const Row& row : rows) {
        if (row.task.start < until) {
            write(row);
        }
    }
    file_->flush();
}

}  // namespace murmur
