// convert KIND FILE: makes one of our files of another project's, on standard output; what was made
// of it, and how to use it, on standard error.
#include "tools/convert/convert.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
        throw std::invalid_argument(path + ": cannot be read");
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    constexpr int kRefused = 2;
    if (argc != 3) {
        fmt::print(stderr,
                   "usage: ./murmur convert fedscale|flhetbench|wondernetwork|mahimahi FILE > OURS\n");
        return argc == 2 && std::string(argv[1]) == "--help" ? 0 : kRefused;
    }
    try {
        const auto made = murmur::convert::convert(argv[1], read(argv[2]), argv[2]);
        if (std::fwrite(made.text.data(), 1, made.text.size(), stdout) != made.text.size() ||
            std::fflush(stdout) != 0) {
            fmt::print(stderr, "convert: cannot write\n");
            return 1;
        }
        fmt::print(stderr, "convert: {}\n", made.notes);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "convert: {}\n", error.what());
        return kRefused;
    }
}
