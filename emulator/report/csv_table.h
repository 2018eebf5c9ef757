#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace murmur::report {

/// The columns that a reader wants of a table.
struct CsvColumns {
    std::vector<std::string_view> numbers{};
    std::vector<std::string_view> texts{};
    std::vector<std::string_view> further_numbers{};  ///< not all tables have them
};

/// Numbers and texts by column name, all columns of equal length; an empty cell of a number is
/// NaN.
class CsvTable {
  public:
    CsvTable() = default;

    [[nodiscard]] std::size_t rows() const { return rows_; }
    [[nodiscard]] bool is_empty() const { return rows_ == 0; }
    /// True if the file ended inside a row, as when the writing program was killed; that row is
    /// left out.
    [[nodiscard]] bool is_cut_short() const { return is_cut_short_; }

    /// Returns whether the table has this column of numbers, rows or not.
    [[nodiscard]] bool has(std::string_view column) const { return columns_.contains(column); }
    /// Returns the column of this name; an empty one if the table was never read.
    [[nodiscard]] const std::vector<double>& operator[](std::string_view column) const;
    /// Returns the column of texts of this name; an empty one if the table was never read.
    [[nodiscard]] const std::vector<std::string>& text(std::string_view column) const;

  private:
    friend CsvTable read_csv(std::istream& in, const std::string& name, const CsvColumns& columns);

    std::map<std::string, std::vector<double>, std::less<>> columns_;
    std::map<std::string, std::vector<std::string>, std::less<>> texts_;
    std::size_t rows_ = 0;
    bool is_cut_short_ = false;
};

/// Reads comma-separated cells under a header line.  Columns are found by their names, in any
/// order; those not named in `columns` are ignored.
/// @param name  of the file, for messages
/// @throws std::runtime_error  "name:line: ..." on a missing column, a row of another length or a
///                             cell that is not a number
[[nodiscard]] CsvTable read_csv(std::istream& in,
                                const std::string& name,
                                const CsvColumns& columns);

}  // namespace murmur::report
