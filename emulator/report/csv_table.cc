#include "emulator/report/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <utility>

namespace murmur::report {

namespace {

struct Place {
    const std::string& file;
    std::size_t line;

    [[noreturn]] void fail(const std::string& what) const {
        throw std::runtime_error(fmt::format("{}:{}: {}", file, line, what));
    }
};

std::string_view without_return(std::string_view line) {
    return !line.empty() && line.back() == '\r' ? line.substr(0, line.size() - 1) : line;
}

double parse_cell(std::string_view cell, std::string_view column, const Place& place) {
    if (cell.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error == std::errc::result_out_of_range && end == cell.data() + cell.size()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (error != std::errc() || end != cell.data() + cell.size()) {
        place.fail(fmt::format("column {}: not a number, got '{}'", column, cell));
    }
    return value;
}

}  // namespace

std::vector<std::string_view> split_cells(std::string_view line) {
    std::vector<std::string_view> cells;
    for (std::size_t start = 0;;) {
        const std::size_t comma = line.find(',', start);
        cells.push_back(line.substr(start, comma - start));
        if (comma == std::string_view::npos) {
            return cells;
        }
        start = comma + 1;
    }
}

const std::vector<double>& CsvTable::operator[](std::string_view column) const {
    static const std::vector<double> kNone;
    const auto found = columns_.find(column);
    return found == columns_.end() ? kNone : found->second;
}

const std::vector<std::string>& CsvTable::text(std::string_view column) const {
    static const std::vector<std::string> kNone;
    const auto found = texts_.find(column);
    return found == texts_.end() ? kNone : found->second;
}

CsvTable read_csv(std::istream& in,
                  const std::string& name,
                  const std::vector<std::string_view>& columns,
                  const std::vector<std::string_view>& texts) {
    CsvTable table;
    std::string line;
    if (!std::getline(in, line) || in.eof()) {
        // Not even the header was finished.
        table.is_cut_short_ = true;
        return table;
    }
    const std::string header = line;
    const std::vector<std::string_view> names = split_cells(without_return(header));
    const auto index_of = [&](std::string_view column) {
        const auto found = std::find(names.begin(), names.end(), column);
        if (found == names.end()) {
            Place{name, 1}.fail(fmt::format("no column '{}' in the header", column));
        }
        return static_cast<std::size_t>(found - names.begin());
    };
    std::vector<std::pair<std::size_t, std::vector<double>*>> numbers;
    for (const std::string_view column : columns) {
        numbers.emplace_back(index_of(column), &table.columns_[std::string(column)]);
    }
    std::vector<std::pair<std::size_t, std::vector<std::string>*>> words;
    for (const std::string_view column : texts) {
        words.emplace_back(index_of(column), &table.texts_[std::string(column)]);
    }
    for (std::size_t number = 2; std::getline(in, line); ++number) {
        if (in.eof()) {
            // Rows end in a line feed; what follows the last one is the start of a row whose last
            // number may lack digits.
            table.is_cut_short_ = true;
            break;
        }
        const Place place{name, number};
        const std::vector<std::string_view> cells = split_cells(without_return(line));
        if (cells.size() != names.size()) {
            place.fail(
                fmt::format("{} cells, expected {} as in the header", cells.size(), names.size()));
        }
        for (const auto& [index, values] : numbers) {
            values->push_back(parse_cell(cells[index], names[index], place));
        }
        for (const auto& [index, values] : words) {
            values->emplace_back(cells[index]);
        }
        ++table.rows_;
    }
    return table;
}

}  // namespace murmur::report
