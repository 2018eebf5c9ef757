#pragma once

#include "ns3/flow-monitor-helper.h"
#include "ns3/node-container.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Where traces of packets go, and of which nodes they are: a text of `--pcap` or `--ascii-trace`.
struct PacketTrace {
    std::filesystem::path folder;      ///< empty: none; a relative one is in the result folder
    std::vector<std::uint32_t> nodes;  ///< ascending; empty: every ns-3 node, routers too

    [[nodiscard]] bool is_on() const { return !folder.empty(); }
};

/// Reads `DIR` or `DIR,nodes=LIST`.
/// @throws std::invalid_argument  naming `where`
[[nodiscard]] PacketTrace parse_packet_trace(std::string_view where,
                                             std::string_view text,
                                             std::uint32_t num_nodes);

/// What a run writes of its packets, by ns-3's own means: pcap files, ASCII traces, FlowMonitor's
/// XML.  There must be packets.
class PacketFiles {
  public:
    struct Options {
        PacketTrace pcap{};
        PacketTrace ascii{};
        bool flow_monitor = false;
        bool overwrite = false;

        [[nodiscard]] bool is_any() const { return pcap.is_on() || ascii.is_on() || flow_monitor; }
    };

    /// Makes the folders.
    /// @param folder  of the run's results
    /// @throws std::invalid_argument  where one holds files already (unless `overwrite`), or cannot
    ///                                be made
    PacketFiles(const std::filesystem::path& folder, Options options);

    /// Watches the devices that there are now, in ns-3.
    /// @param nodes  ns-3's node of each node that learns
    void watch(const ns3::NodeContainer& nodes);
    /// Writes flow-monitor.xml.
    /// @throws std::runtime_error  where it cannot be written
    void finish();

  private:
    std::filesystem::path folder_;
    Options options_;
    std::unique_ptr<ns3::FlowMonitorHelper> flows_;  ///< null before, and without
};

}  // namespace murmur
