#pragma once

#include "emulator/base/sim_time.h"
#include "emulator/tasks/task.h"

#include <cstdint>

namespace murmur {

/// What a node does with its time, as `TimeUse` counts it.
enum class Occupation : std::uint8_t { kCompute, kCommunication, kIdle, kAway };

/// Is told what the devices of a run do, at the simulated instants at which they do it.
class DeviceWatcher {
  public:
    virtual ~DeviceWatcher() = default;

    /// A task begins; `task.start` is now.  After it was cut off, the same one may begin anew.
    virtual void begin_work(const TaskDescription& task) = 0;
    /// It ends now.
    /// @param is_cut_off  before it was over
    virtual void end_work(const TaskDescription& task, bool is_cut_off) = 0;
    /// A node did this from `begin` until now.  Pieces follow each other without gaps; two of them
    /// may say the same.
    virtual void pass_time(std::uint32_t node, Occupation what, SimTime begin) = 0;
};

}  // namespace murmur
