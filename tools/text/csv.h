#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Returns the cells of a line as RFC 4180 has them: apart by a separator, where quotes around a
/// cell go and two of them inside are one; blanks around a cell go, too.  A line without a
/// separator has one cell.
[[nodiscard]] std::vector<std::string> csv_cells(std::string_view line, char separator = ',');

/// Returns a text as a cell of a line, in quotes where it holds a comma, a quote or a line end.
[[nodiscard]] std::string csv_quoted(std::string_view text);

/// Reads a file of comma-separated cells line by line, the header first.
class CsvReader {
  public:
    explicit CsvReader(std::istream& in) : in_(in) {}

    /// Goes to the next line; false where there is none, or where the file ends inside it: what
    /// wrote the file was stopped, and the last digits may be missing.
    [[nodiscard]] bool next();

    [[nodiscard]] const std::vector<std::string>& cells() const { return cells_; }
    [[nodiscard]] const std::string& line() const { return line_; }
    /// Returns the number of the line just read, or of the one that is cut short; the first is 1.
    [[nodiscard]] std::size_t line_number() const { return number_; }
    /// Returns whether the file ended inside a line.
    [[nodiscard]] bool is_cut_short() const { return is_cut_short_; }

  private:
    std::istream& in_;
    std::string line_;
    std::vector<std::string> cells_;
    std::size_t number_ = 0;
    bool is_cut_short_ = false;
};

}  // namespace murmur
