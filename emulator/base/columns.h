#pragma once

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

// A table of columns is a type with a function that names every column once, with its unit, its
// meaning and how a row gives its value:
//
//     struct RoundsTable {
//         template <class Add>
//         static constexpr void columns(Add&& add) {
//             add("round", "", "rounds done", [](const auto& row) { return row.round; });
//             ...
//
// Headers, rows, readers and documentation are made from it.  The functions of a row are generic:
// who only wants the names needs to know no row.

/// What users read of a column.
struct ColumnText {
    std::string_view name;
    std::string_view unit;  ///< empty: a number or a text without one
    std::string_view meaning;
};

/// Appends a value as the cell of a CSV row; nothing for NaN and for what is not there.
inline void append_cell(double value, std::string& row) {
    if (!std::isnan(value)) {
        fmt::format_to(std::back_inserter(row), "{}", value);
    }
}
inline void append_cell(std::string_view text, std::string& row) {
    row += text;
}
template <std::integral Number>
void append_cell(Number value, std::string& row) {
    fmt::format_to(std::back_inserter(row), "{}", value);
}
template <class T>
void append_cell(const std::optional<T>& value, std::string& row) {
    if (value) {
        append_cell(*value, row);
    }
}

/// Returns what `get` says of a part of a row; nothing where there is no such part.
template <class Part, class Get>
[[nodiscard]] auto if_there(const std::optional<Part>& part, Get get) {
    return part ? std::optional(get(*part)) : std::nullopt;
}

template <class Table>
[[nodiscard]] std::vector<ColumnText> columns_of() {
    std::vector<ColumnText> texts;
    Table::columns([&](std::string_view name,
                       std::string_view unit,
                       std::string_view meaning,
                       const auto& /*get*/) {
        texts.push_back({name, unit, meaning});
    });
    return texts;
}

/// Returns the names of all columns, apart by commas.
template <class Table>
[[nodiscard]] std::string header_of() {
    std::string header;
    for (const ColumnText& column : columns_of<Table>()) {
        header += header.empty() ? "" : ",";
        header += column.name;
    }
    return header;
}

/// Appends the cells of a row, apart by commas.
template <class Table, class Row>
void append_row(const Row& row, std::string& text) {
    bool is_first = true;
    Table::columns([&](std::string_view /*name*/,
                       std::string_view /*unit*/,
                       std::string_view /*meaning*/,
                       const auto& get) {
        text += is_first ? "" : ",";
        append_cell(get(row), text);
        is_first = false;
    });
}

/// Returns the cells of a row, apart by commas.
template <class Table, class Row>
[[nodiscard]] std::string row_of(const Row& row) {
    std::string cells;
    append_row<Table>(row, cells);
    return cells;
}

/// Returns the name of a column; does not compile where the table has no such column.
template <class Table>
[[nodiscard]] consteval std::string_view column(std::string_view name) {
    std::string_view found;
    Table::columns([&](std::string_view known, const auto&... /*rest*/) {
        if (known == name) {
            found = known;
        }
    });
    if (found.empty()) {
        throw "the table has no such column";
    }
    return found;
}

}  // namespace murmur
