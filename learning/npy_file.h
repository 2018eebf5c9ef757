#pragma once

#include "learning/data_file.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// An array as `numpy.save` writes it: format version 1, 2 or 3, plain or gzip, in C order.
/// - [NEP 1] A simple file format for NumPy arrays.
class NpyFile {
  public:
    /// Reads the header.
    /// @throws std::invalid_argument  "dataset name: path: ..." where there is no such file, or it
    ///                                holds no array of numbers in C order and this byte order
    NpyFile(std::string_view dataset_name, const std::filesystem::path& path);

    [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
    /// Returns the number of values.
    [[nodiscard]] std::int64_t size() const;
    [[nodiscard]] bool is_bytes() const { return kind_ == 'u' && width_ == 1; }
    [[nodiscard]] bool is_floating() const { return kind_ == 'f'; }

    // Each of these reads all values, once.  Memory grows with what the file really holds.
    // @throws std::invalid_argument  where the file is cut, or goes on

    /// @pre is_bytes()
    [[nodiscard]] std::vector<std::uint8_t> read_bytes();
    /// @throws std::invalid_argument  on NaN and infinities, too
    [[nodiscard]] std::vector<float> read_floats();
    /// @pre !is_floating()
    [[nodiscard]] std::vector<std::int64_t> read_integers();

    /// Throws std::invalid_argument: "dataset name: path: message".
    [[noreturn]] void fail(std::string_view message) const { file_.fail(message); }

  private:
    template <class To>
    [[nodiscard]] std::vector<To> read_as();
    void read_header(std::string_view header);

    DataFile file_;
    char kind_ = 'f';        ///< b, i, u, f: truth values, integers, those without a sign, numbers
    std::size_t width_ = 0;  ///< bytes of a value
    std::vector<std::int64_t> shape_;
};

}  // namespace murmur
