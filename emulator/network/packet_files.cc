#include "emulator/network/packet_files.h"

#include "emulator/base/node_list.h"
#include "tools/text/words.h"

#include "ns3/packet-trace-helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace murmur {

namespace {

namespace fs = std::filesystem;

/// ns-3 ends the process where it cannot open a file, so that this is looked at before.
fs::path make_folder(std::string_view where, const fs::path& folder, bool overwrite) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw std::invalid_argument(
            fmt::format("{}: cannot create {}: {}", where, folder.string(), error.message()));
    }
    if (!overwrite && !fs::is_empty(folder, error)) {
        throw std::invalid_argument(
            fmt::format("{}: {} holds files already; choose another folder, or --overwrite",
                        where,
                        folder.string()));
    }
    const fs::path probe = folder / ".write-probe";
    if (!std::ofstream(probe)) {
        throw std::invalid_argument(
            fmt::format("{}: cannot write into {}", where, folder.string()));
    }
    fs::remove(probe, error);
    return folder;
}

ns3::NodeContainer traced_nodes(const PacketTrace& trace, const ns3::NodeContainer& nodes) {
    if (trace.nodes.empty()) {
        return ns3::NodeContainer::GetGlobal();
    }
    if (nodes.GetN() == 0) {
        throw std::runtime_error(
            "the network of this program does not tell which ns-3 nodes learn; name no nodes");
    }
    ns3::NodeContainer chosen;
    for (const std::uint32_t node : trace.nodes) {
        chosen.Add(nodes.Get(node));
    }
    return chosen;
}

}  // namespace

PacketTrace parse_packet_trace(std::string_view where,
                               std::string_view text,
                               std::uint32_t num_nodes) {
    constexpr std::string_view kNodes = ",nodes=";
    PacketTrace trace;
    const std::size_t end = std::min(text.find(kNodes), text.size());
    trace.folder = std::string(text.substr(0, end));
    if (text.empty()) {
        return trace;
    }
    if (end == 0 || trace.folder.string().find(',') != std::string::npos) {
        throw std::invalid_argument(fmt::format(
            "{}: got '{}', allowed DIR or DIR,nodes=LIST such as 0,3-5", where, shown(text)));
    }
    if (end < text.size()) {
        trace.nodes = parse_nodes(where, text.substr(end + kNodes.size()), num_nodes);
    }
    return trace;
}

PacketFiles::PacketFiles(const fs::path& folder, Options options)
    : folder_(folder), options_(std::move(options)) {
    // An absolute path stays what it is.
    if (options_.pcap.is_on()) {
        options_.pcap.folder =
            make_folder("--pcap", folder / options_.pcap.folder, options_.overwrite);
    }
    if (options_.ascii.is_on()) {
        options_.ascii.folder =
            make_folder("--ascii-trace", folder / options_.ascii.folder, options_.overwrite);
    }
}

void PacketFiles::watch(const ns3::NodeContainer& nodes) {
    ns3::murmuration::PacketTraceHelper helper;
    if (options_.pcap.is_on()) {
        helper.EnablePcap((options_.pcap.folder / "node").string(),
                          traced_nodes(options_.pcap, nodes));
    }
    if (options_.ascii.is_on()) {
        helper.EnableAscii((options_.ascii.folder / "node").string(),
                           traced_nodes(options_.ascii, nodes));
    }
    if (options_.flow_monitor) {
        flows_ = std::make_unique<ns3::FlowMonitorHelper>();
        flows_->InstallAll();
    }
}

void PacketFiles::finish() {
    if (!flows_) {
        return;
    }
    const fs::path path = folder_ / "flow-monitor.xml";
    std::ofstream out(path);
    flows_->SerializeToXmlStream(out, 0, /*enableHistograms=*/true, /*enableProbes=*/true);
    out.close();
    if (!out) {
        throw std::runtime_error(fmt::format("{}: cannot be written", path.string()));
    }
}

}  // namespace murmur
