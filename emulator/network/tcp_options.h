#pragma once

#include "ns3/link-queue.h"
#include "ns3/tcp-settings.h"

#include <string>
#include <string_view>

namespace murmur {

/// Reads a queue: parts apart by colons, in any order and each once at most: a place (`behind`,
/// `host`), a size (`100p`, `64kB`, `50ms`), a discipline (`drop-tail`, `codel`, `fq-codel`), and
/// `target=TIME,interval=TIME` of the latter two.
/// @param where  the option, for messages
/// @throws std::invalid_argument  naming the part that is wrong, and what is allowed
[[nodiscard]] ns3::murmuration::LinkQueue parse_queue(std::string_view where,
                                                      std::string_view text);

/// Reads `--tcp`: a congestion control (`cubic`, `newreno`, `bbr`), `initial-window=SEGMENTS`,
/// `min-rto=TIME`, `slow-start-after-idle=BOOL`, `ecn=BOOL`, apart by commas, each once at most.
/// @throws std::invalid_argument  naming the part that is wrong, and what is allowed
[[nodiscard]] ns3::murmuration::TcpSettings parse_tcp(std::string_view where,
                                                      std::string_view text);

}  // namespace murmur
