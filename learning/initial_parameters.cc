#include "learning/data_file.h"
#include "learning/learner.h"

#include <fmt/format.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace murmur {

static_assert(std::endian::native == std::endian::little, "parameter files are little-endian");

std::vector<Parameters> read_initial_parameters(const std::string& path,
                                                std::size_t num_parameters,
                                                std::uint32_t num_nodes) {
    std::error_code error;
    // Opening a pipe would wait for somebody who writes into it.
    const std::uintmax_t size =
        is_file(path) ? std::filesystem::file_size(path, error) : std::uintmax_t{0};
    std::ifstream file;
    if (is_file(path)) {
        file.open(path, std::ios::binary);
    }
    if (!file.is_open() || error) {
        throw std::invalid_argument(fmt::format("initial parameters: cannot read '{}'", path));
    }
    const std::uintmax_t vector_bytes = num_parameters * sizeof(float);
    if (size != vector_bytes && size != vector_bytes * num_nodes) {
        throw std::invalid_argument(fmt::format(
            "initial parameters: wrong size of '{}', got {} bytes, allowed {} (one vector of {} "
            "float32) or {} (one for each of {} nodes)",
            path,
            size,
            vector_bytes,
            num_parameters,
            vector_bytes * num_nodes,
            num_nodes));
    }
    std::vector<Parameters> vectors;
    for (std::uintmax_t i = 0; i < size / vector_bytes; ++i) {
        auto vector = std::make_shared<ParameterVector>(num_parameters);
        file.read(reinterpret_cast<char*>(vector->values().data()),
                  static_cast<std::streamsize>(vector_bytes));
        if (!file) {
            throw std::invalid_argument(fmt::format("initial parameters: cannot read '{}'", path));
        }
        vectors.push_back(std::move(vector));
    }
    vectors.resize(num_nodes, vectors.front());
    return vectors;
}

}  // namespace murmur
