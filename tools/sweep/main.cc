// Runs a scenario over a product of option values and tabulates what came out.
#include "emulator/base/standard_streams.h"
#include "tools/sweep/request.h"
#include "tools/sweep/sweep.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr const char* kUsage =
    R"(usage: sweep PROGRAM --name=values... --out=DIR [--jobs=N] [--overwrite]

Runs PROGRAM (./murmur sweep: the scenario's name) once for each combination of the values.
  --name=a,b,c       three values
  --name=1..5        the integers 1 to 5
  --name={a,b},c     two values: braces keep the commas of a value
  --name             a flag, passed on to each run
  --out=DIR          each run in a folder of its own, named after the options that vary; DIR/logs;
                     DIR/sweep.csv, one row per run; DIR/sweep-summary.csv, one row per setting with
                     mean and 95 % interval (mean +- ci95) over --seed
  --jobs=N           runs at a time; default: as many as fit the cores
  --overwrite        run again what is complete already

Unless --workers is given, runs that go on at the same time share the cores among their workers.
A sweep that was stopped goes on where it was when the same command is given again.
Exit code: 0 all complete, 1 a run is not, 2 refused, nothing was run, 130 after Ctrl-C.
)";

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (std::ranges::find(arguments, "--help") != arguments.end()) {
        std::fputs(kUsage, stdout);
        return 0;
    }
    try {
        murmur::sweep::Sweep sweep(murmur::sweep::parse_request(arguments));
        sweep.check();
        sweep.run();
        return sweep.exit_code();
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
