#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// A file of a graph that is lines of node ids: comments (# and %) and data in braces, as networkx
/// writes them, are left out; ids are apart by blanks, commas or semicolons.
class GraphLines {
  public:
    struct Line {
        std::size_t number;  ///< in the file, from 1 up
        std::span<const std::string_view> ids;
    };

    /// @throws std::invalid_argument  where the file cannot be read
    explicit GraphLines(const std::string& path);
    GraphLines(const GraphLines&) = delete;
    GraphLines& operator=(const GraphLines&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] bool is_xml() const;
    /// Returns all lines but comments; those that are empty have no ids.
    [[nodiscard]] std::vector<Line> lines() const;
    /// Returns whether there were data in braces.
    [[nodiscard]] bool has_data() const { return has_data_; }

    /// @throws std::invalid_argument  "PATH:LINE: what"
    [[noreturn]] void fail(std::size_t line, std::string_view what) const;
    /// Returns a line as a message can show it.
    [[nodiscard]] std::string shown_line(std::size_t number) const;

  private:
    void split(std::string_view line);

    struct Extent {
        std::size_t number;
        std::size_t first;
        std::size_t count;
    };
    std::string path_;
    std::string text_;
    std::vector<std::string_view> ids_;
    std::vector<Extent> extents_;
    bool has_data_ = false;
};

}  // namespace murmur
