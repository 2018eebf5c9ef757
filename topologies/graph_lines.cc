#include "topologies/graph_lines.h"

#include "topologies/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace murmur {
namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20;

/// Splits at commas and semicolons.
std::vector<std::string_view> split_at_commas(std::string_view text) {
    std::vector<std::string_view> fields;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(",;"), text.size());
        fields.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return fields;
}

}  // namespace

GraphLines::GraphLines(const std::string& path)
    : path_(path), text_(read_text(path, kLargestFile)) {
    const std::string_view text = text_;
    if (is_xml()) {
        return;
    }
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        const std::string_view line = trimmed(text.substr(begin, end - begin));
        ++number;
        begin = end + 1;
        if (!line.starts_with('#') && !line.starts_with('%')) {
            const std::size_t first = ids_.size();
            split(line);
            extents_.push_back({number, first, ids_.size() - first});
        }
    }
}

bool GraphLines::is_xml() const {
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    return first != std::string::npos && text_[first] == '<';
}

void GraphLines::split(std::string_view line) {
    const std::size_t comment = line.find(" #");
    line = trimmed(line.substr(0, comment));
    if (const std::size_t brace = line.find('{'); brace != std::string_view::npos && brace > 0) {
        has_data_ = has_data_ || line.find_first_not_of("{} \t", brace) != std::string_view::npos;
        line = trimmed(line.substr(0, brace));
    }
    const bool has_blanks = line.find_first_of(" \t") != std::string_view::npos;
    for (std::string_view id : has_blanks ? split_at_blanks(line) : split_at_commas(line)) {
        while (id.ends_with(',') || id.ends_with(';')) {
            id.remove_suffix(1);
        }
        if (!id.empty()) {
            ids_.push_back(id);
        }
    }
}

std::vector<GraphLines::Line> GraphLines::lines() const {
    std::vector<Line> lines;
    lines.reserve(extents_.size());
    for (const Extent& extent : extents_) {
        lines.push_back({extent.number, std::span(ids_).subspan(extent.first, extent.count)});
    }
    return lines;
}

void GraphLines::fail(std::size_t line, std::string_view what) const {
    throw std::invalid_argument(fmt::format("{}:{}: {}", shown(path_, 200), line, what));
}

std::string GraphLines::shown_line(std::size_t number) const {
    std::string_view rest = text_;
    for (std::size_t i = 1; i < number; ++i) {
        rest.remove_prefix(rest.find('\n') + 1);
    }
    return shown(trimmed(rest.substr(0, rest.find('\n'))));
}

}  // namespace murmur
