// Feeds one target with its seeds, or with files, then with mutations of the seeds for a while:
//   fuzz-replay --target=NAME [--seconds=1] [--only=NUMBER] [FILE...]
//   fuzz-replay --listed=NAME,NAME,...  (whether these are all targets, in order)
// Input NUMBER is a function of the target and that number, so that --only repeats a failure.
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <unistd.h>

namespace {

/// Inputs are of some kilobytes: nothing justifies a block as large as this.
constexpr std::size_t kLargestBlock = std::size_t{64} << 20;
constexpr unsigned kLongestInput_s = 20;  // with room for sanitizers on a busy machine

bool is_guarded = false;
char current_input[200] = "";  // a signal may come at any time: no std::string

/// Says which input it was, then dies as it would have.
void report(int signal) {
    static_cast<void>(!write(STDERR_FILENO, current_input, std::strlen(current_input)));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void* allocate(std::size_t size) {
    if (is_guarded && size > kLargestBlock) {
        std::abort();
    }
    void* const block = std::malloc(size > 0 ? size : 1);
    if (block == nullptr) {
        throw std::bad_alloc();
    }
    return block;
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return std::malloc(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
    return std::malloc(size);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete[](void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t /*size*/) noexcept {
    std::free(block);
}
void operator delete[](void* block, std::size_t /*size*/) noexcept {
    std::free(block);
}

namespace murmur::fuzz {
namespace {

/// Reads one input; whatever ends the program meanwhile, it names the input first.
void read_guarded(const Target& target, const Bytes& input, const std::string& label) {
    const std::string text = fmt::format("fuzz: failed on {}, {}\n", target.name, label);
    text.copy(current_input, sizeof(current_input) - 1);
    current_input[std::min(text.size(), sizeof(current_input) - 1)] = '\0';
    alarm(kLongestInput_s);
    is_guarded = true;
    read(target, input);
    is_guarded = false;
    alarm(0);
}

Bytes numbered_input(const Target& target, const std::vector<Bytes>& seeds, std::uint64_t number) {
    RandomStream random(stream_seed(1, target.name, 0, number));
    return mutate(seeds, random);
}

std::uint64_t read_mutations(const Target& target,
                             const std::vector<Bytes>& seeds,
                             std::chrono::duration<double> time) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    std::uint64_t number = 0;
    while (Clock::now() - start < time) {
        const Bytes input = numbered_input(target, seeds, number);
        read_guarded(target, input, fmt::format("again with --only={}", number));
        ++number;
    }
    return number;
}

/// Compares the names that CMake tests with those that there are; returns the exit code.
int check_listed(const std::string& listed) {
    std::string names;
    for (const Target& target : all_targets()) {
        names += (names.empty() ? "" : ",") + target.name;
    }
    if (names != listed) {
        std::cerr << fmt::format("fuzz: CMakeLists.txt lists\n{}\nallowed\n{}\n", listed, names);
    }
    return names == listed ? 0 : 1;
}

int run(int argc, const char* const* argv) {
    if (const std::string listed = argument(argc, argv, "listed", ""); !listed.empty()) {
        return check_listed(listed);
    }
    const Target target = chosen_target(argc, argv);
    const std::vector<Bytes> seeds = target.seeds();
    const std::string only = argument(argc, argv, "only", "");
    if (!only.empty()) {
        read_guarded(target, numbered_input(target, seeds, std::stoull(only)), only);
        return 0;
    }
    bool has_files = false;
    for (int i = 1; i < argc; ++i) {
        if (argv[i][0] != '-') {
            std::ifstream file(argv[i], std::ios::binary);
            read_guarded(target, Bytes(std::istreambuf_iterator<char>(file), {}), argv[i]);
            has_files = true;
        }
    }
    if (has_files) {
        return 0;
    }
    for (const Bytes& seed : seeds) {
        // What the seeds are made from is right: their refusal is a mistake of the target.
        target.read(seed);
    }
    const double seconds = std::stod(argument(argc, argv, "seconds", "1"));
    const std::uint64_t count =
        read_mutations(target, seeds, std::chrono::duration<double>(seconds));
    std::cout << fmt::format("{}: {} seeds, {} mutations\n", target.name, seeds.size(), count);
    return 0;
}

}  // namespace
}  // namespace murmur::fuzz

int main(int argc, char** argv) {
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
        std::signal(signal, report);
    }
    try {
        return murmur::fuzz::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << current_input << "fuzz: " << error.what() << "\n";
        return 1;
    }
}
