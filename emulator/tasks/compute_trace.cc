#include "emulator/tasks/compute_trace.h"

#include "emulator/tasks/compute_clock.h"

#include <fmt/format.h>

namespace murmur {

ComputeTraceWriter::ComputeTraceWriter(const std::filesystem::path& path)
    : file_(std::in_place, path, kComputeTraceHeader) {}

void ComputeTraceWriter::add(const TaskDescription& task, SimTime duration) {
    if (file_) {
        waiting_.push_back({task, duration});
    }
}

void ComputeTraceWriter::write_before(SimTime until) {
    if (!file_ || waiting_.empty()) {
        return;
    }
    while (!waiting_.empty() && waiting_.front().task.start + waiting_.front().duration < until) {
        const auto& [task, duration] = waiting_.front();
        file_->add(fmt::format("{},{},{},{},{},{}",
                               task.node,
                               task_kind_name(task.cost.kind),
                               task.sequence,
                               task.cost.round,
                               to_seconds(task.start),
                               duration.count()));
        waiting_.pop_front();
    }
    file_->flush();
}

}  // namespace murmur
