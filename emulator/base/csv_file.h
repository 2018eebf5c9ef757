#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace murmur {

/// A text file that is written line by line, where every failure to write is an error.
class CsvFile {
  public:
    /// Creates the file and writes the header line.
    /// @throws std::runtime_error  naming the file and the system's reason
    CsvFile(std::filesystem::path path, std::string_view header);

    /// Appends a line.
    void add(std::string_view line);
    /// Appends the lines of many items, in their order; threads of their own make them, a batch each.
    /// @param make  appends the lines of an item, each with its end; runs on any of these
    void add_in_batches(std::size_t items,
                        unsigned threads,
                        const std::function<void(std::size_t item, std::string& lines)>& make);
    /// Hands everything to the operating system.
    void flush();

  private:
    void write(std::string_view text);
    [[noreturn]] void fail() const;

    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::filesystem::path path_;
    std::unique_ptr<std::FILE, Close> file_;
};

/// Returns a name as a cell that every reader takes for one: without commas, quotes and line ends.
[[nodiscard]] std::string csv_text(std::string_view text);

}  // namespace murmur
