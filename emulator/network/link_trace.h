#pragma once

#include "ns3/link-schedule.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace murmur {

using LinkTracePtr = std::shared_ptr<const ns3::murmuration::LinkTrace>;

/// The changes of one link of a CSV file.
struct NamedLinkTrace {
    std::string link;      ///< as the file names it; empty: every link
    std::size_t line = 0;  ///< where the file names it first
    LinkTracePtr trace;
};

/// Reads a CSV file of link changes: a header with `time`, with `rate` or `latency` or both, and
/// where links differ `link`, in any order; the rows of a link by time.  `time` and `latency` are
/// times with units, `rate` is a data rate or the word `down` (or 0); an empty rate or latency
/// stays as it is.  A unit may stand in the header instead, as in `time_s`, `latency_ms` or
/// `rate_mbps`. Cells are apart by commas, or where the header has none by semicolons or tabs, and
/// may stand in quotes; empty lines and lines that begin with # are passed over.
/// @param where  what messages begin with: "--link-trace"
/// @throws std::invalid_argument  "where: FILE:LINE: ..." on a header, a number of fields, a value
///                                or an order that is not as above
[[nodiscard]] std::vector<NamedLinkTrace> read_link_traces(const std::string& where,
                                                           const std::string& path);

/// Reads a Mahimahi trace: each line is a time in ms at which a packet of 1500 bytes can leave; the
/// last one is the length of the trace, which then starts again [Netravali, 2015].  The rate of a
/// bin is what can leave in it; a bin in which nothing can is down.  Empty lines and lines that
/// begin with # are passed over.
/// @param bin_s  length of a bin in seconds, from 1 ms up
/// @throws std::invalid_argument  "where: FILE:LINE: ..." on anything but whole numbers in order,
///                                and on a trace without packets or length
/// - [Netravali, 2015] R. Netravali et al. Mahimahi: accurate record-and-replay for HTTP. USENIX
///   ATC 2015.
[[nodiscard]] LinkTracePtr read_mahimahi_trace(const std::string& where,
                                               const std::string& path,
                                               double bin_s);

/// Says what was made of a Mahimahi trace: its length, its mean rate, and how long it is down.
[[nodiscard]] std::string describe_mahimahi(const std::string& path,
                                            const ns3::murmuration::LinkTrace& trace);

}  // namespace murmur
