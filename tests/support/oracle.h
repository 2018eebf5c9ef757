#pragma once

#include "tests/support/places.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace murmur::test {

/// Runs a program of tests/oracles with Debian's interpreter, whose NumPy and PyTorch it needs.
/// @param arguments  as a shell reads them, what is piped in among them: "< FILE"
/// @return the lines that it printed, as numbers; nothing where it exits with 77, because what it
///         needs is absent
/// @throws std::runtime_error  where it fails
[[nodiscard]] inline std::optional<std::vector<std::vector<double>>> run_oracle(
    const std::string& name, const std::string& arguments) {
    const std::string command = fmt::format("OPENBLAS_NUM_THREADS=1 /usr/bin/python3 {} {}",
                                            shell_word(repository() / "tests/oracles" / name),
                                            arguments);
    std::FILE* const output = popen(command.c_str(), "r");
    if (output == nullptr) {
        throw std::runtime_error("cannot run " + command);
    }
    std::string text;
    for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) {
        text += static_cast<char>(c);
    }
    const int status = pclose(output);
    constexpr int kAbsent = 77;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kAbsent) {
        return std::nullopt;
    }
    if (status != 0) {
        throw std::runtime_error("the oracle failed; it needs Debian's python3-numpy: " + command);
    }
    std::vector<std::vector<double>> lines;
    std::istringstream whole(text);
    for (std::string line; std::getline(whole, line);) {
        std::istringstream numbers(line);
        lines.emplace_back();
        for (double number = 0; numbers >> number;) {
            lines.back().push_back(number);
        }
    }
    return lines;
}

}  // namespace murmur::test
