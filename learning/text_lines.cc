#include "learning/text_lines.h"

#include <fmt/format.h>

#include <algorithm>

namespace murmur {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

TextLines::TextLines(std::string_view where,
                     const std::filesystem::path& path,
                     std::size_t max_bytes)
    : file_(DataFile::named(where, path)), max_bytes_(max_bytes) {}

bool TextLines::fill() {
    chunk_.resize(kChunkBytes);
    chunk_.resize(file_.read_some(chunk_));
    position_ = 0;
    return !chunk_.empty();
}

bool TextLines::next(std::string& line) {
    line.clear();
    bool found = false;
    while (position_ < chunk_.size() || fill()) {
        if (after_carriage_return_) {
            after_carriage_return_ = false;
            if (chunk_[position_] == '\n') {
                ++position_;
                continue;
            }
        }
        if (!found) {
            found = true;
            ++number_;
        }
        const auto begin = chunk_.begin() + static_cast<std::ptrdiff_t>(position_);
        const auto end = std::find_if(
            begin, chunk_.end(), [](std::uint8_t c) { return c == '\n' || c == '\r'; });
        line.append(begin, end);
        position_ = static_cast<std::size_t>(end - chunk_.begin());
        if (line.size() > max_bytes_) {
            fail(fmt::format("longer than {} bytes", max_bytes_));
        }
        if (end != chunk_.end()) {
            after_carriage_return_ = chunk_[position_++] == '\r';
            break;
        }
    }
    if (found && number_ == 1 && line.starts_with(kByteOrderMark)) {
        line.erase(0, kByteOrderMark.size());
    }
    return found;
}

void TextLines::fail(std::string_view message) const {
    file_.fail(fmt::format("line {}: {}", number_, message));
}

}  // namespace murmur
