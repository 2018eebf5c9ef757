// Replays recorded rounds of sharing strategies and prints how far our numbers are from them.
//
// The file holds, for a small system of any size, what another program's strategies sent and what
// models they gave (tools/replay/vector_file.h).  Exit code: 0 all within the tolerance, 1 one
// is not, 2 bad input.

#include "emulator/base/standard_streams.h"
#include "tools/replay/replay.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace {

/// Prints a line for each strategy; returns whether all are within the tolerance.
bool report(const std::vector<murmur::replay::Difference>& differences, double tolerance) {
    bool is_within = true;
    murmur::say(
        stdout, "{:32} {:>10} {:>10} {:>10}\n", "largest difference", "before", "message", "after");
    for (const murmur::replay::Difference& difference : differences) {
        const bool fits = difference.largest() <= tolerance;
        is_within = is_within && fits;
        murmur::say(stdout,
                    "{:32} {:10.1e} {:10.1e} {:10.1e}  {}\n",
                    difference.key,
                    difference.before,
                    difference.message,
                    difference.after,
                    fits ? "ok" : fmt::format("above {:.1e}", tolerance));
        if (!difference.first_mismatch.empty()) {
            murmur::say(stdout, "    {}\n", difference.first_mismatch);
        }
    }
    return is_within;
}

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    CLI::App app("Replays recorded rounds of sharing strategies.", "replay-vectors");
    std::string path;
    double tolerance = 1e-5;
    app.add_option("--file", path, "JSON file of test vectors")->required();
    app.add_option("--tolerance", tolerance, "largest absolute difference that is allowed")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        const auto differences = murmur::replay::replay(murmur::replay::read_vector_file(path));
        return report(differences, tolerance) ? 0 : 1;
    } catch (const std::exception& error) {
        murmur::say(stderr, "replay-vectors: {}\n", error.what());
        return 2;
    }
}
