#include "tools/sweep/curve.h"

#include "tools/text/csv.h"
#include "tools/text/number.h"

#include <algorithm>
#include <fstream>

namespace murmur::sweep {
namespace {

/// Where a column stands; none where the file has no such one.
std::optional<std::size_t> find(const std::vector<std::string>& header, std::string_view name) {
    const auto found = std::ranges::find(header, name);
    return found == header.end() ? std::nullopt
                                 : std::optional(static_cast<std::size_t>(found - header.begin()));
}

}  // namespace

const std::string& RoundPoint::text(std::string_view figure) const {
    const auto found = std::ranges::find(kRoundFigures, figure);
    return figures.at(static_cast<std::size_t>(found - kRoundFigures.begin()));
}

std::optional<double> RoundPoint::number(std::string_view figure) const {
    return parse_number<double>(text(figure));
}

std::vector<RoundPoint> read_rounds(const std::filesystem::path& folder) {
    std::ifstream file(folder / "rounds.csv");
    CsvReader reader(file);
    if (!file || !reader.next()) {
        return {};
    }
    const std::vector<std::string> header = reader.cells();
    const auto round = find(header, "round");
    const auto time = find(header, "sim_time_max_s");
    if (!round || !time) {
        return {};
    }
    std::array<std::optional<std::size_t>, kRoundFigures.size()> columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i] = find(header, kRoundFigures[i]);
    }
    std::vector<RoundPoint> points;
    while (reader.next() && reader.cells().size() == header.size()) {
        RoundPoint point{
            .round = reader.cells()[*round], .time_s = reader.cells()[*time], .figures = {}};
        for (std::size_t i = 0; i < columns.size(); ++i) {
            point.figures[i] = columns[i] ? reader.cells()[*columns[i]] : "";
        }
        points.push_back(std::move(point));
    }
    return points;
}

std::string last_round(const std::filesystem::path& folder) {
    const std::vector<RoundPoint> points = read_rounds(folder);
    return points.empty() ? "" : points.back().round;
}

}  // namespace murmur::sweep
