#include "emulator/tasks/compute_trace.h"

#include <fmt/format.h>

namespace murmur {

ComputeTraceWriter::ComputeTraceWriter(const std::filesystem::path& path)
    : file_(std::in_place, path, kComputeTraceHeader) {}

void ComputeTraceWriter::add(const ComputeJob& job, SimTime start, SimTime duration) {
    if (file_) {
        file_->add(fmt::format("{},{},{},{},{},{}",
                               job.node,
                               task_kind_name(job.kind),
                               job.sequence,
                               job.round,
                               to_seconds(start),
                               duration.count()));
    }
}

void ComputeTraceWriter::flush() {
    if (file_) {
        file_->flush();
    }
}

}  // namespace murmur
