#pragma once

#include "emulator/base/sim_time.h"

#include <vector>

namespace murmur {

class ComputeTraceWriter;
class ModelFiles;
class PacketFiles;
class RunSink;
class RunTraces;
struct Observation;
struct RoundRow;

/// Who keeps what of a run.
struct Recording {
    std::vector<RunSink*> sinks{};        ///< rows go to each of them, in this order
    ComputeTraceWriter* trace = nullptr;  ///< or null
    ModelFiles* models = nullptr;         ///< or null
    RunTraces* traces = nullptr;          ///< or null
    PacketFiles* packets = nullptr;       ///< or null
    bool writes_checkpoints = false;      ///< as the plan says

    // To all whom it concerns.
    void add_metrics(const Observation& row) const;
    void add_round(const RoundRow& row) const;
    /// Says that the run came as far as `known`: traces up to it can be written.
    void know(SimTime known) const;
};

}  // namespace murmur
