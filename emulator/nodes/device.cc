#include "emulator/nodes/device.h"

#include <optional>
#include <utility>

namespace murmur {

std::size_t Device::lane_of(TaskKind kind) const {
    return overlaps_training_ && kind != TaskKind::kTrain ? 1 : 0;
}

bool Device::is_over_before(const Cost& cost, SimTime instant) const {
    const Lane& lane = lanes_[lane_of(cost.kind)];
    if (is_away_ || lane.is_busy || lane.is_cut_off || !lane.queue.empty()) {
        return false;
    }
    const std::optional<SimTime> duration = bridge_.known_duration(
        {.node = node_,
         .start = Bridge::now(),
         .cost = cost,
         .sequence = sequence_[static_cast<std::size_t>(cost.kind)]});
    return duration && *duration < instant - Bridge::now();
}

void Device::run(Work work) {
    Lane& lane = lanes_[lane_of(work.cost.kind)];
    lane.queue.push_back(std::move(work));
    start_next(lane);
}

void Device::start_next(Lane& lane) {
    if (is_away_ || lane.is_busy || lane.queue.empty()) {
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
    if (watcher_ != nullptr) {
        watcher_->begin_work(task);
    }
    lane.complete = std::move(work.complete);
    lane.running.output = bridge_.run(task, work, end_of(lane));
}

Bridge::Completion Device::end_of(Lane& lane) {
    return [this, &lane, attempt = ++lane.attempt](SimTime duration) {
        if (lane.attempt == attempt) {
            finish(lane, duration);
        }
    };
}

void Device::finish(Lane& lane, SimTime duration) {
    trace_.add(lane.running.task, duration);
    if (watcher_ != nullptr) {
        watcher_->end_work(lane.running.task, false);
    }
    account();
    lane.is_busy = false;
    lane.running = {};  // or it keeps a model that nobody needs
    const std::function<void()> complete = std::exchange(lane.complete, {});
    complete();
    start_next(lane);
}

void Device::pause(bool loses_work) {
    account();
    is_away_ = true;
    for (Lane& lane : lanes_) {
        if (lane.is_busy && loses_work) {
            if (watcher_ != nullptr) {
                watcher_->end_work(lane.running.task, true);
            }
            ++lane.attempt;
            lane.is_busy = false;
            lane.is_cut_off = true;
        }
    }
}

void Device::resume() {
    account();
    is_away_ = false;
    for (Lane& lane : lanes_) {
        if (std::exchange(lane.is_cut_off, false)) {
            lane.is_busy = true;
            lane.running.task.start = Bridge::now();
            if (watcher_ != nullptr) {
                watcher_->begin_work(lane.running.task);
            }
            bridge_.take_time_again(lane.running.task, lane.running.output, end_of(lane));
        } else {
            start_next(lane);
        }
    }
}

void Device::drop() {
    account();
    for (Lane& lane : lanes_) {
        lane.queue.clear();
        if (lane.is_busy && watcher_ != nullptr) {
            watcher_->end_work(lane.running.task, true);
        }
        if (lane.is_busy || lane.is_cut_off) {
            // A replay counts it among the tasks of the device; rows are in the order of their end.
            const SimTime duration =
                bridge_.await_duration(lane.running.task, lane.running.output);
            lane.running.task.start = Bridge::now() - duration;
            trace_.add(lane.running.task, duration);
        }
        ++lane.attempt;
        lane.is_busy = false;
        lane.is_cut_off = false;
        lane.running = {};
        lane.complete = {};
    }
}

std::vector<Device::Running> Device::running() const {
    std::vector<Running> running;
    for (const Lane& lane : lanes_) {
        if (lane.is_busy || lane.is_cut_off) {
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

Occupation Device::occupation() const {
    if (is_busy()) {
        return Occupation::kCompute;
    }
    if (is_away_) {
        return Occupation::kAway;
    }
    return in_transit_ > 0 ? Occupation::kCommunication : Occupation::kIdle;
}

void Device::account() {
    const SimTime begin = accounted_until_;
    const SimTime elapsed = Bridge::now() - begin;
    accounted_until_ += elapsed;
    time_use_.absent += is_away_ ? elapsed : SimTime(0);
    const Occupation what = occupation();
    switch (what) {
        case Occupation::kCompute:
            time_use_.compute += elapsed;
            break;
        case Occupation::kCommunication:
            time_use_.communication += elapsed;
            break;
        case Occupation::kIdle:
            time_use_.idle += elapsed;
            break;
        case Occupation::kAway:
            time_use_.away += elapsed;
            break;
    }
    if (watcher_ != nullptr && elapsed > SimTime(0)) {
        watcher_->pass_time(node_, what, begin);
    }
}

}  // namespace murmur
