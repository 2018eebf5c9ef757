#include "tools/text/csv.h"

#include <algorithm>

namespace murmur {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view without_blanks(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Takes what stands between quotes off a row that begins with one.
std::string take_quoted(std::string_view& row) {
    std::string cell;
    row.remove_prefix(1);
    while (!row.empty()) {
        const char character = row.front();
        row.remove_prefix(1);
        if (character == '"' && !row.starts_with('"')) {
            break;
        }
        row.remove_prefix(character == '"' ? 1 : 0);
        cell += character;
    }
    return cell;
}

/// Takes one cell off a row, and leaves the separator behind it.
std::string take_cell(std::string_view& row, char separator) {
    const std::size_t first = row.find_first_not_of(' ');
    if (first != std::string_view::npos && row[first] == '"') {
        row.remove_prefix(first);
        std::string cell = take_quoted(row);
        row.remove_prefix(std::min(row.find(separator), row.size()));
        return cell;
    }
    const std::size_t end = std::min(row.find(separator), row.size());
    std::string cell(without_blanks(row.substr(0, end)));
    row.remove_prefix(end);
    return cell;
}

}  // namespace

std::vector<std::string> csv_cells(std::string_view line, char separator) {
    std::vector<std::string> cells;
    while (true) {
        cells.push_back(take_cell(line, separator));
        if (line.empty()) {
            return cells;
        }
        line.remove_prefix(1);
    }
}

std::string csv_quoted(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string cell = "\"";
    for (const char character : text) {
        cell += character;
        if (character == '"') {
            cell += character;
        }
    }
    return cell + '"';
}

bool CsvReader::next() {
    if (!std::getline(in_, line_)) {
        return false;
    }
    ++number_;
    is_cut_short_ = in_.eof();
    if (!is_cut_short_) {
        cells_ = csv_cells(line_);
    }
    return !is_cut_short_;
}

}  // namespace murmur
