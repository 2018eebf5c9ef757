#include "emulator/run/recording.h"

#include "emulator/record/run_sink.h"
#include "emulator/run/run_traces.h"
#include "emulator/tasks/compute_trace.h"

namespace murmur {

void Recording::add_metrics(const Observation& row) const {
    for (RunSink* const sink : sinks) {
        sink->add_metrics(row);
    }
}

void Recording::add_round(const RoundRow& row) const {
    for (RunSink* const sink : sinks) {
        sink->add_round(row);
    }
}

void Recording::know(SimTime known) const {
    if (trace != nullptr) {
        trace->write_before(known + SimTime(1));
    }
    if (traces != nullptr) {
        traces->know(known);
    }
}

}  // namespace murmur
