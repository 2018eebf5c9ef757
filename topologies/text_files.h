#pragma once

#include <charconv>
#include <cstddef>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Returns the number that the whole of `text` spells; none where anything is left over, where the
/// value does not fit, or (for unsigned types) where there is a sign.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

/// Opens a file for reading.
/// @throws std::invalid_argument  "PATH: cannot be read (reason)"
[[nodiscard]] std::ifstream open_for_reading(const std::string& path);

/// Writes what `content` puts into the stream to a file.
/// @throws std::runtime_error  "PATH: cannot be written (reason)", a full disk included
void write_file(const std::string& path, const std::function<void(std::ostream&)>& content);

/// Reads a text file line by line, each split at blanks.  Empty lines and lines that begin with #
/// are passed over.
class FieldReader {
  public:
    /// @throws std::invalid_argument  where the file cannot be read
    explicit FieldReader(const std::string& path) : path_(path), stream_(open_for_reading(path)) {}

    /// Moves to the next line with content; returns false at the end of the file.
    bool next();

    [[nodiscard]] const std::vector<std::string_view>& fields() const { return fields_; }
    [[nodiscard]] const std::string& line() const { return line_; }
    [[nodiscard]] std::size_t line_number() const { return line_number_; }

    /// @throws std::invalid_argument  "PATH:LINE: what", for the line just read
    [[noreturn]] void fail(std::string_view what) const;

  private:
    std::string path_;
    std::ifstream stream_;
    std::string line_;
    std::size_t line_number_ = 0;
    std::vector<std::string_view> fields_;
};

}  // namespace murmur
