#include "emulator/report/csv_table.h"

#include "tools/text/csv.h"

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

CsvTable read_csv(std::istream& in, const std::string& name, const CsvColumns& columns) {
    CsvTable table;
    CsvReader rows(in);
    if (!rows.next()) {
        // Not even the header was finished.
        table.is_cut_short_ = true;
        return table;
    }
    const std::vector<std::string> names = rows.cells();
    const auto index_of = [&](std::string_view column) {
        const auto found = std::find(names.begin(), names.end(), column);
        return static_cast<std::size_t>(found - names.begin());
    };
    const auto find = [&](std::string_view column) {
        const std::size_t index = index_of(column);
        if (index == names.size()) {
            Place{name, 1}.fail(fmt::format("no column '{}' in the header", column));
        }
        return index;
    };
    std::vector<std::pair<std::size_t, std::vector<double>*>> numbers;
    for (const std::string_view column : columns.numbers) {
        numbers.emplace_back(find(column), &table.columns_[std::string(column)]);
    }
    for (const std::string_view column : columns.further_numbers) {
        if (const std::size_t index = index_of(column); index < names.size()) {
            numbers.emplace_back(index, &table.columns_[std::string(column)]);
        }
    }
    std::vector<std::pair<std::size_t, std::vector<std::string>*>> words;
    for (const std::string_view column : columns.texts) {
        words.emplace_back(find(column), &table.texts_[std::string(column)]);
    }
    while (rows.next()) {
        const Place place{name, rows.line_number()};
        const std::vector<std::string>& cells = rows.cells();
        if (cells.size() != names.size()) {
            place.fail(
                fmt::format("{} cells, expected {} as in the header", cells.size(), names.size()));
        }
        for (const auto& [index, values] : numbers) {
            values->push_back(parse_cell(cells[index], names[index], place));
        }
        for (const auto& [index, values] : words) {
            values->push_back(cells[index]);
        }
        ++table.rows_;
    }
    // Rows end in a line feed; what follows the last one is the start of a row whose last number
    // may lack digits.
    table.is_cut_short_ = rows.is_cut_short();
    return table;
}

}  // namespace murmur::report
