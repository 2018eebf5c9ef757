#include "emulator/run/devices.h"

#include "emulator/base/naming.h"
#include "emulator/base/quantity.h"
#include "learning/random_stream.h"
#include "tools/text/csv.h"
#include "tools/text/number.h"
#include "tools/text/spec.h"
#include "topologies/text_files.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace murmur {

namespace {

constexpr std::string_view kHeader = "device,ms_per_sample,down_bps,up_bps";
constexpr std::string_view kEnergyHeader =
    "device,ms_per_sample,down_bps,up_bps,idle_w,compute_w,up_j_per_byte,down_j_per_byte";

double read_number(const LineReader& lines,
                   std::string_view column,
                   const std::string& cell,
                   std::pair<double, double> range) {
    const auto value = parse_number<double>(std::string_view(cell));
    if (!value || !(*value >= range.first && *value <= range.second)) {
        lines.fail(fmt::format("{}: got '{}', allowed {:g} to {:g}",
                               column,
                               shown(cell),
                               range.first,
                               range.second));
    }
    return *value;
}

}  // namespace

DeviceTable read_devices(const std::string& path) {
    LineReader lines(path);
    DeviceTable table;
    const std::string header =
        lines.next_with_content() ? std::string(trimmed(lines.line())) : std::string();
    table.has_energy = header == kEnergyHeader;
    if (!table.has_energy && header != kHeader) {
        lines.fail(fmt::format("got the header '{}', allowed {}, or {}",
                               shown(header, 100),
                               kHeader,
                               kEnergyHeader));
    }
    constexpr double kMost = 1e18;
    while (lines.next_with_content()) {
        const std::vector<std::string> cells = csv_cells(lines.line());
        const std::size_t count = table.has_energy ? 8 : 4;
        if (cells.size() != count) {
            lines.fail(fmt::format("got {} fields, allowed {} as in the header", cells.size(), count));
        }
        DeviceRow row{.name = cells[0],
                      .ms_per_sample = read_number(lines, "ms_per_sample", cells[1], {1e-9, 1e9}),
                      .down_bps = read_number(lines, "down_bps", cells[2], {1, kMost}),
                      .up_bps = read_number(lines, "up_bps", cells[3], {1, kMost})};
        if (table.has_energy) {
            row.energy = {.idle_w = read_number(lines, "idle_w", cells[4], {0, 1e9}),
                          .compute_w = read_number(lines, "compute_w", cells[5], {0, 1e9}),
                          .up_j_per_byte = read_number(lines, "up_j_per_byte", cells[6], {0, 1e9}),
                          .down_j_per_byte =
                              read_number(lines, "down_j_per_byte", cells[7], {0, 1e9})};
        }
        table.rows.push_back(std::move(row));
    }
    if (table.rows.empty()) {
        throw std::invalid_argument(fmt::format("{} holds no device", shown(path, 200)));
    }
    return table;
}

DevicePlan plan_devices(const std::string& spec, NodeId num_nodes, std::uint64_t seed) {
    DevicePlan plan;
    if (spec.empty()) {
        return plan;
    }
    const Options options = Options::of_list(
        "--devices",
        spec,
        {rest("path", "PATH", "a table of devices"),
         word("assign", {"drawn", "in-order"}, "how nodes get their rows")});
    DeviceTable table =
        naming("--devices", [&options] { return read_devices(options.text("path")); });
    plan.rows = std::move(table.rows);
    plan.has_energy = table.has_energy;
    const bool in_order =
        options.choice<bool>("assign", {{"drawn", false}, {"in-order", true}});
    for (NodeId node = 0; node < num_nodes; ++node) {
        RandomStream stream(stream_seed(seed, "device", node));
        plan.of_node.push_back(static_cast<std::uint32_t>(
            in_order ? node % plan.rows.size() : stream.below(plan.rows.size())));
    }
    return plan;
}

std::vector<EnergyUse> plan_energy(const std::string& spec,
                                   const DevicePlan& devices,
                                   NodeId num_nodes,
                                   std::uint64_t seed) {
    std::vector<EnergyUse> all;
    if (spec.empty()) {
        return all;
    }
    if (spec == "devices") {
        if (!devices.has_energy) {
            throw std::invalid_argument(fmt::format(
                "--energy: got devices, allowed with a --devices file that has the header {}",
                kEnergyHeader));
        }
        for (const std::uint32_t row : devices.of_node) {
            all.push_back(devices.rows[row].energy);
        }
        return all;
    }
    const Options options =
        Options::of_list("--energy",
                         spec,
                         {named("idle", "0W", "watts of a device that does not work; each of these "
                                              "four may be a distribution"),
                          named("compute", "0W", "watts of one that does"),
                          named("up", "0J", "joules for each byte that is sent"),
                          named("down", "0J", "joules for each byte that is received")});
    all.resize(num_nodes);
    const auto draw = [&](const char* key, QuantityParser parser, double EnergyUse::*what) {
        const Distribution distribution(
            fmt::format("--energy: {}", key), options.text(key), parser);
        for (NodeId node = 0; node < num_nodes; ++node) {
            RandomStream stream(stream_seed(seed, fmt::format("energy {}", key), node));
            all[node].*what = distribution.draw(stream, node);
        }
    };
    draw("idle", parse_power, &EnergyUse::idle_w);
    draw("compute", parse_power, &EnergyUse::compute_w);
    draw("up", parse_energy, &EnergyUse::up_j_per_byte);
    draw("down", parse_energy, &EnergyUse::down_j_per_byte);
    return all;
}

}  // namespace murmur
