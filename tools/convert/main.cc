// convert KIND FILE: makes one of our files of another project's, on standard output; what was made
// of it, and how to use it, on standard error.
#include "emulator/base/standard_streams.h"
#include "tools/convert/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
        throw std::invalid_argument(path + ": cannot be read");
    }
    return bytes;
}

std::string usage() {
    return fmt::format("usage: ./murmur convert {} FILE > OURS\n",
                       fmt::join(murmur::convert::kinds(), "|"));
}

}  // namespace

int main(int argc, char** argv) {
    constexpr int kRefused = 2;
    murmur::secure_standard_streams();
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (std::ranges::find(arguments, "--help") != arguments.end()) {
        murmur::say(stdout, "{}", usage());
        return 0;
    }
    if (arguments.size() != 2) {
        murmur::say(stderr, "{}", usage());
        return kRefused;
    }
    try {
        const auto made = murmur::convert::convert(arguments[0], read(arguments[1]), arguments[1]);
        if (std::fwrite(made.text.data(), 1, made.text.size(), stdout) != made.text.size() ||
            std::fflush(stdout) != 0) {
            throw std::runtime_error("cannot write");
        }
        murmur::say(stderr, "convert: {}\n", made.notes);
        return 0;
    } catch (const std::invalid_argument& error) {
        murmur::say(stderr, "convert: {}\n", error.what());
        return kRefused;
    } catch (const std::exception& error) {
        murmur::say(stderr, "convert: {}\n", error.what());
        return 1;
    }
}
