#pragma once

#include "tests/reality/outcome.h"
#include "tests/reality/real_relay.h"

namespace murmur::reality {

/// Sends a job between real hosts by plain TCP, from this thread, which has sockets in all of them
/// and so one clock. One round: all connect at once, and each writes its message as soon as it is
/// connected. Several: as RealityJob says, over the same connections.
/// @throws std::runtime_error  if nothing happens for a minute
[[nodiscard]] Outcome send_for_real(const RealHosts& hosts,
                                    const RealityJob& job,
                                    RealRelay& relay);

}  // namespace murmur::reality
