#include "emulator/tasks/compute_trace.h"

#include <fmt/format.h>

namespace murmur {

ComputeTraceWriter::ComputeTraceWriter(const std::filesystem::path& path)
    : file_(std::in_place, path, kComputeTraceHeader) {}

void ComputeTraceWriter::add(const ComputeJob& job, SimTime start, SimTime duration) {
    if (file_) {
        waiting_.push_back({job, start, duration});
    }
}

void ComputeTraceWriter::write_before(SimTime until) {
    if (!file_ || waiting_.empty()) {
        return;
    }
    while (!waiting_.empty() && waiting_.front().start + waiting_.front().duration < until) {
        const auto& [job, start, duration] = waiting_.front();
        file_->add(fmt::format("{},{},{},{},{},{}",
                               job.node,
                               task_kind_name(job.kind),
                               job.sequence,
                               job.round,
                               to_seconds(start),
                               duration.count()));
        waiting_.pop_front();
    }
    file_->flush();
}

}  // namespace murmur
