#pragma once

#include "tools/text/number.h"
#include "tools/text/words.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// Returns `text` without blanks, tabs and carriage returns at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Splits at runs of blanks, tabs and carriage returns.
[[nodiscard]] std::vector<std::string_view> split_at_blanks(std::string_view text);

/// Writes what `content` puts into the stream to a file.
/// @throws std::runtime_error  "PATH: cannot be written (reason)", a full disk included
void write_file(const std::string& path, const std::function<void(std::ostream&)>& content);

/// Reads a text file, plain or gzip, line by line.  Lines end in LF, CR LF or CR; a byte order mark
/// at the beginning is passed over.  Whatever the file is, reading it takes bounded time and
/// memory: what is no regular file (a folder, a device, a pipe), more than 1 GiB of text and lines
/// of more than 16 MiB are refused.
class LineReader {
  public:
    /// @throws std::invalid_argument  "PATH: cannot be read (reason)"
    explicit LineReader(const std::string& path);
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    /// Moves to the next line; returns false at the end of the file.
    /// @throws std::invalid_argument  where the file is none that can be read to its end
    bool next();

    /// Moves to the next line that is neither empty nor a comment, which begins with #.
    bool next_with_content();

    /// The line just read, without its end.
    [[nodiscard]] std::string_view line() const { return line_; }
    /// Its number, from 1 up; 0 before the first.
    [[nodiscard]] std::size_t line_number() const { return line_number_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// @throws std::invalid_argument  "PATH:LINE: what", for the line just read
    [[noreturn]] void fail(std::string_view what) const;

  private:
    class Source;

    std::string path_;
    std::unique_ptr<Source> source_;
    std::string line_;
    std::size_t line_number_ = 0;
};

/// Reads all of a text file, under the bounds of a `LineReader`, with every line ending in LF.
/// @throws std::invalid_argument  also on more than `most_bytes`
[[nodiscard]] std::string read_text(const std::string& path, std::size_t most_bytes);

/// Reads a text file line by line, each split at blanks.  Empty lines and comments are passed over:
/// lines that begin with # or %, and from the first field that begins with # to the end of a line.
class FieldReader {
  public:
    /// @throws std::invalid_argument  where the file cannot be read
    explicit FieldReader(const std::string& path) : lines_(path) {}

    /// Moves to the next line with content; returns false at the end of the file.
    bool next();

    [[nodiscard]] const std::vector<std::string_view>& fields() const { return fields_; }
    [[nodiscard]] std::string_view line() const { return lines_.line(); }
    [[nodiscard]] std::size_t line_number() const { return lines_.line_number(); }
    [[nodiscard]] const std::string& path() const { return lines_.path(); }

    /// @throws std::invalid_argument  "PATH:LINE: what", for the line just read
    [[noreturn]] void fail(std::string_view what) const { lines_.fail(what); }

  private:
    LineReader lines_;
    std::vector<std::string_view> fields_;
};

/// Splits a line at blanks and leaves a comment out, as `FieldReader` does.
[[nodiscard]] std::vector<std::string_view> fields_of(std::string_view line);

}  // namespace murmur
