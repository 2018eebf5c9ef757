#pragma once

#include "tests/bench/job.h"

#include "ns3/message-transport.h"
#include "ns3/underlay.h"

#include <vector>

namespace murmur::bench {

/// When a message was sent and when its last byte arrived, in simulated seconds; `arrived_s` is
/// not a number if it failed or, following one that failed, was never sent.
struct Passage {
    double sent_s;
    double arrived_s;
};

/// Returns the wide-area underlay of these nodes.
[[nodiscard]] ns3::Ptr<ns3::murmuration::Underlay> wide_area(const std::vector<Access>& nodes);

/// Sends the messages and runs the simulation to its end.
/// @return one per message
/// @pre the transport has sent nothing yet
[[nodiscard]] std::vector<Passage> carry(ns3::murmuration::MessageTransport& transport,
                                         const std::vector<JobMessage>& messages);

}  // namespace murmur::bench
