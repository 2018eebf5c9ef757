#pragma once

#include "learning/data_file.h"
#include "tools/text/words.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// The lines of a text file, plain or gzip, one after the other in bounded memory.  Lines end with
/// `\n`, `\r\n` or `\r`, whichever system wrote them; a byte order mark at the start is passed over.
class TextLines {
  public:
    /// @param where      what the file is, for messages: "dataset movielens"
    /// @param max_bytes  of one line
    /// @throws std::invalid_argument  where there is no readable regular file
    TextLines(std::string_view where, const std::filesystem::path& path, std::size_t max_bytes);

    /// Reads the next line, without its end; false after the last.
    /// @throws std::invalid_argument  "where: path: line N: ..." on a line that is too long
    bool next(std::string& line);

    /// Returns the number of the line that was read last, from 1.
    [[nodiscard]] std::size_t number() const { return number_; }

    /// Throws std::invalid_argument: "where: path: line N: message".
    [[noreturn]] void fail(std::string_view message) const;

  private:
    bool fill();

    DataFile file_;
    std::size_t max_bytes_;
    std::vector<std::uint8_t> chunk_;
    std::size_t position_ = 0;
    std::size_t number_ = 0;
    bool after_carriage_return_ = false;
};

}  // namespace murmur
