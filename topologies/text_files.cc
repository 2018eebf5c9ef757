#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace murmur {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::vector<std::string_view> split_at_blanks(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
        fields.push_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(kBlanks, end);
    }
    return fields;
}

}  // namespace

std::ifstream open_for_reading(const std::string& path) {
    std::ifstream stream(path);
    int error = stream ? 0 : errno;
    // A folder opens without complaint and then reads as an empty file.
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        error = EISDIR;
    }
    if (error != 0) {
        throw std::invalid_argument(
            fmt::format("{}: cannot be read ({})", path, std::generic_category().message(error)));
    }
    return stream;
}

void write_file(const std::string& path, const std::function<void(std::ostream&)>& content) {
    errno = 0;
    std::ofstream stream(path);
    if (stream) {
        content(stream);
        stream.close();
    }
    if (!stream) {
        throw std::runtime_error(fmt::format(
            "{}: cannot be written ({})", path, std::generic_category().message(errno)));
    }
}

bool FieldReader::next() {
    while (std::getline(stream_, line_)) {
        ++line_number_;
        if (line_.ends_with('\r')) {
            line_.pop_back();
        }
        fields_ = split_at_blanks(line_);
        if (!fields_.empty() && !fields_.front().starts_with('#')) {
            return true;
        }
    }
    fields_.clear();
    return false;
}

void FieldReader::fail(std::string_view what) const {
    throw std::invalid_argument(
        fmt::format("{}:{}: {}", path_, std::max<std::size_t>(line_number_, 1), what));
}

}  // namespace murmur
