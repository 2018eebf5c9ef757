#include "emulator/base/csv_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <future>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

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
    write(line);
    write("\n");
}

void CsvFile::write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
        fail();
    }
}

void CsvFile::add_in_batches(
    std::size_t items,
    unsigned threads,
    const std::function<void(std::size_t item, std::string& lines)>& make) {
    // Few enough that what waits to be written is no memory to speak of.
    constexpr std::size_t kBatch = 8192;
    std::vector<std::string> lines(std::max(1u, threads));
    const auto make_batch = [&](std::size_t first, std::string& text) {
        text.clear();
        for (std::size_t item = first; item < std::min(first + kBatch, items); ++item) {
            make(item, text);
        }
    };
    for (std::size_t first = 0; first < items; first += kBatch * lines.size()) {
        std::vector<std::future<void>> made;
        for (std::size_t i = 0; i < lines.size() && first + i * kBatch < items; ++i) {
            made.push_back(std::async(
                std::launch::async, make_batch, first + i * kBatch, std::ref(lines[i])));
        }
        for (std::size_t i = 0; i < made.size(); ++i) {
            made[i].get();
            write(lines[i]);
        }
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

}  // namespace murmur
