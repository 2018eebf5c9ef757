#include "learning/bounded_process.h"

#include "tests/support/doctest.h"
#include "tests/support/sanitized.h"
#include "tests/support/temporary_folder.h"

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

std::string end_of(const ProcessLimits& limits, const std::function<std::string()>& work) {
    try {
        return "returned " + run_apart(limits, work);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

TEST_CASE("bounded process: what work returns or throws comes back, and nothing else") {
    int touched = 0;
    CHECK(end_of({}, [&] {
              touched = 1;
              return std::string(100'000, 'x');
          }) == "returned " + std::string(100'000, 'x'));
    CHECK(touched == 0);
    CHECK(end_of({}, []() -> std::string { throw std::runtime_error("no"); }) == "no");
}

TEST_CASE("bounded process: work that ends itself, or does not end, is told of in one line") {
    CHECK(end_of({}, []() -> std::string {
              (void)std::raise(SIGKILL);
              return {};
          }) == "takes longer than 60 s of CPU time");
    CHECK(end_of({}, []() -> std::string {
              (void)std::raise(SIGSEGV);
              return {};
          }) == "ends the process with signal 11 (Segmentation fault)");
    CHECK(end_of({.cpu = std::chrono::seconds(1)}, []() -> std::string {
              for (volatile bool never_ends = true; never_ends;) {
              }
              return {};
          }) == "takes longer than 1 s of CPU time");
    CHECK(end_of({.wall = std::chrono::seconds(1)}, []() -> std::string {
              sigset_t none;
              sigemptyset(&none);
              for (;;) {
                  (void)sigsuspend(&none);
              }
          }).starts_with("takes longer than"));
}

TEST_CASE("bounded process: memory and files are out of reach") {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("kept.txt", "kept");
    CHECK(end_of({}, [&]() -> std::string {
              std::ofstream file(path, std::ios::app);
              file << "more" << std::flush;
              return file ? "written" : "not written";
          }) == "returned not written");
    CHECK(folder.read("kept.txt") == "kept");
    if (test::leaves_out_memory("bounded process: memory is out of reach")) {
        return;
    }
    CHECK(end_of({.bytes = std::size_t{64} << 20}, []() -> std::string {
              std::vector<char> large(std::size_t{256} << 20, 'x');
              return std::string(1, large.back());
          }) == "needs more memory than it may have");
}

}  // namespace
}  // namespace murmur
