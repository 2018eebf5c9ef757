// A scenario that trains nothing: it misbehaves as its options say, for tests of what runs
// scenarios.
//   --nodes=N        refused below 1
//   --seed=N         its "accuracy" is 0.1 N, its "simulated time" 100 s + N
//   --behave=WORD    complete, diverge, fail, die (SIGKILL), silent (no summary), garbage, hang
//   --workers=N --out=DIR --overwrite --quiet --check   as every scenario
//   --resume=DIR     goes on as the variable FAKE_RESUME says: damaged or astray (the checkpoint is
//                    no good), busy (something else is in the way), else to the end
// With the variable FAKE_CHECK=FILE a --check writes that file and hangs.
#include "emulator/base/refused_checkpoint.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t interrupted = 0;

using Options = std::map<std::string, std::string>;

Options parse(int argc, char** argv) {
    Options options{{"nodes", "4"}, {"seed", "1"}, {"behave", "complete"}, {"workers", "0"}};
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto equals = argument.find('=');
        options[argument.substr(2, equals - 2)] =
            equals == std::string::npos ? "" : argument.substr(equals + 1);
    }
    return options;
}

int refuse(const std::string& message) {
    std::fprintf(stderr, "fake: %s\n", message.c_str());
    return 2;
}

void write_summary(const Options& options, const std::string& status, const std::string& error) {
    const int seed = std::stoi(options.at("seed"));
    std::ofstream file(options.at("out") + "/summary.json");
    file << R"({"status": ")" << status << R"(", "error": )"
         << (error.empty() ? "null" : '"' + error + '"') << R"(, "mean_test_accuracy": )"
         << 0.1 * seed << R"(, "simulated_s": )" << 100 + seed << R"(, "bytes_sent": 1000)"
         << R"(, "workers": )" << options.at("workers")
         << R"(, "consensus_distance": null, "parameter_hash": "abc"})";
}

/// Two rounds: accuracies 0.05 N and 0.1 N of seed N, at 50 s and 100 s.
void write_rounds(const Options& options) {
    const double accuracy = 0.1 * std::stoi(options.at("seed"));
    std::ofstream file(options.at("out") + "/rounds.csv");
    file << "round,sim_time_max_s,test_accuracy_mean,test_loss_mean,bytes_sent\n"
         << "1,50," << accuracy / 2 << ",,500\n2,100," << accuracy << ",0.5,1000\n";
}

/// Waits for Ctrl-C, and tells a test by a file that there is something to interrupt.
void wait_for_interrupt(const std::string& file) {
    std::signal(SIGINT, [](int) { interrupted = 1; });
    std::ofstream(file) << getpid();
    while (interrupted == 0) {
        usleep(1000);
    }
}

int hang(const Options& options) {
    wait_for_interrupt(options.at("out") + "/running");
    write_summary(options, "interrupted", "");
    return 130;
}

std::string variable(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? "" : text;
}

int go_on(Options options) {
    options["out"] = options.at("resume");
    const std::string word = variable("FAKE_RESUME");
    if (word == "damaged") {
        return refuse("--resume: " + options.at("out") + "/checkpoint/round-1 is damaged");
    }
    if (word == "busy") {
        return refuse("--out: another run writes into " + options.at("out") + " now");
    }
    if (word == "astray") {
        write_summary(options, "failed", std::string(murmur::kWentAnotherWay) + " than before");
        return 1;
    }
    write_summary(options, "complete", "");
    write_rounds(options);
    return 0;
}

int behave(const Options& options) {
    const auto& word = options.at("behave");
    if (word == "complete") {
        write_summary(options, "complete", "");
        write_rounds(options);
        return 0;
    }
    if (word == "diverge") {
        write_summary(options, "diverged", "node 3, round 7: the loss is NaN");
        return 1;
    }
    if (word == "garbage") {
        std::ofstream(options.at("out") + "/summary.json") << "{\"status\": \"comp";
        return 0;
    }
    if (word == "hang") {
        return hang(options);
    }
    if (word == "die") {
        std::puts("about to die");
        std::fflush(stdout);
        std::raise(SIGKILL);
    }
    if (word == "fail") {
        std::fputs("fake: the disk is full, it says \"no\"\n", stderr);
        return 1;
    }
    return 0;  // silent
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    if (options.contains("version")) {
        const std::string version = variable("FAKE_VERSION");
        std::puts(version.empty() ? "fake: 1" : version.c_str());
        return 0;
    }
    if (std::stoi(options.at("nodes")) < 1) {
        return refuse("--nodes=" + options.at("nodes") + " is not 1 or more");
    }
    if (options.contains("check")) {
        const std::string file = variable("FAKE_CHECK");
        if (!file.empty()) {
            wait_for_interrupt(file);
            return 130;
        }
        return 0;
    }
    if (options.contains("resume")) {
        return go_on(options);
    }
    const std::filesystem::path out = options.at("out");
    if (std::filesystem::exists(out) && !options.contains("overwrite")) {
        return refuse(out.string() + " is used already");
    }
    std::filesystem::create_directories(out);
    // Counts the runs that wrote here.
    std::ofstream(out / "starts", std::ios::app) << "x\n";
    return behave(options);
}
