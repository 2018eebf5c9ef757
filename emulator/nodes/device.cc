#include "emulator/nodes/device.h"

#include <utility>

namespace murmur {

Device::Lane& Device::lane_of(TaskKind kind) {
    return lanes_[overlaps_training_ && kind != TaskKind::kTrain ? 1 : 0];
}

void Device::run(Work work) {
    Lane& lane = lane_of(work.cost.kind);
    lane.queue.push_back(std::move(work));
    start_next(lane);
}

void Device::start_next(Lane& lane) {
    if (lane.is_busy || lane.queue.empty()) {
        return;
    }
    Work work = std::move(lane.queue.front());
    lane.queue.pop_front();
    account();
    lane.is_busy = true;
    const TaskDescription task{.node = node_,
                               .start = Bridge::now(),
                               .cost = work.cost,
                               .sequence = sequence_[static_cast<std::size_t>(work.cost.kind)]++,
                               .output_bytes = work.output_bytes};
    lane.running.task = task;
    lane.running.output = bridge_.run(
        task, work, [this, &lane, task, complete = std::move(work.complete)](SimTime duration) {
            trace_.add(task, duration);
            account();
            lane.is_busy = false;
            lane.running = {};  // or it keeps a model that nobody needs
            complete();
            start_next(lane);
        });
}

std::vector<Device::Running> Device::running() const {
    std::vector<Running> running;
    for (const Lane& lane : lanes_) {
        if (lane.is_busy) {
            running.push_back(lane.running);
        }
    }
    return running;
}

const TimeUse& Device::time_use() {
    account();
    return time_use_;
}

void Device::change_transit(int change) {
    account();
    in_transit_ += change;
}

void Device::account() {
    const SimTime elapsed = Bridge::now() - accounted_until_;
    accounted_until_ += elapsed;
    if (is_busy()) {
        time_use_.compute += elapsed;
    } else if (in_transit_ > 0) {
        time_use_.communication += elapsed;
    } else {
        time_use_.idle += elapsed;
    }
}

}  // namespace murmur
