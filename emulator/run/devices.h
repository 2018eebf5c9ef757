#pragma once

#include "emulator/record/energy.h"
#include "topologies/node_id.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace murmur {

/// A row of a table of devices.
struct DeviceRow {
    std::string name;
    double ms_per_sample;  ///< of training
    double down_bps;
    double up_bps;
    EnergyUse energy{};
    bool operator==(const DeviceRow&) const = default;
};

/// A table of devices, read.
struct DeviceTable {
    std::vector<DeviceRow> rows;
    bool has_energy = false;  ///< it has the columns for `EnergyUse`
};

/// The devices of a run; empty where no table says what nodes are.
struct DevicePlan {
    std::vector<DeviceRow> rows;
    bool has_energy = false;
    std::vector<std::uint32_t> of_node;  ///< [num_nodes], which row
};

/// Reads a table of devices: CSV with the header `device,ms_per_sample,down_bps,up_bps`, or that and
/// `,idle_w,compute_w,up_j_per_byte,down_j_per_byte`.
/// @throws std::invalid_argument  PATH:LINE: what is wrong
[[nodiscard]] DeviceTable read_devices(const std::string& path);

/// Reads what `--devices` says, and draws a row for each node or lets them take turns.
/// @throws std::invalid_argument  naming the option, and the line of the file
[[nodiscard]] DevicePlan plan_devices(const std::string& spec,
                                      NodeId num_nodes,
                                      std::uint64_t seed);

/// Reads what `--energy` says, and draws it for each node; nothing where it is empty.
/// @throws std::invalid_argument  naming the option
[[nodiscard]] std::vector<EnergyUse> plan_energy(const std::string& spec,
                                                 const DevicePlan& devices,
                                                 NodeId num_nodes,
                                                 std::uint64_t seed);

}  // namespace murmur
