// Prints the command that runs an experiment of DecentralizePy here.
//
// Standard output has the command, or with --lines its options alone, one a line; standard error
// has what is not translated, with reasons.  Exit code: 0, or 2 where something has no counterpart.

#include "emulator/base/standard_streams.h"
#include "tools/decentralizepy/command_line.h"
#include "tools/decentralizepy/ini_file.h"
#include "tools/decentralizepy/translation.h"
#include "tools/text/shell_word.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

void print(const murmur::decentralizepy::Translation& translation, bool only_lines) {
    for (const auto& [what, text] : translation.remarks) {
        murmur::say(stderr, "{}: {}\n", what, text);
    }
    std::string command = "./murmur run dpsgd";
    for (const std::string& option : translation.options) {
        command += only_lines ? "" : " " + murmur::shell_word(option);
        if (only_lines) {
            murmur::say(stdout, "{}\n", option);
        }
    }
    if (!only_lines) {
        murmur::say(stdout, "{}\n", command);
    }
}

}  // namespace

int main(int argc, char** argv) {
    murmur::secure_standard_streams();
    CLI::App app("Translates an experiment of DecentralizePy.", "import-decentralizepy");
    std::string config;
    bool only_lines = false;
    bool runs = false;
    murmur::decentralizepy::CommandLine line;
    app.add_option("config,--config-file,--config_file", config, "configuration file (-cf there)")
        ->required();
    app.add_option("--graph,--graph_file", line.graph, "graph file (-gf)");
    app.add_option("--graph-type,--graph_type", line.graph_type, "edges or adjacency (-gt)")
        ->capture_default_str();
    app.add_option("--iterations", line.iterations, "rounds (-is)");
    app.add_option("--machines", line.machines, "how many (-ms)");
    app.add_option("--procs-per-machine,--procs_per_machine",
                   line.procs_per_machine,
                   "nodes of each machine, or of the first, the second, ... (-ps)");
    app.add_option("--test-after,--test_after", line.test_after, "rounds between tests (-ta)");
    app.add_option("--train-evaluate-after,--train_evaluate_after",
                   line.train_evaluate_after,
                   "rounds between losses of training (-tea)");
    app.add_option("--reset-optimizer,--reset_optimizer", line.reset_optimizer, "1 or 0 (-ro)");
    app.add_option("--working-rate,--working_rate", line.working_rate, "share of clients (-wr)");
    app.add_option("--log-dir,--log_dir", line.log_dir, "folder of results (-ld)");
    app.add_option("--weights-store-dir,--weights_store_dir",
                   line.weights_store_dir,
                   "folder of models (-wsd)");
    app.add_option("--machine-id,--machine_id", line.machine_id, "without effect (-mid)");
    app.add_option("--log-level,--log_level", line.log_level, "without effect (-ll)");
    app.add_option("--server-machine,--server_machine", line.server_machine, "the same (-sm)");
    app.add_option("--server-rank,--server_rank", line.server_rank, "the same (-sr)");
    app.add_option("--node", line.node, "class of the nodes, which a script has there (DPSGDNode)");
    app.add_flag("--lines", only_lines, "print the options alone, one a line");
    app.add_flag("--run", runs, "run the command, which ./murmur import does");
    try {
        const std::vector<std::string> given(argv + 1, argv + argc);
        std::vector<std::string> arguments = murmur::decentralizepy::with_long_names(given);
        std::ranges::reverse(arguments);  // which is how CLI11 takes a vector
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const std::invalid_argument& error) {
        murmur::say(stderr, "import: {}\n", error.what());
        return 2;
    }
    if (runs) {
        murmur::say(stderr, "import: --run: it is ./murmur import that runs the command\n");
        return 2;
    }
    try {
        print(translate(murmur::decentralizepy::IniFile::read(config), line), only_lines);
        return 0;
    } catch (const std::exception& error) {
        murmur::say(stderr, "import: {}\n", error.what());
        return 2;
    }
}
