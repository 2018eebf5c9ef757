#include "topologies/cloud_regions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace murmur {
namespace {

constexpr std::size_t kRegions = 10;

constexpr std::array<std::string_view, kRegions> kNames{"us-east",
                                                        "us-south",
                                                        "ca-east",
                                                        "sa-east",
                                                        "eu-west",
                                                        "eu-central",
                                                        "eu-south",
                                                        "jp-east",
                                                        "jp-west",
                                                        "au-east"};

/// Round-trip times in ms, in the order of the names; 1 within a region.
// clang-format off
constexpr std::array<std::array<int, kRegions>, kRegions> kRoundTrips{{
    {  1,  31,  19, 118,  75,  91,  88, 165, 172, 214},  // us-east
    { 31,   1,  34, 145, 113, 123, 120, 143, 150, 186},  // us-south
    { 19,  34,   1, 128,  82,  93, 107, 162, 168, 214},  // ca-east
    {118, 145, 128,   1, 188, 197, 208, 284, 292, 328},  // sa-east
    { 75, 113,  82, 188,   1,  13,  27, 244, 244, 261},  // eu-west
    { 91, 123,  93, 197,  13,   1,  29, 233, 232, 250},  // eu-central
    { 88, 120, 107, 208,  27,  29,   1, 257, 257, 275},  // eu-south
    {165, 143, 162, 284, 244, 233, 257,   1,   9, 115},  // jp-east
    {172, 150, 168, 292, 244, 232, 257,   9,   1, 122},  // jp-west
    {214, 186, 214, 328, 261, 250, 275, 115, 122,   1},  // au-east
}};
// clang-format on

LatencyTable make_cloud_regions() {
    LatencyTable table;
    table.names.assign(kNames.begin(), kNames.end());
    for (const auto& row : kRoundTrips) {
        auto& latencies = table.one_way_s.emplace_back();
        for (const int round_trip_ms : row) {
            latencies.push_back(round_trip_ms * 1e-3 / 2);
        }
    }
    return table;
}

}  // namespace

const LatencyTable& cloud_regions() {
    static const LatencyTable table = make_cloud_regions();
    return table;
}

LatencyTable choose(const LatencyTable& table, const std::vector<std::string_view>& names) {
    std::vector<std::size_t> places;
    for (const std::string_view name : names) {
        const auto found = std::find(table.names.begin(), table.names.end(), name);
        if (found == table.names.end()) {
            throw std::invalid_argument(
                fmt::format("no region '{}', allowed {}", name, fmt::join(table.names, ", ")));
        }
        const auto place = static_cast<std::size_t>(found - table.names.begin());
        if (std::find(places.begin(), places.end(), place) != places.end()) {
            throw std::invalid_argument(
                fmt::format("region '{}' is given twice, allowed once", name));
        }
        places.push_back(place);
    }
    LatencyTable part;
    for (const std::size_t from : places) {
        part.names.push_back(table.names[from]);
        auto& row = part.one_way_s.emplace_back();
        for (const std::size_t to : places) {
            row.push_back(table.one_way_s[from][to]);
        }
    }
    return part;
}

}  // namespace murmur
