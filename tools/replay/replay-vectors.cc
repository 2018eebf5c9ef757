// Replays recorded rounds and prints how far our numbers are from them.
//
// The file holds, for a small system of any size, what another program's sharing strategies sent
// and what models they gave (tools/replay/vector_file.h); or what learning methods, aggregation
// rules and outer steps gave (tools/replay/rounds.h).  Exit code: 0 all within the tolerance, 1 one
// is not or was not replayed, 2 bad input.

#include "emulator/base/standard_streams.h"
#include "tools/replay/json_field.h"
#include "tools/replay/replay.h"
#include "tools/replay/rounds.h"
#include "tools/text/words.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <vector>

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

/// Prints a line for each value or set of values; returns whether all are within the tolerance.
bool report(const std::vector<murmur::replay::RuleDifference>& differences, double tolerance) {
    bool is_within = true;
    murmur::say(stdout, "{:66} {:>10}\n", "largest relative difference, of max(1, |x|)", "");
    for (const murmur::replay::RuleDifference& difference : differences) {
        const double allowed = std::max(tolerance, difference.least_tolerance);
        const bool fits = difference.relative <= allowed;
        is_within = is_within && fits;
        const std::string verdict = fits ? "ok"
                                    : std::isinf(difference.relative)
                                        ? "FAILED"
                                        : fmt::format("above {:.1e}", allowed);
        murmur::say(stdout,
                    "{:66} {:10.1e}  {}{}{}\n",
                    difference.key,
                    difference.relative,
                    verdict,
                    difference.note.empty() ? "" : "; ",
                    difference.note);
    }
    return is_within;
}

bool replay_file(const std::string& path,
                 std::optional<double> tolerance,
                 const std::vector<std::string>& sections) {
    // Rounds are float32 arithmetic on a few values; sharing strategies have transforms in them.
    constexpr double kOfRounds = 1e-6;
    constexpr double kOfSharing = 1e-5;
    const murmur::replay::Json json = murmur::replay::read_json_file(path);
    if (murmur::replay::is_rounds_file(json)) {
        return report(murmur::replay::replay_rounds(path, json, sections),
                      tolerance.value_or(kOfRounds));
    }
    if (!sections.empty()) {
        throw std::invalid_argument(
            fmt::format("--sections: got {}, which {} has none of: it is of sharing strategies",
                        sections.front(),
                        path));
    }
    return report(murmur::replay::replay(murmur::replay::read_vector_file(json, path)),
                  tolerance.value_or(kOfSharing));
}

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    CLI::App app("Replays recorded rounds of sharing strategies, of learning methods and of rules.",
                 "replay-vectors");
    std::string path;
    std::optional<double> tolerance;
    std::vector<std::string> sections;
    app.add_option("--file", path, "JSON file of test vectors")->required();
    app.add_option("--tolerance",
                   tolerance,
                   "largest difference that is allowed: absolute, of sharing strategies [1e-05]; "
                   "relative to max(1, |x|), of all others [1e-06]")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--sections", sections, "of a file of rounds, those to replay [all]: a,b,...")
        ->delimiter(',');
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        return replay_file(path, tolerance, sections) ? 0 : 1;
    } catch (const std::exception& error) {
        murmur::say(stderr, "replay-vectors: {}\n", error.what());
        return 2;
    }
}
