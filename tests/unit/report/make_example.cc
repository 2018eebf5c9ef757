// Writes a made-up run and its report: report-example FOLDER NODES ROUNDS.  For looking at, and for
// the test in Chromium.

#include "emulator/report/report.h"
#include "tests/unit/report/made_up_run.h"

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: report-example FOLDER NODES ROUNDS\n", stderr);
        return 2;
    }
    murmur::test::write_made_up_run(
        argv[1],
        {.nodes = static_cast<std::uint32_t>(std::stoul(argv[2])), .rounds = std::stoi(argv[3])});
    murmur::write_report(argv[1]);
    return EXIT_SUCCESS;
}
