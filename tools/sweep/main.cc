// Runs a scenario over a product of option values and tabulates what came out.
#include "emulator/base/standard_streams.h"
#include "emulator/report/comparison/write_comparison.h"
#include "tools/sweep/merge.h"
#include "tools/sweep/plan.h"
#include "tools/sweep/request.h"
#include "tools/sweep/slurm.h"
#include "tools/sweep/sweep.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr const char* kUsage =
    R"(usage: sweep PROGRAM --name=values... --out=DIR [--jobs=N] [--part=I/N] [--overwrite]
       sweep PROGRAM --name=values... --out=DIR --print-slurm[=PARTS]
       sweep merge DIR... [--out=DIR]

Runs PROGRAM (./murmur sweep: the scenario's name) once for each combination of the values.
  --name=a,b,c       three values
  --name=1..5        the integers 1 to 5
  --name={a,b},c     two values: braces keep the commas of a value
  --name=a:k=1,l=2   one value: k=1 and l=2 are keys of it (a second k=3 would begin another);
                     nodes=0,3-5 and first:3:1,rest:2 are one value each, too
  --name             a flag, passed on to each run
  --out=DIR          each run in a folder of its own, named after the options that vary; DIR/logs;
                     DIR/sweep.csv, one row per run; DIR/sweep-summary.csv, one row per setting with
                     mean and 95 % interval (mean +- ci95) over --seed; DIR/sweep-rounds.csv, a
                     row per run, round and figure
  --jobs=N           runs at a time; default: as many as fit the cores
  --part=I/N         only every N-th run, from the I-th on, in DIR/part-I-of-N; in an array job of
                     Slurm the part follows from its variables, those of the tasks that were
                     submitted together
  --print-slurm=N    print a batch script for Slurm of N parts (without N: one for each run, 100 at
                     most) and run nothing
  merge DIR...       tables over all runs of several sweeps, or of the parts in DIR; what is
                     missing is named
  --overwrite        run again what is complete already

Unless --workers is given, runs that go on at the same time share the cores among their workers.
A sweep that was stopped goes on where it was when the same command is given again.
Exit code: 0 all complete, 1 a run is not, 2 refused, nothing was run, 130 after Ctrl-C.
)";

/// Sets the runs of sweeps side by side, where they tell of their rounds, and says so in `out`.
void compare_runs(const std::vector<std::filesystem::path>& folders,
                  const std::filesystem::path& out) {
    try {
        for (const std::string& note : murmur::compare::write_comparison(folders, out)) {
            std::fprintf(stderr, "%s\n", note.c_str());
        }
        std::printf("%s sets the runs side by side\n", (out / "compare.html").c_str());
    } catch (const std::invalid_argument& error) {
        // No run of a folder has come that far.
        std::fprintf(stderr, "no compare.html: %s\n", error.what());
    }
}

int merge_folders(const std::vector<std::string>& arguments) {
    std::vector<std::filesystem::path> folders;
    std::filesystem::path out;
    for (const std::string& argument : std::span(arguments).subspan(1)) {
        constexpr std::string_view kOut = "--out=";
        if (argument.starts_with(kOut)) {
            out = argument.substr(kOut.size());
        } else if (argument.starts_with("--")) {
            throw std::invalid_argument("sweep merge: unknown option " + argument +
                                        ", allowed --out=DIR");
        } else {
            folders.emplace_back(argument);
        }
    }
    const murmur::sweep::Merged merged = murmur::sweep::merge(folders, out);
    std::puts(merged.line.c_str());
    compare_runs(folders, out.empty() ? folders.front() : out);
    return merged.is_complete ? 0 : 1;
}

int print_slurm(const std::vector<std::string>& arguments, const murmur::sweep::Request& request) {
    constexpr std::size_t kMostParts = 100;
    const std::size_t runs = murmur::sweep::make_plan(request.options).runs.size();
    const std::size_t parts = *request.slurm > 0 ? *request.slurm : std::min(runs, kMostParts);
    std::fputs(
        murmur::sweep::slurm_script(arguments, request.out.string(), std::min(parts, runs)).c_str(),
        stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (std::ranges::find(arguments, "--help") != arguments.end()) {
        std::fputs(kUsage, stdout);
        return 0;
    }
    try {
        if (!arguments.empty() && arguments.front() == "merge") {
            return merge_folders(arguments);
        }
        murmur::sweep::Request request = murmur::sweep::parse_request(arguments);
        if (request.slurm) {
            return print_slurm(arguments, request);
        }
        murmur::sweep::Sweep sweep(std::move(request));
        sweep.check();
        if (sweep.run()) {
            compare_runs({sweep.out()}, sweep.out());
        }
        return sweep.exit_code();
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
