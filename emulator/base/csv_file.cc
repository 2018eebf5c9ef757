#include "emulator/base/csv_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace murmur {

CsvFile::CsvFile(std::filesystem::path path, std::string_view header)
    : path_(std::move(path)), file_(std::fopen(path_.c_str(), "w")) {
    if (!file_) {
        fail();
    }
    add(header);
    flush();
}

void CsvFile::add(std::string_view line) {
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() ||
        std::fputc('\n', file_.get()) == EOF) {
        fail();
    }
}

void CsvFile::flush() {
    if (std::fflush(file_.get()) != 0) {
        fail();
    }
}

void CsvFile::fail() const {
    const int error = errno;
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", path_.string(), std::generic_category().message(error)));
}

std::string csv_text(std::string_view text) {
    std::string cell(text);
    std::replace_if(
        cell.begin(),
        cell.end(),
        [](char c) { return c == ',' || c == '"' || c == '\n' || c == '\r'; },
        ' ');
    return cell;
}

std::string csv_number(double value) {
    return std::isnan(value) ? std::string() : fmt::format("{}", value);
}

}  // namespace murmur
