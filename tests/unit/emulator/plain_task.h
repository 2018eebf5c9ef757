#pragma once

#include "emulator/tasks/bridge.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace murmur::test {

/// A task of a test, that makes nothing but its effects.
using TaskRef = Handle<Done>;

/// What such a task does, and after which others.
struct TaskSpec {
    TaskKind kind = TaskKind::kTrain;
    std::uint32_t node = 0;
    SimTime start{0};
    std::size_t output_bytes = 0;
    std::vector<TaskRef> after{};  ///< empty ones are skipped
    std::function<void(unsigned worker)> run{};
};

[[nodiscard]] inline TaskDescription describe(const TaskSpec& spec) {
    return {.node = spec.node,
            .start = spec.start,
            .cost = {.kind = spec.kind},
            .output_bytes = spec.output_bytes};
}

inline TaskRef submit(TaskGraph& graph, const TaskDescription& description, TaskSpec spec) {
    std::erase_if(spec.after, [](const TaskRef& task) { return !task; });
    return graph.submit(
        description,
        [run = std::move(spec.run)](unsigned worker, const std::vector<Done>&) { run(worker); },
        WorkerNumber{},
        std::move(spec.after));
}
inline TaskRef submit(TaskGraph& graph, TaskSpec spec) {
    const TaskDescription description = describe(spec);
    return submit(graph, description, std::move(spec));
}

/// Runs such a task on the simulated device that `device` describes.
inline TaskRef run(Bridge& bridge,
                   TaskSpec spec,
                   TaskDescription device,
                   Bridge::Completion on_complete) {
    device.start = spec.start;
    TaskRef made;
    const Work work{.submit = [&made, &spec](TaskGraph& graph, const TaskDescription& description) {
        made = submit(graph, description, std::move(spec));
        return made;
    }};
    bridge.run(device, work, std::move(on_complete));
    return made;
}

/// Submits such a task as an observation.
inline TaskRef observe(Bridge& bridge, TaskSpec spec) {
    return bridge.observe(
        describe(spec), [run = spec.run](unsigned worker) { run(worker); }, WorkerNumber{});
}

}  // namespace murmur::test
