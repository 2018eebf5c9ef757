#include "emulator/run/experiment_options.h"

namespace murmur {

ExperimentOptions::operator NetworkOptions() const {
    return {.nodes = nodes,
            .network = network,
            .underlay = underlay,
            .rate = rate,
            .downlink_rate = downlink_rate,
            .latency = latency,
            .latency_matrix = latency_matrix,
            .attach = attach,
            .jitter = jitter,
            .loss = loss,
            .uplink_queue = uplink_queue,
            .downlink_queue = downlink_queue,
            .tcp = tcp,
            .link_trace = link_trace,
            .uplink_trace = uplink_trace,
            .downlink_trace = downlink_trace,
            .seed = seed};
}

ExperimentOptions::operator ProtocolOptions() const {
    return {.nodes = nodes,
            .topology = topology,
            .weights = weights,
            .protocol = protocol,
            .sharing = sharing,
            .codec = codec,
            .aggregation = aggregation,
            .underlay = underlay};
}

ExperimentOptions::operator OptionValues() const {
    OptionValues values;
    for_each_option(*this, [&](const char* name, const auto& field, auto...) {
        values.emplace_back(name, option_value(field));
    });
    return values;
}

}  // namespace murmur
